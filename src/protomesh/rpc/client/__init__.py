"""The client side: stubs that carry deadline, identity and trace."""

from protomesh.rpc.client.body import http_body
from protomesh.rpc.client.clients import ClientTls, MeshClients
from protomesh.rpc.client.health import serving

__all__ = ["ClientTls", "MeshClients", "http_body", "serving"]
