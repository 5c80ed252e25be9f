"""What tests run on: production's own code over roads in memory, and a clock that waits."""

from protomesh.testing.fake_clock import FakeClock, eventually
from protomesh.testing.harness import DeadLettered, FunctionHarness
from protomesh.testing.loopback import Call, LoopbackClients
from protomesh.testing.memory_broker import MemoryBroker

__all__ = [
    "Call",
    "DeadLettered",
    "FakeClock",
    "FunctionHarness",
    "LoopbackClients",
    "MemoryBroker",
    "eventually",
]
