"""Consuming Kafka at least once, in order per key, with more concurrency than there are partitions."""

from protomesh.lanes.durations import seconds
from protomesh.lanes.flow import Limits
from protomesh.lanes.lanes import Lanes, LanesHealth, LanesState
from protomesh.lanes.poller import ConsumerFactory, Pace
from protomesh.lanes.retries import Retries
from protomesh.lanes.stepping import SteppedLanes
from protomesh.lanes.verdict import Again, Delivery, Finished, Handler, Verdict

__all__ = [
    "Again",
    "ConsumerFactory",
    "Delivery",
    "Finished",
    "Handler",
    "Lanes",
    "LanesHealth",
    "LanesState",
    "Limits",
    "Pace",
    "Retries",
    "SteppedLanes",
    "Verdict",
    "seconds",
]
