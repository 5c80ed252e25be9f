"""Prometheus metrics. Names begin with mesh_; times are in seconds."""

import threading
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server
from prometheus_client.core import HistogramMetricFamily

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BOUNDS = (*map(str, BUCKETS), "+Inf")


class CallMetrics:
    """`mesh_rpc_seconds{method, code}`: how many calls, how long, and how they ended.

    A collector of its own: the library's histogram takes two locks and looks at each bucket, for every call.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, int], _Calls] = {}
        registry.register(self)

    def observe(self, method: str, code: int, seconds: float) -> None:
        """One call that ended; `code` of google.rpc.Code."""
        calls = self._seen.get((method, code))
        if calls is None:
            with self._lock:
                calls = self._seen.setdefault((method, code), _Calls())
        calls.add(seconds)

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """What the registry asks for."""
        family = HistogramMetricFamily("mesh_rpc_seconds", "Duration of calls", labels=["method", "code"])
        for (method, code), calls in self._seen.copy().items():
            family.add_metric([method, str(code)], *calls.histogram())
        yield family


class _Calls:
    """Calls of one method that ended in one way: how many in each bucket, and their time in all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = [0] * len(BOUNDS)
        self._seconds = 0.0

    def add(self, seconds: float) -> None:
        at = bisect_left(BUCKETS, seconds)
        with self._lock:
            self._counts[at] += 1
            self._seconds += seconds

    def histogram(self) -> tuple[list[tuple[str, float]], float]:
        """Cumulative buckets by their upper bounds, and the sum."""
        with self._lock:
            counts, seconds = self._counts.copy(), self._seconds
        return list(zip(BOUNDS, accumulate(counts), strict=True)), seconds


class RelayMetrics:
    """`mesh_outbox_depth` and `mesh_outbox_age_seconds`, by database."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.depth = Gauge("mesh_outbox_depth", "Events waiting", ["database"], registry=registry)
        self.age = Gauge(
            "mesh_outbox_age_seconds", "Age of the oldest event", ["database"], registry=registry
        )


class KeyMetrics:
    """`mesh_key_refreshes_total{issuer, outcome}`: fetched, unchanged, unreachable, invalid."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._refreshes = Counter(
            "mesh_key_refreshes", "Looks at an issuer's keys", ["issuer", "outcome"], registry=registry
        )

    def told(self, issuer: str, outcome: str) -> None:
        """One look that ended."""
        self._refreshes.labels(issuer, outcome).inc()


def serve_metrics(registry: CollectorRegistry, port: int, host: str) -> WSGIServer:
    """Serve `GET /metrics` from a thread of its own."""
    server, _ = start_http_server(port, host, registry=registry)
    return server
