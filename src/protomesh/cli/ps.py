"""`protomesh ps`."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from protomesh.app.supervisor import record
from protomesh.app.supervisor.record import Row
from protomesh.cli import project

COLUMNS = ("name", "state", "address", "pid", "restarts", "note")


@click.command(short_help="Show what runs, and how it is.", epilog="Example: protomesh ps --json")
@click.option("--json", "as_json", is_flag=True, help="A list of objects, for scripts.")
@project.options
def command(as_json: bool, manifest: Path | None, state_dir: Path | None) -> None:
    """Show every component with its state: starting, ready, degraded, failed or stopped."""
    paths = project.find(manifest, state_dir)
    last = record.read(paths.state)
    rows = record.truthful(last).rows if last else ()
    if as_json:
        click.echo(json.dumps([_values(row) for row in rows], indent=2))
    elif rows:
        _table(
            [
                [name.upper() for name in COLUMNS],
                *([str(value) for value in _values(row).values()] for row in rows),
            ]
        )
    else:
        click.echo(f"nothing runs in {paths.state}")


def _values(row: Row) -> dict[str, object]:
    values = asdict(row)
    return {name: values[name] for name in COLUMNS}


def _table(lines: list[list[str]]) -> None:
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    for line in lines:
        click.echo("  ".join(value.ljust(width) for value, width in zip(line, widths, strict=True)).rstrip())
