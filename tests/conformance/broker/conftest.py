"""The brokers that the suite runs against."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from protomesh.broker import Broker
from tests.conformance.broker.backend import Backend, EmbeddedProcess, InMemory

BACKENDS = ("embedded",)
MEMORY = "memory"
"""The broker that functions are tested on: what others forbid, it must not allow."""

BEYOND_MEMORY = {
    "test_protocol": "it has no network, and so no other clients",
    "test_a_killed_member_is_replaced": "it has no other processes",
    "test_what_kafka_would_not_take_is_refused": "it looks at no names, and of the settings at one",
}
"""Files and tests that are not run on it, and why; those that ask for a `backend` kill a process anyway."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Which brokers a test runs on."""
    if "shared_backend" in metafunc.fixturenames:
        names = {metafunc.module.__name__.rpartition(".")[2], metafunc.function.__name__}
        kinds = BACKENDS if names & set(BEYOND_MEMORY) else (*BACKENDS, MEMORY)
        metafunc.parametrize("shared_backend", kinds, indirect=True, scope="session")


def _start(kind: str, directory: Path) -> Backend:
    if kind == MEMORY:
        return InMemory()
    assert kind == "embedded", kind
    backend = EmbeddedProcess(directory)
    backend.start()
    return backend


@pytest.fixture(scope="session")
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
def broker(shared_backend: Backend) -> Broker:
    """What the tests of the port are about."""
    return shared_backend.connect()


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    """Closes clients before the broker goes."""
    with ExitStack() as stack:
        yield stack
