"""Prometheus metrics. Names begin with mesh_; times are in seconds."""

from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Gauge, Histogram, start_http_server

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class CallMetrics:
    """`mesh_rpc_seconds{method, code}`: how many calls, how long, and how they ended."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "mesh_rpc_seconds", "Duration of calls", ["method", "code"], buckets=BUCKETS, registry=registry
        )
        self._children: dict[tuple[str, int], Histogram] = {}

    def observe(self, method: str, code: int, seconds: float) -> None:
        """One call that ended; `code` of google.rpc.Code."""
        child = self._children.get((method, code))
        if child is None:
            child = self._children[method, code] = self._seconds.labels(method, str(code))
        child.observe(seconds)


class RelayMetrics:
    """`mesh_outbox_depth` and `mesh_outbox_age_seconds`, by database."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.depth = Gauge("mesh_outbox_depth", "Events waiting", ["database"], registry=registry)
        self.age = Gauge(
            "mesh_outbox_age_seconds", "Age of the oldest event", ["database"], registry=registry
        )


def serve_metrics(registry: CollectorRegistry, port: int, host: str) -> WSGIServer:
    """Serve `GET /metrics` from a thread of its own."""
    server, _ = start_http_server(port, host, registry=registry)
    return server
