"""What the journal keeps over lives: topics, offsets, generations, producer ids."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protomesh.broker.embedded.codes import Code, Refused
from protomesh.broker.embedded.groups import Committed, Spot
from protomesh.broker.embedded.journal import Journal
from protomesh.broker.embedded.options import Options
from protomesh.broker.embedded.state import State
from protomesh.errors import ConfigError
from tests.unit.broker.embedded.batches import batch


def test_everything_is_there_in_the_next_life(tmp_path: Path) -> None:
    state = State(Options(data=tmp_path))
    state.topics.create("t", 2, {"retention.ms": "5"})
    state.topics.create("gone", 1, {})
    state.topics.grow("t", 3, only_check=False)
    state.topics.configure("t", {"retention.ms": "6"})
    state.topics.delete("gone")
    state.groups.ensure("g")
    state.groups.commit("g", {Spot("t", 0): Committed(7, "meta", 0), Spot("t", 1): Committed(8)})
    state.groups.forget_offsets("g", [Spot("t", 1)])
    state.groups.ensure("h")
    state.groups.commit("h", {Spot("t", 0): Committed(1)})
    state.groups.delete("h")
    last, cluster = state.new_producer(), state.cluster
    state.close()
    for _ in range(2):  # the second life reads what the first one compacted
        state = State(Options(data=tmp_path))
        (topic,) = state.topics
        assert (topic.name, len(topic.logs), topic.config) == ("t", 3, {"retention.ms": "6"})
        assert state.groups.offsets("g") == {Spot("t", 0): Committed(7, "meta", 0)}
        assert state.groups.get("h") is None
        assert state.cluster == cluster
        assert state.new_producer() > last
        state.close()


def test_a_deleted_topic_takes_its_offsets_and_files_along(tmp_path: Path) -> None:
    state = State(Options(data=tmp_path))
    state.topics.create("t", 1, {})
    state.topics.log("t", 0).append(batch([b"old"]))
    state.groups.commit("g", {Spot("t", 0): Committed(1)})
    state.topics.delete("t")
    state.groups.forget_topic("t")
    assert state.groups.offsets("g") == {}
    assert not list((tmp_path / "logs").iterdir())
    state.close()


def test_remains_of_a_kill_between_journal_and_files_are_removed(tmp_path: Path) -> None:
    state = State(Options(data=tmp_path))
    state.topics.create("t", 1, {})
    state.topics.log("t", 0).append(batch([b"old"]))
    state.close()
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(journal.read_bytes() + b'{"t":"topic-gone","name":"t"}\n')
    state = State(Options(data=tmp_path))
    assert not list((tmp_path / "logs").iterdir())
    state.topics.create("t", 1, {})
    assert state.topics.log("t", 0).end == 0
    state.close()


@pytest.mark.parametrize(
    ("name", "partitions", "config", "code"),
    [
        ("", 1, {}, Code.INVALID_TOPIC),
        ("..", 1, {}, Code.INVALID_TOPIC),
        ("a/b", 1, {}, Code.INVALID_TOPIC),
        ("t", 0, {}, Code.INVALID_PARTITIONS),
        ("t", 100_000, {}, Code.INVALID_PARTITIONS),
        ("t", 1, {"segment.bytes": "many"}, Code.INVALID_CONFIG),
        ("there", 1, {}, Code.TOPIC_ALREADY_EXISTS),
    ],
)
def test_topics_that_are_refused(
    tmp_path: Path, name: str, partitions: int, config: dict[str, str], code: Code
) -> None:
    state = State(Options(data=tmp_path))
    state.topics.create("there", 1, {})
    with pytest.raises(Refused) as caught:
        state.topics.create(name, partitions, config)
    assert caught.value.code is code
    state.close()


@given(keep=st.integers(0, 400))
@settings(max_examples=40, deadline=None)
def test_a_torn_journal_keeps_what_was_whole(tmp_path_factory: pytest.TempPathFactory, keep: int) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    journal = Journal(path, fsync=False)
    journal.rewrite([])
    for number in range(20):
        journal.append({"t": "n", "number": number})
    journal.close()
    whole = path.read_bytes()[:keep]
    path.write_bytes(whole)
    kept = Journal(path, fsync=False).entries()
    assert [entry["number"] for entry in kept] == list(range(whole.count(b"\n")))


def test_a_closed_journal_takes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        Journal(tmp_path / "j", fsync=False).append({})


def test_an_overgrown_journal_is_rewritten(tmp_path: Path) -> None:
    state = State(Options(data=tmp_path))
    for offset in range(60_000):
        state.groups.commit("g", {Spot("t", 0): Committed(offset, "x" * 30)})
    state.compact()
    assert (tmp_path / "journal.jsonl").stat().st_size < 1000
    state.close()
    state = State(Options(data=tmp_path))
    assert state.groups.offsets("g")[Spot("t", 0)].offset == 59_999
    state.close()
