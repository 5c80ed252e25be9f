"""The gateway: contract and manifest to the configuration of a real Envoy. Pure functions.

`render_dynamic` is for a mesh that runs on one machine, `render_static` for everything else.
"""

from protomesh.gateway.addresses import Addresses, Endpoint
from protomesh.gateway.lint import lint
from protomesh.gateway.placement import placement
from protomesh.gateway.refusal import refusal
from protomesh.gateway.render import GatewayFiles, render_dynamic, render_static
from protomesh.gateway.tls import GatewayTls

__all__ = [
    "Addresses",
    "Endpoint",
    "GatewayFiles",
    "GatewayTls",
    "lint",
    "placement",
    "refusal",
    "render_dynamic",
    "render_static",
]
