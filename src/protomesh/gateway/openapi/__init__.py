"""OpenAPI 3.1: the REST side of the contract as a document. Pure functions, a small one for each object.

A room of its own beside the gateway's façade, so that what only runs a gateway need not load it.
"""

from protomesh.gateway.openapi.document import render_openapi

__all__ = ["render_openapi"]
