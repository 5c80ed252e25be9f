"""Ports asked for before anything starts: who has the one we want."""

import random
import shlex
import socket
from collections.abc import Iterable, Sequence
from contextlib import closing

from protomesh.app.supervisor.component import Component
from protomesh.errors import ConfigError

LOW, HIGH = 15_000, 32_000
"""Below the ports that Linux hands out for outgoing connections."""


def check(components: Iterable[Component]) -> None:
    """Raises ConfigError that names every port that is taken, who wanted it and who has it."""
    taken = [each for each in components if each.address and not free(each.address)]
    if taken:
        raise ConfigError(
            "; ".join(_taken(each) for each in taken),
            fix="stop it, or take other ports with --port-base N (0: any free ones)",
        )


def free(address: str) -> bool:
    """Whether one could listen at `host:port`, without SO_REUSEPORT, by which gRPC shares it silently."""
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host.strip("[]"), int(port)))
            listener.listen(1)
        except OSError:
            return False
    return True


def free_base(offsets: Sequence[int], host: str = "127.0.0.1") -> int:
    """A port N such that N + offset is free for every offset. Raises ConfigError."""
    for base in random.sample(range(LOW, HIGH - max(offsets)), 200):
        if all(free(f"{host}:{base + offset}") for offset in offsets):
            return base
    raise ConfigError("no free block of ports", where="--port-base 0", fix="name one with --port-base N")


def _taken(component: Component) -> str:
    port = int(component.address.rpartition(":")[2])
    return f"port {port}, which {component.name} wants, is taken by {_owner(port)}"


def _owner(port: int) -> str:
    import psutil  # noqa: PLC0415 - needed only to explain a failure

    try:
        for each in psutil.net_connections("tcp"):
            if each.status == psutil.CONN_LISTEN and each.pid and each.laddr and each.laddr.port == port:
                return f"pid {each.pid} ({shlex.join(psutil.Process(each.pid).cmdline())[:120]})"
    except psutil.Error:
        pass
    return "a process of another user"
