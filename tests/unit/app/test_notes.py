"""What a process says of itself."""

from pathlib import Path

from protomesh.app.notes import LONGEST, Notes, read


def test_a_note_stands_until_it_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "notes" / "users"
    notes = Notes(path)
    assert read(path) == ""
    notes.tell("policy", "rules[3] is\nwrong")
    notes.tell("keys", "the issuer is away")
    assert read(path) == "rules[3] is wrong; the issuer is away"
    notes.tell("policy", "")
    assert read(path) == "the issuer is away"
    notes.tell("keys", "")
    assert read(path) == ""


def test_a_long_note_is_cut(tmp_path: Path) -> None:
    Notes(tmp_path / "n").tell("policy", "x" * 10_000)
    assert len(read(tmp_path / "n")) == LONGEST


def test_without_a_reader_nothing_is_written(tmp_path: Path) -> None:
    Notes(None).tell("policy", "wrong")
    assert list(tmp_path.iterdir()) == []
