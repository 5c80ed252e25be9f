"""What stands on disk, and who may write it."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from protomesh.app.supervisor import Record, Row, record
from protomesh.app.supervisor.process import born
from protomesh.errors import ConfigError

ROW = Row("users", "ready", "127.0.0.1:1", os.getpid(), 0, "", born(os.getpid()))
LIVE = Record(os.getpid(), born(os.getpid()), 8080, "running", (ROW,))


def test_it_comes_back_as_it_was_written(tmp_path: Path) -> None:
    record.write(tmp_path, LIVE)
    assert record.read(tmp_path) == LIVE
    assert record.truthful(LIVE) == LIVE
    assert [path.name for path in tmp_path.iterdir()] == ["mesh.json"]


def test_there_may_be_none(tmp_path: Path) -> None:
    assert record.read(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"rows": [1]}'])
def test_a_broken_one_names_itself(tmp_path: Path, text: str) -> None:
    (tmp_path / "mesh.json").write_text(text)
    with pytest.raises(ConfigError, match=r"mesh\.json: not a record of a mesh"):
        record.read(tmp_path)


def test_without_a_supervisor_only_what_runs_is_shown_as_running() -> None:
    recycled = replace(ROW, name="gone", born="another birth")
    orphaned = replace(LIVE, born="another birth", rows=(ROW, recycled))
    shown = record.truthful(orphaned).rows
    assert [(each.state, each.pid) for each in shown] == [("degraded", os.getpid()), ("stopped", 0)]


def test_the_lock_is_for_one(tmp_path: Path) -> None:
    held = record.lock(tmp_path)
    record.write(tmp_path, LIVE)
    with pytest.raises(ConfigError, match=r"already running .* ports from 8080"):
        record.lock(tmp_path)
    os.close(held)
    os.close(record.lock(tmp_path))
