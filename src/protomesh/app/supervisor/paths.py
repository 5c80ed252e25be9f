"""Where a project, its manifest and the state of its mesh are."""

from dataclasses import dataclass
from pathlib import Path

LONGEST_SOCKET = 100


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
    def admin(self) -> Path | None:
        """Envoy's admin socket; None where the state directory's name is too long for one (unix(7))."""
        path = self.state / "run" / "admin.sock"
        return path if len(str(path)) < LONGEST_SOCKET else None
