"""`protomesh down`."""

from pathlib import Path

import click

from protomesh.cli import project
from protomesh.cli.stop import stop

PATIENCE = "Seconds until what a killed supervisor left behind is killed too."


@click.command(
    short_help="Stop the mesh, and whatever an earlier one left running.", epilog="Example: protomesh down"
)
@click.option("-t", "--timeout", default=10.0, show_default=True, help=PATIENCE)
@project.options
def command(*, timeout: float, manifest: Path | None, state_dir: Path | None) -> None:
    """Stop the mesh in order: gateway, services, functions, relay, broker. What they stored stays."""
    paths = project.find(manifest, state_dir)
    click.echo("stopped" if stop(paths, click.echo, timeout) else f"nothing runs in {paths.state}")
