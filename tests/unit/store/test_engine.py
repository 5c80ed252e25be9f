"""URLs that are no databases, migrations from many sides, and the bell."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from protomesh.errors import ConfigError
from protomesh.store import Bell, SqlDatabase, Wakener, bell_path, migrate, migrate_library, open_engine
from protomesh.testing import FakeClock
from tests.unit.store.parts import pending

CATALOG = Path(__file__).parents[3] / "services/catalog/migrations"

MIGRATE = """
import sys
from pathlib import Path
from protomesh.store import migrate, migrate_library, open_engine
sys.stdin.readline()
engine = open_engine(sys.argv[1])
migrate_library(engine)
migrate(engine, Path(sys.argv[2]))
engine.dispose()
"""


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("users.db", "users.db: not a database URL"),
        ("", "not a database URL"),
        ("://u:secret@h/d", "h/d: not a database URL"),
        ("fairy://u:secret@h/d", r"fairy://u:\*\*\*@h/d: no such kind of database"),
        (
            "mysql+mysqldb://u:secret@h/d",
            r"mysql\+mysqldb://u:\*\*\*@h/d: the driver MySQLdb is not installed",
        ),
    ],
)
def test_what_is_no_database(url: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        open_engine(url)
    assert "secret" not in str(caught.value)


def test_sqlite_survives_a_power_cut(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/a.db")
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    engine.dispose()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    """The switch to WAL is refused at once while another connection makes it."""
    starting = threading.Barrier(6)

    def open_all(_worker: int) -> None:
        for number in range(60):
            starting.wait(10)
            engine = open_engine(f"sqlite:///{tmp_path}/{number}.db")
            engine.connect().close()
            engine.dispose()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(open_all, range(6)))


def test_migrating_twice_changes_nothing(new_database: Callable[[], str]) -> None:
    engine = open_engine(new_database())
    for _ in range(2):
        migrate_library(engine)
        migrate(engine, CATALOG)
        assert {"mesh_outbox", "mesh_version", "products", "alembic_version"} <= set(
            inspect(engine).get_table_names()
        )
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM products")).scalar() == 4
    engine.dispose()


def test_processes_may_migrate_at_once(new_database: Callable[[], str]) -> None:
    url = new_database()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, url, str(CATALOG)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=90)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], "\n".join(outputs)
    engine = open_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM products")).scalar() == 4
    engine.dispose()


def test_a_migration_that_fails_leaves_nothing(new_database: Callable[[], str], tmp_path: Path) -> None:
    versions = tmp_path / "broken/versions"
    versions.mkdir(parents=True)
    (versions / "0001_broken.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\nrevision, down_revision = '0001', None\n"
        "def upgrade():\n"
        "    op.create_table('half', sa.Column('id', sa.Integer, primary_key=True))\n"
        "    raise ValueError('broken')\n"
    )
    engine = open_engine(new_database())
    with pytest.raises(ValueError, match="broken"):
        migrate(engine, versions.parent)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_the_bell_rings_after_commits_that_left_events(
    new_database: Callable[[], str], tmp_path: Path, clock: FakeClock
) -> None:
    path = bell_path(tmp_path, "users")
    engine = open_engine(new_database())
    migrate_library(engine)
    with (
        closing(Wakener(path)) as wakener,
        closing(SqlDatabase(engine, clock, Bell(path))) as database,
    ):
        with database.unit_of_work() as work:
            work.tx.execute(text("SELECT 1"))
        assert not wakener.wait(0)
        work = database.unit_of_work()
        work.add(pending("undone"))
        assert not wakener.wait(0), "it rang before the commit"
        work.rollback()
        assert not wakener.wait(0)
        for name in ("one", "two"):
            with database.unit_of_work() as work:
                work.add(pending(name))
        assert wakener.wait(30)
        assert not wakener.wait(0), "rings in between count as one"


def test_a_bell_that_nobody_hears(tmp_path: Path) -> None:
    with closing(Bell(tmp_path / "nowhere" / "a.bell")) as bell:
        bell.ring()


def test_a_bell_is_never_full(tmp_path: Path) -> None:
    path = tmp_path / "a.bell"
    with closing(Wakener(path)) as wakener, closing(Bell(path)) as bell:
        for _ in range(5000):
            bell.ring()
        assert wakener.wait(0)
        assert not wakener.wait(0)


def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "run" / "a.bell"
    dead = Wakener(path)
    with closing(Wakener(path)) as wakener, closing(Bell(path)) as bell:
        bell.ring()
        assert wakener.wait(30)
        assert not dead.wait(0)
    assert not path.exists()
    dead.close()


def test_a_path_too_long_for_a_socket_gets_a_short_one(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    path = bell_path(deep, "users")
    assert path == bell_path(deep, "users")
    assert path != bell_path(deep, "orders")
    with closing(Wakener(path)) as wakener, closing(Bell(path)) as bell:
        bell.ring()
        assert wakener.wait(30)


def test_a_new_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Among them is that of identity, with the keys that sign."""
    before = os.umask(0)
    try:
        engine = open_engine(f"sqlite:///{tmp_path}/x.db")
        with closing(engine.connect()) as connection:
            connection.execute(text("CREATE TABLE t (x)"))
            connection.commit()
            modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
        engine.dispose()
    finally:
        os.umask(before)
    assert modes == {"x.db": 0o600, "x.db-wal": 0o600, "x.db-shm": 0o600}
