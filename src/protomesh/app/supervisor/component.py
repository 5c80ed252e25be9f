"""What is supervised, as plain records that travel as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from protomesh.app.grace import KILL_SECONDS


@dataclass(frozen=True, slots=True)
class ReadyRule:
    """When a component is ready: `http` is a path that answers 200 at its address.

    Empty: the component prints the line `ready ADDRESS` on its standard output.
    """

    http: str = ""
    ca: str = ""
    """With one, `http` is asked over TLS, and the certificate must come from this authority (a path)."""
    within: float = 30.0
    """Seconds after which a note says that it is not ready yet; it is waited for nevertheless."""


@dataclass(frozen=True, slots=True)
class Restart:
    """Delays in seconds: doubling from `first` to `most`, and `first` again after `healthy` seconds ready."""

    first: float = 0.2
    most: float = 5.0
    healthy: float = 10.0
    give_up: int = 6
    """Deaths in a row, none of them after having been ready, that make a component `failed`."""


@dataclass(frozen=True, slots=True)
class Component:
    """One process of the mesh. `address` is `host:port`, empty for one that listens nowhere."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    ready: ReadyRule = ReadyRule()
    restart: Restart = Restart()
    stop_phase: int = 0
    """Lower phases are stopped first, all of one phase at once."""
    grace: float = KILL_SECONDS
    """Seconds between SIGTERM and SIGKILL."""
    admin: str = ""
    """Envoy's admin socket: with one, requests under way are finished before SIGTERM."""

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Component":
        """The inverse of `to_json`."""
        return cls(
            **{
                **data,
                "command": tuple(data["command"]),
                "ready": ReadyRule(**data["ready"]),
                "restart": Restart(**data["restart"]),
            },
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the supervising process is told. `folder` is where components run."""

    folder: str
    base: int
    components: tuple[Component, ...]
    hello: str = ""
    """A first command for the user to try, printed when everything is ready."""

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Plan":
        """The inverse of `to_json`."""
        return cls(**{**data, "components": tuple(Component.from_json(each) for each in data["components"])})
