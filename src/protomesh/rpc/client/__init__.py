"""The client side: stubs that carry deadline, identity and trace."""

from protomesh.rpc.client.clients import ClientTls, MeshClients
from protomesh.rpc.client.health import serving

__all__ = ["ClientTls", "MeshClients", "serving"]
