"""Lines of JSON, none of them lost, and none that stops a service."""

import json
import logging
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from protomesh.errors import ConfigError
from protomesh.observe import JsonHandler, LogSink, configure
from protomesh.testing import eventually


class Out:
    """A file that a sink writes to."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / "log").open("w+b")
        self.sink = LogSink(self._file.fileno())
        self.log = logging.Logger("users")  # noqa: LOG001 - one of this test's own, with no parent
        self.log.addHandler(JsonHandler(self.sink, "users"))

    def lines(self) -> list[dict[str, Any]]:
        self._file.seek(0)
        return [json.loads(line) for line in self._file.read().splitlines()]

    def close(self) -> None:
        self.sink.close()
        self._file.close()


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Out]:
    with closing(Out(tmp_path)) as made:
        yield made


def test_a_line_is_one_object(out: Out) -> None:
    out.sink.write({"message": "größe\nzwei", "code": 0, "path": Path("/a")})
    out.sink.flush()
    assert out.lines() == [{"message": "größe\nzwei", "code": 0, "path": "/a"}]


def test_lines_come_by_themselves(out: Out) -> None:
    out.sink.write({"message": "a"})
    eventually(lambda: out.lines() == [{"message": "a"}])


def test_a_warning_is_written_at_once(out: Out) -> None:
    out.log.info("first")
    out.log.warning("of %s", "note")
    first, second = out.lines()
    assert (first["level"], first["message"]) == ("info", "first")
    assert (second["level"], second["message"], second["name"]) == ("warning", "of note", "users")
    assert isinstance(second["time"], float)


def test_a_traceback_is_one_string(out: Out) -> None:
    try:
        int("broken")
    except ValueError:
        out.log.exception("it failed")
    (line,) = out.lines()
    assert "Traceback" in line["error"]
    assert line["error"].endswith("invalid literal for int() with base 10: 'broken'")


def test_what_comes_as_extra_stands_in_the_line(out: Out) -> None:
    out.log.warning("call failed", extra={"method": "a/B", "request_id": "r1"})
    (line,) = out.lines()
    assert (line["method"], line["request_id"]) == ("a/B", "r1")
    assert "lineno" not in line


@pytest.mark.parametrize("odd", ["\ud800", 2**70, {1: 2}, b"\xff", object(), float("nan"), {3, 4}])
def test_no_value_breaks_a_line(out: Out, odd: object) -> None:
    out.sink.write({"message": "odd", "value": odd})
    out.log.warning("odd: %s", odd)
    assert [line["message"][:3] for line in out.lines()] == ["odd", "odd"]


def test_arguments_that_do_not_fit_lose_no_line(out: Out) -> None:
    out.log.warning("%d of %s", "x", 1)
    (line,) = out.lines()
    assert line["message"].startswith("%d of %s")


def test_close_writes_what_is_left(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w+b") as file:
        sink = LogSink(file.fileno())
        for number in range(100):
            sink.write({"n": number})
        sink.close()
        file.seek(0)
        assert [json.loads(line)["n"] for line in file] == list(range(100))


def test_no_line_is_lost_between_writers_and_flushes(out: Out) -> None:
    done = threading.Event()

    def flush() -> None:
        while not done.wait(0.0001):
            out.sink.flush()

    flusher = threading.Thread(target=flush)
    flusher.start()

    def write(writer: int) -> None:
        for number in range(500):
            out.sink.write({"n": writer * 500 + number})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    done.set()
    flusher.join()
    out.sink.flush()
    assert sorted(line["n"] for line in out.lines()) == list(range(4000))


def test_a_reader_that_has_gone_stops_nobody() -> None:
    reading, writing = os.pipe()
    sink = LogSink(writing)
    log = logging.Logger("users")  # noqa: LOG001 - one of this test's own, with no parent
    log.addHandler(JsonHandler(sink, "users"))
    os.close(reading)
    for _ in range(3):
        log.warning("nobody reads this")
    sink.close()
    os.close(writing)


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("logging_as_it_was")
def test_configure_takes_all_logging_of_the_process() -> None:
    sink = configure("users", "warning")
    root = logging.getLogger()
    assert [type(handler) for handler in root.handlers] == [JsonHandler]
    assert root.level == logging.WARNING
    sink.close()


def test_a_level_that_nobody_knows() -> None:
    with pytest.raises(
        ConfigError, match=r"PROTOMESH_LOG_LEVEL: unknown log level 'loud' \(one of debug, info"
    ):
        configure("users", "loud")
