"""The client side: stubs that carry deadline, identity and trace."""

from protomesh.rpc.client.clients import MeshClients
from protomesh.rpc.client.health import serving

__all__ = ["MeshClients", "serving"]
