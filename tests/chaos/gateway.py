"""What the gateway's own counters tell of connections that a service lost."""

import contextlib
import json
import socket
from dataclasses import dataclass
from pathlib import Path

from protomesh.app.supervisor.probe import exchange

COUNTERS = ("upstream_cx_destroy_remote", "upstream_cx_destroy_remote_with_active_rq")


@dataclass(frozen=True, slots=True)
class Cut:
    """Connections that the service's side ended, and those of them with a request under way."""

    all: int
    busy: int

    def __sub__(self, before: "Cut") -> "Cut":
        return Cut(self.all - before.all, self.busy - before.busy)


def cut_connections(state_dir: Path, service: str) -> Cut:
    """Since the gateway started."""
    names = [f"cluster.{service}.{counter}" for counter in COUNTERS]
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as road:
        road.settimeout(5.0)
        road.connect(str(state_dir / "run" / "admin.sock"))
        path = f"/stats?format=json&filter=^cluster.{service}.{COUNTERS[0]}"
        answer = exchange(road, "GET", path, "admin")
    text = answer[answer.index(b"{") : answer.rindex(b"}") + 1]
    found = {each["name"]: each["value"] for each in json.loads(text)["stats"] if "name" in each}
    return Cut(*(int(found[name]) for name in names))
