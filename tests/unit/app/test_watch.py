"""Files that change under a running process."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from protomesh.app.watch import Watch
from protomesh.testing import eventually


class Seen:
    """How often a watch called back; `stop` ends it."""

    def __init__(self, *paths: Path) -> None:
        self.times = 0
        self.stop = threading.Event()
        self.fails = False
        self.watch = Watch(paths, self._changed, self.stop, every=0.005)
        self.watch.start()

    def _changed(self) -> None:
        self.times += 1
        if self.fails:
            raise ValueError("whatever")


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[tuple[Path, Seen]]:
    """A file as Kubernetes mounts one: a link to `..data/policy.json`, where `..data` is a link too."""
    old = tmp_path / "..1"
    old.mkdir()
    (old / "policy.json").write_text("old")
    (tmp_path / "..data").symlink_to("..1")
    path = tmp_path / "policy.json"
    path.symlink_to("..data/policy.json")
    seen = Seen(path)
    yield path, seen
    seen.stop.set()


@pytest.fixture
def file(tmp_path: Path) -> Iterator[tuple[Path, Seen]]:
    path = tmp_path / "policy.json"
    path.write_text("old")
    seen = Seen(tmp_path / "another", path)
    yield path, seen
    seen.stop.set()


def test_a_file_written_anew_is_seen(file: tuple[Path, Seen]) -> None:
    path, seen = file
    path.write_text("newer")
    eventually(lambda: seen.times)


def test_a_file_replaced_by_one_of_the_same_size_is_seen(file: tuple[Path, Seen]) -> None:
    path, seen = file
    fresh = path.with_name("fresh")
    fresh.write_text("new")
    shutil.copystat(path, fresh)
    fresh.replace(path)
    eventually(lambda: seen.times)


def test_a_file_that_goes_and_comes_is_seen_each_time(file: tuple[Path, Seen]) -> None:
    path, seen = file
    path.unlink()
    eventually(lambda: seen.times == 1)
    path.write_text("again")
    eventually(lambda: seen.times >= 2)


def test_a_mounted_configuration_that_is_swapped_is_seen(mounted: tuple[Path, Seen]) -> None:
    path, seen = mounted
    folder = path.parent
    (folder / "..2").mkdir()
    (folder / "..2" / "policy.json").write_text("new")
    (folder / "..tmp").symlink_to("..2")
    (folder / "..tmp").replace(folder / "..data")
    eventually(lambda: seen.times == 1)
    assert path.read_text() == "new"


def test_a_file_in_a_folder_is_seen(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "orders.json").write_text("{}")
    seen = Seen(keys)
    (keys / "orders.json").write_text('{"keys": []}')
    eventually(lambda: seen.times == 1)
    (keys / "users.json").write_text("{}")
    eventually(lambda: seen.times >= 2)
    seen.stop.set()


def test_nothing_that_did_not_change_is_told(file: tuple[Path, Seen]) -> None:
    path, seen = file
    path.read_text()
    (path.parent / "neighbour").write_text("x")
    path.write_text("newer")
    eventually(lambda: seen.times)
    assert seen.times == 1, "reading, or a neighbour, is no change"


def test_a_change_that_could_not_be_taken_does_not_end_the_watch(
    file: tuple[Path, Seen], caplog: pytest.LogCaptureFixture
) -> None:
    path, seen = file
    seen.fails = True
    path.write_text("newer")
    eventually(lambda: seen.times == 1)
    path.write_text("newest!")
    eventually(lambda: seen.times == 2)
    assert "a changed file was not taken" in caplog.text


def test_what_changes_before_the_start_counts(tmp_path: Path) -> None:
    """A process reads a file, then gets ready, then follows it: nothing in between may be missed."""
    path, times, stop = tmp_path / "policy.json", [], threading.Event()
    path.write_text("old")
    watch = Watch([path], lambda: times.append(1), stop, every=0.005)
    path.write_text("newer")
    watch.start()
    eventually(lambda: times)
    stop.set()
