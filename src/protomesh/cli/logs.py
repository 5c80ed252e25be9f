"""`protomesh logs`."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click

from protomesh.cli import project
from protomesh.errors import ConfigError


@click.command(short_help="Show what the components print.", epilog="Example: protomesh logs -f users")
@click.argument("name", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on as more comes, until Ctrl-C.")
@click.option("-n", "--lines", default=200, show_default=True, help="How many of the last lines of each.")
@project.options
def command(
    name: str | None, follow: bool, lines: int, manifest: Path | None, state_dir: Path | None
) -> None:
    """Show the log of one component, or of all with their names before each line."""
    logs = project.find(manifest, state_dir).logs
    files = sorted(logs.glob("*.log"))
    if name is not None:
        files = [file for file in files if file.stem == name]
        if not files:
            there = ", ".join(sorted(file.stem for file in logs.glob("*.log"))) or "no logs yet"
            raise ConfigError(f"no log of '{name}'", where=str(logs), fix=f"there are: {there}")
    sources = [_Source(file, "" if name else f"{file.stem:<12} | ") for file in files]
    for source in sources:
        source.begin(lines)
    while follow:
        for source in sources:
            source.more()
        time.sleep(0.2)


class _Source:
    """A file that grows, and that may be emptied when it has grown too much."""

    def __init__(self, path: Path, prefix: str) -> None:
        self._path = path
        self._prefix = prefix
        self._at = 0

    def begin(self, lines: int) -> None:
        with self._path.open("rb") as file:
            last = list(self._read(file))
        for line in last[-lines:] if lines else []:
            self._say(line)

    def more(self) -> None:
        if self._path.stat().st_size < self._at:
            self._at = 0
        with self._path.open("rb") as file:
            file.seek(self._at)
            for line in self._read(file):
                self._say(line)

    def _read(self, file: BinaryIO) -> Iterator[bytes]:
        for line in file:
            self._at += len(line)
            yield line

    def _say(self, line: bytes) -> None:
        click.echo(self._prefix + line.decode(errors="replace").rstrip("\n"))
