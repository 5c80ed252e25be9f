"""A component's log file."""

from pathlib import Path

from protomesh.app.supervisor.logs import Log


def test_it_finds_the_ready_line_of_the_current_process_only(tmp_path: Path) -> None:
    log = Log(tmp_path / "logs" / "users.log")
    with log.open() as file:
        file.write(b"not ready yet\nready 127.0.0.1:1\nserving\n")
    assert log.ready() == "127.0.0.1:1"
    with log.open() as file:
        assert log.ready() == ""
        file.write(b'{"message": "ready to go"}\nready  127.0.0.1:2\n')
        file.flush()
        assert log.ready() == ""


def test_last_words(tmp_path: Path) -> None:
    log = Log(tmp_path / "users.log")
    with log.open() as file:
        file.write(b"before\n")
    with log.open() as file:
        file.write(b"one\n\n  two\nthree\xff\nfour" + b"x" * 600)
    assert log.last().endswith("x" * 400)
    assert len(log.last()) == 500
    with log.open():
        assert log.last() == ""


def test_a_full_one_makes_room(tmp_path: Path) -> None:
    log = Log(tmp_path / "users.log", limit=100)
    with log.open() as file:
        file.write(b"x" * 100)
        file.flush()
        log.rotate()
        assert log.path.stat().st_size == 100
        file.write(b"y")
        file.flush()
        log.rotate()
        assert log.path.stat().st_size == 0
        file.write(b"after\n")
    assert log.path.read_bytes() == b"after\n"
    assert (tmp_path / "users.log.1").read_bytes() == b"x" * 100 + b"y"
