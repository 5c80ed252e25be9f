"""What one may say about an embedded broker."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from protomesh.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Options:
    """Times in seconds; `port` 0 lets the system choose.

    Raises ConfigError for an address that others can reach.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 0
    partitions: int = 1
    fsync: bool = False
    initial_delay: float = 0.1
    grace: float | None = 0.5
    auto_create: bool = False
    largest_frame: int = 100 * 1024 * 1024
    retention_every: float = 10.0

    def __post_init__(self) -> None:
        if not _is_loopback(self.host):
            raise ConfigError(
                f"{self.host} is not a loopback address",
                where="--host",
                fix="this broker knows no authentication; use Apache Kafka where others must reach it",
            )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
