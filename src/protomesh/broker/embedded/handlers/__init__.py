"""The answers, one module for each part of the protocol."""

from protomesh.broker.embedded.handlers import cluster, fetch, groups, offsets, produce, settings, topics

APIS = (
    *cluster.APIS,
    *produce.APIS,
    *fetch.APIS,
    *topics.APIS,
    *settings.APIS,
    *groups.APIS,
    *offsets.APIS,
)

__all__ = ["APIS"]
