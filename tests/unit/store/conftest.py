from collections.abc import Callable, Iterator

import pytest

from protomesh.store import SqlDatabase, migrate_library, open_engine
from protomesh.testing import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database(new_database: Callable[[], str], clock: FakeClock) -> Iterator[SqlDatabase]:
    """A database with the library's tables, of each kind in turn."""
    engine = open_engine(new_database())
    migrate_library(engine)
    opened = SqlDatabase(engine, clock)
    yield opened
    opened.close()
