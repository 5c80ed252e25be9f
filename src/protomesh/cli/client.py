"""`protomesh client`."""

import re
from pathlib import Path

import click

from protomesh.cli import project
from protomesh.errors import ConfigError
from protomesh.identity import Passwords, new_secret, read_clients, write_clients

EXAMPLE = "Example: protomesh client billing"
NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}\Z")


@click.command(short_help="Give a client outside the mesh a secret.", epilog=EXAMPLE)
@click.argument("name")
@click.option("--force", is_flag=True, help="Replace the secret of a client that has one.")
@project.options
def command(*, name: str, force: bool, manifest: Path | None, state_dir: Path | None) -> None:
    """Print a new secret once, and write its hash into policies/clients.json.

    With it the client gets tokens that speak for service:NAME (mesh.identity.v1.Identity/IssueServiceToken).
    """
    if not NAME.match(name):
        raise ConfigError(f"'{name}' is no name for a client", fix="a-z, 0-9, _ and -, like billing")
    file = project.find(manifest, state_dir).project / "policies" / "clients.json"
    known = read_clients(file.read_bytes(), str(file)) if file.exists() else {}
    if name in known and not force:
        raise ConfigError(f"{name} has a secret already", where=str(file), fix="--force replaces it")
    secret = new_secret()
    fresh = file.with_suffix(".new")
    fresh.write_bytes(write_clients({**known, name: Passwords().hash(secret)}))
    fresh.rename(file)
    click.echo(secret)
