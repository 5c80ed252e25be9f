"""Every number the client is given, with the reason for its value."""

from dataclasses import dataclass
from typing import Any

_NEVER_MS = 2**31 - 1
"""Kafka's largest delivery timeout (a signed 32-bit number of milliseconds, 24 days)."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """Settings of the clients; times in seconds unless the name says otherwise.

    The defaults suit development: a dead member is noticed after `session_timeout`. In production 45 s and a
    heartbeat of 3 s are usual, and a broker may refuse sessions below its group.min.session.timeout.ms.
    """

    client_id: str = "protomesh"
    linger_ms: int = 0
    batch_size: int = 65_536
    max_request_size: int = 8 * 1024 * 1024
    max_unacknowledged: int = 50_000
    session_timeout: float = 10.0
    heartbeat_interval: float = 1.0
    max_poll_interval: float = 300.0
    metadata_max_age: float = 5.0
    fetch_max_wait_ms: int = 200
    request_timeout: float = 10.0
    bootstrap_timeout: float = 3.0
    metadata_wait: float = 5.0
    close_timeout: float = 5.0

    def common(self, bootstrap: str) -> dict[str, Any]:
        """What every client takes. A broker that comes back is found within half a second."""
        return {
            "bootstrap_servers": [part.strip() for part in bootstrap.split(",")],
            "client_id": self.client_id,
            "request_timeout_ms": int(self.request_timeout * 1000),
            "reconnect_backoff_ms": 50,
            "reconnect_backoff_max_ms": 500,
            "bootstrap_timeout_ms": int(self.bootstrap_timeout * 1000),
            "metadata_max_age_ms": int(self.metadata_max_age * 1000),
        }

    def producer(self, bootstrap: str) -> dict[str, Any]:
        """Idempotent, acknowledged by all replicas, never expiring."""
        return self.common(bootstrap) | {
            "acks": "all",
            "enable_idempotence": True,
            "delivery_timeout_ms": _NEVER_MS,
            "max_block_ms": int(self.metadata_wait * 1000),
            "linger_ms": self.linger_ms,
            "batch_size": self.batch_size,
            "max_request_size": self.max_request_size,
            "allow_auto_create_topics": False,
            "metrics_enabled": False,
        }

    def consumer(self, bootstrap: str, group: str | None) -> dict[str, Any]:
        """Offsets are ours to commit, and a new group begins at the oldest record."""
        return self.common(bootstrap) | {
            "group_id": group,
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "session_timeout_ms": int(self.session_timeout * 1000),
            "heartbeat_interval_ms": int(self.heartbeat_interval * 1000),
            "max_poll_interval_ms": int(self.max_poll_interval * 1000),
            "fetch_max_wait_ms": self.fetch_max_wait_ms,
            "metrics_enabled": False,
        }
