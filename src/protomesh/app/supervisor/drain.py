"""Envoy asked to finish what it has begun: SIGTERM alone would cut requests under way."""

import re
import socket
from collections.abc import Callable
from contextlib import closing

from protomesh.app.supervisor.probe import exchange

_ACTIVE = re.compile(rb"^http[.](?!admin[.]).*downstream_rq_active: (\d+)", re.MULTILINE)


def begin(admin: str) -> bool:
    """Fail the health check, so that answers say `connection: close`. False when there is no one to ask."""
    return bool(_ask(admin, "POST", "/healthcheck/fail"))


def busy(admin: str) -> bool:
    """Whether requests are still under way; those to Envoy's administration, such as this one, are none."""
    answer = _ask(admin, "GET", "/stats?filter=downstream_rq_active$")
    return any(int(count) > 0 for count in _ACTIVE.findall(answer))


def drain(admin: str, wait: Callable[[float], bool], seconds: float) -> None:
    """Return when nothing is under way, after `seconds`, or when `wait` says that there is a hurry."""
    if not begin(admin):
        return
    for _ in range(int(seconds / 0.05)):
        if not busy(admin) or wait(0.05):
            return


def _ask(admin: str, method: str, path: str) -> bytes:
    try:
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as road:
            road.settimeout(1.0)
            road.connect(admin)
            return exchange(road, method, path, "admin")
    except OSError:
        return b""
