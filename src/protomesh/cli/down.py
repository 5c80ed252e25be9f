"""`protomesh down`."""

from pathlib import Path

import click

from protomesh.cli import project
from protomesh.cli.stop import stop


@click.command(
    short_help="Stop the mesh, and whatever an earlier one left running.", epilog="Example: protomesh down"
)
@project.options
def command(manifest: Path | None, state_dir: Path | None) -> None:
    """Stop the mesh in order: gateway, services, functions, relay, broker. What they stored stays."""
    paths = project.find(manifest, state_dir)
    click.echo("stopped" if stop(paths, click.echo) else f"nothing runs in {paths.state}")
