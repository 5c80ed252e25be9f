"""The relay: events from the outbox to Kafka, in order, at least once."""

from protomesh.relay.relay import Relay
from protomesh.relay.source import Source

__all__ = ["Relay", "Source"]
