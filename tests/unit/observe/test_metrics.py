"""What Prometheus reads."""

import urllib.request
from concurrent.futures import ThreadPoolExecutor

from prometheus_client import CollectorRegistry

from protomesh.observe import CallMetrics, RelayMetrics, serve_metrics


def test_calls_are_counted_by_method_and_code() -> None:
    registry = CollectorRegistry()
    metrics = CallMetrics(registry)
    for code, seconds in ((0, 0.002), (0, 0.2), (5, 99.0)):
        metrics.observe("shop.users.v1.Users/GetUser", code, seconds)
    labels = {"method": "shop.users.v1.Users/GetUser", "code": "0"}
    assert registry.get_sample_value("mesh_rpc_seconds_count", labels) == 2
    assert registry.get_sample_value("mesh_rpc_seconds_sum", labels) == 0.202
    assert registry.get_sample_value("mesh_rpc_seconds_bucket", {**labels, "le": "0.0025"}) == 1
    assert registry.get_sample_value("mesh_rpc_seconds_bucket", {**labels, "code": "5", "le": "10.0"}) == 0


def test_no_call_is_lost_among_threads() -> None:
    registry = CollectorRegistry()
    metrics = CallMetrics(registry)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: metrics.observe(f"m{number % 3}", 0, 0.1), range(3000)))
    counts = [
        registry.get_sample_value("mesh_rpc_seconds_count", {"method": f"m{each}", "code": "0"})
        for each in range(3)
    ]
    assert counts == [1000, 1000, 1000]


def test_they_are_served_over_http() -> None:
    registry = CollectorRegistry()
    RelayMetrics(registry).depth.labels("users").set(7)
    server = serve_metrics(registry, 0, "127.0.0.1")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics", timeout=60) as answer:
            body = answer.read().decode()
    finally:
        server.shutdown()
        server.server_close()
    assert 'mesh_outbox_depth{database="users"} 7.0' in body
