"""What one process is told by its environment."""

from pathlib import Path

import pytest

from protomesh.errors import ConfigError
from protomesh.settings import load_process


@pytest.fixture(autouse=True)
def _nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "REPLICA", "ADDRESSES", "ENVIRONMENT", "LOG_LEVEL", "STATE_DIR"):
        monkeypatch.delenv(f"PROTOMESH_{name}", raising=False)


def test_defaults() -> None:
    told = load_process()
    assert (told.state_dir, told.port, told.host, told.metrics_port) == (Path(".mesh"), 0, "127.0.0.1", -1)


def test_what_is_told_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROTOMESH_STATE_DIR", "/var/mesh")
    monkeypatch.setenv("PROTOMESH_ADDRESSES", '{"users": "dns:///users:9000"}')
    told = load_process()
    assert told.state_dir == Path("/var/mesh")
    assert told.addresses == {"users": "dns:///users:9000"}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("REPLICA", "two", "environment: PROTOMESH_REPLICA: Input should be a valid integer"),
        ("ENVIRONMENT", "test", "environment: PROTOMESH_ENVIRONMENT: Input should be '', 'development' or"),
        ("LOG_LEVEL", "loud", "environment: PROTOMESH_LOG_LEVEL: Input should be 'debug'"),
        ("ADDRESSES", "{", "environment: error parsing value for field"),
    ],
)
def test_a_variable_that_is_wrong(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(f"PROTOMESH_{name}", value)
    with pytest.raises(ConfigError, match=message):
        load_process()
