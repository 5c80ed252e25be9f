"""Calls: the server with its interceptors, and the clients. The only room that knows gRPC."""

from protomesh.rpc.admission import Limits
from protomesh.rpc.call import Call, Resources
from protomesh.rpc.client import ClientTls, MeshClients, http_body, serving
from protomesh.rpc.encoder import Encoder
from protomesh.rpc.interceptor import Handler, Interceptor
from protomesh.rpc.interceptors import Auth, Conditions, Denials, Events, Links, Status, Telemetry, Validation
from protomesh.rpc.messages import must_match, page_of, timestamp, update_mask
from protomesh.rpc.server import Server
from protomesh.rpc.tls import Current, Peers

__all__ = [
    "Auth",
    "Call",
    "ClientTls",
    "Conditions",
    "Current",
    "Denials",
    "Encoder",
    "Events",
    "Handler",
    "Interceptor",
    "Limits",
    "Links",
    "MeshClients",
    "Peers",
    "Resources",
    "Server",
    "Status",
    "Telemetry",
    "Validation",
    "http_body",
    "must_match",
    "page_of",
    "serving",
    "timestamp",
    "update_mask",
]
