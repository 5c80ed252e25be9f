"""A PostgreSQL server of the tests' own: empty, on a Unix socket, gone afterwards."""

import itertools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from protomesh.testing import eventually
from tests.support.need import postgres_programs

UNPRIVILEGED = "nobody"
FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "listen_addresses=",
    "max_connections=200",
)
SECONDS = 60.0


class Postgres:
    """Started when made. PostgreSQL refuses to run as root: then it runs as nobody."""

    def __init__(self) -> None:
        programs = postgres_programs()
        assert programs is not None, "ask need('postgres') first"
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._as: dict[str, Any] = {"cwd": self._folder}
        if os.geteuid() == 0:
            shutil.chown(self._folder, UNPRIVILEGED)
            self._as |= {"user": UNPRIVILEGED, "extra_groups": []}
        data = self._folder / "data"
        self._run(programs / "initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-D", data)
        settings = [part for each in FAST for part in ("-c", each)]
        self._log = (self._folder / "log").open("w")
        self._process = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", self._folder, *settings], stderr=self._log, **self._as
        )
        self._names = (f"test{number}" for number in itertools.count())
        self._engine = create_engine(self._url("postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        eventually(self._answers, SECONDS)

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = next(self._names)
        with self._engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} STRATEGY file_copy"))
        return self._url(name)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(SECONDS)
        self._log.close()
        shutil.rmtree(self._folder)

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self._folder}"

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log").read_text()
        try:
            with self._engine.connect():
                return True
        except OperationalError:
            return False

    def _run(self, *command: str | Path) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False, **self._as)
        assert done.returncode == 0, f"{command[0]}: {done.stderr}"
