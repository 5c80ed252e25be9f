"""Migrations are applied when they are due, and cost a start nothing when they are not."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import inspect

from protomesh.store import migrate, open_engine
from protomesh.store.migrate import LIBRARY
from protomesh.store.revisions import newest
from tests.support.mesh import PROJECT

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = {name!r}
down_revision = {before!r}


def upgrade():
    op.create_table("t{name}", sa.Column("id", sa.Integer, primary_key=True))
"""
LOADED = """
import sys
from pathlib import Path
from protomesh.store import migrate, open_engine
engine = open_engine(sys.argv[1])
migrate(engine, Path(sys.argv[2]))
engine.dispose()
print(*("alembic" in name for name in sys.modules if name.split(".")[0] == "alembic"))
"""

Graph = Mapping[str, tuple[str, ...]]
"""What each revision follows."""


def write(folder: Path, graph: Graph) -> None:
    (folder / "versions").mkdir(parents=True, exist_ok=True)
    for name, before in graph.items():
        follows: object = before if len(before) > 1 else (before or (None,))[0]
        (folder / "versions" / f"{name}_it.py").write_text(REVISION.format(name=name, before=follows))


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any history: in a line, with branches, with merges."""
    names = [f"r{index}" for index in range(draw(st.integers(1, 8)))]
    parents = st.lists(st.sampled_from(names), max_size=3, unique=True)
    chosen = [draw(parents) for _ in names]
    return {
        name: tuple(each for each in chosen[index] if each in names[:index])
        for index, name in enumerate(names)
    }


@given(graphs())
def test_the_newest_are_those_that_alembic_finds(graph: Graph) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), graph)
        assert newest(Path(folder) / "versions") == frozenset(ScriptDirectory(folder).get_heads())


@pytest.mark.parametrize(
    "text",
    [
        "revision, down_revision = '0001', None",
        "revision = str(1)\ndown_revision = None",
        "revision = '0002'\ndown_revision = before()",
        "",
    ],
)
def test_what_is_not_said_plainly_is_left_to_alembic(tmp_path: Path, text: str) -> None:
    (tmp_path / "0001_odd.py").write_text(text)
    assert newest(tmp_path) is None


@pytest.mark.parametrize("folder", [LIBRARY, *sorted((PROJECT / "services").glob("*/migrations"))], ids=str)
def test_our_own_revisions_say_it_plainly(folder: Path) -> None:
    assert newest(folder / "versions") == frozenset(ScriptDirectory(str(folder)).get_heads())


def test_a_start_without_a_due_migration_does_not_load_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/it.db"
    write(tmp_path / "it", {"0001": ()})
    assert "True" in loaded(url, tmp_path / "it"), "the first start migrates"
    assert "True" not in loaded(url, tmp_path / "it")
    write(tmp_path / "it", {"0002": ("0001",)})
    assert "True" in loaded(url, tmp_path / "it"), "a new revision is due"
    assert "True" not in loaded(url, tmp_path / "it")


def loaded(url: str, folder: Path) -> str:
    command = [sys.executable, "-c", LOADED, url, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_a_new_revision_is_applied(new_database: Callable[[], str], tmp_path: Path) -> None:
    engine = open_engine(new_database())
    for graph, tables in (({"0001": ()}, {"t0001"}), ({"0002": ("0001",)}, {"t0001", "t0002"})):
        write(tmp_path, graph)
        for _ in range(2):
            migrate(engine, tmp_path, table="My-Version")
            assert set(inspect(engine).get_table_names()) == {"My-Version", *tables}
    engine.dispose()


@pytest.mark.parametrize(
    ("module", "needless"),
    [
        ("protomesh.app.relay", {"alembic", "mako", "grpc", "protovalidate"}),
        ("protomesh.app.functions", {"alembic", "mako", "protovalidate"}),
        ("protomesh.app.service", {"alembic", "mako", "kafka"}),
        ("protomesh.broker.embedded", {"alembic", "grpc", "sqlalchemy", "pydantic", "cel_expr_python"}),
    ],
)
def test_a_process_loads_nothing_that_it_never_uses(module: str, needless: set[str]) -> None:
    command = [
        sys.executable,
        "-c",
        f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})",
    ]
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split()
    assert needless & set(found) == set()
