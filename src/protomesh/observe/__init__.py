"""What a running process says of itself: JSON log lines and Prometheus metrics."""

from protomesh.observe.log import JsonHandler, LogSink, configure
from protomesh.observe.metrics import CallMetrics, KeyMetrics, RelayMetrics, serve_metrics

__all__ = [
    "CallMetrics",
    "JsonHandler",
    "KeyMetrics",
    "LogSink",
    "RelayMetrics",
    "configure",
    "serve_metrics",
]
