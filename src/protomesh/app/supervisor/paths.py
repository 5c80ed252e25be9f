"""Where a project, its manifest and the state of its mesh are."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Paths:
    """Absolute paths. `state` holds databases, logs, keys and whatever else a running mesh writes."""

    project: Path
    manifest: Path
    state: Path

    @property
    def logs(self) -> Path:
        """A file per component."""
        return self.state / "logs"

    @property
    def gateway(self) -> Path:
        """The rendered files that Envoy reads."""
        return self.state / "gateway"

    @property
    def admin(self) -> Path:
        """Envoy's admin socket."""
        return self.gateway / "admin.sock"
