"""The brokers that the suite runs against."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from protomesh.broker.kafka_python import KafkaPython
from tests.conformance.broker.backend import Backend, EmbeddedProcess, connect

BACKENDS = ("embedded",)


def _start(kind: str, directory: Path) -> Backend:
    assert kind == "embedded", kind
    backend = EmbeddedProcess(directory)
    backend.start()
    return backend


@pytest.fixture(scope="session", params=BACKENDS)
def shared_backend(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Backend]:
    """One broker for all tests that leave it alive; they keep apart by the names of their topics."""
    with closing(_start(request.param, tmp_path_factory.mktemp("broker"))) as backend:
        yield backend


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    """A broker of one's own, to kill."""
    with closing(_start(request.param, tmp_path / "broker")) as backend:
        yield backend


@pytest.fixture
def broker(shared_backend: Backend) -> KafkaPython:
    return connect(shared_backend)


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    """Closes clients before the broker goes."""
    with ExitStack() as stack:
        yield stack
