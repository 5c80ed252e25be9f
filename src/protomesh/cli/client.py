"""`protomesh client`."""

import re
from pathlib import Path

import click

from protomesh.cli import project
from protomesh.errors import ConfigError
from protomesh.identity import Passwords, new_secret, read_clients, write_clients
from protomesh.settings import Manifest, load_manifest

EXAMPLE = "Example: protomesh client billing"
NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}\Z")


@click.command(short_help="Give a client outside the mesh a secret.", epilog=EXAMPLE)
@click.argument("name")
@click.option("--force", is_flag=True, help="Replace the secret of a client that has one.")
@project.options
def command(*, name: str, force: bool, manifest: Path | None, state_dir: Path | None) -> None:
    """Print a new secret once, and write its hash into policies/clients.json.

    With it the client gets tokens that speak for service:NAME (mesh.identity.v1.Identity/IssueServiceToken).
    The file is the one that mesh.toml names, [identity] clients.
    """
    paths = project.find(manifest, state_dir)
    settings = load_manifest(paths.manifest)
    _must_be_free(name, paths.project, settings)
    file = paths.project / settings.identity.clients
    known = _known(file)
    if known.get(name) and not force:
        raise ConfigError(f"{name} has a secret already", where=str(file), fix="--force replaces it")
    secret = new_secret()
    _write(file, write_clients({**known, name: Passwords().hash(secret)}))
    click.echo(secret)


def _must_be_free(name: str, folder: Path, manifest: Manifest) -> None:
    """Raises ConfigError for what no client can be called, and for what is a part of the mesh."""
    if not NAME.match(name):
        raise ConfigError(f"'{name}' is no name for a client", fix="a-z, 0-9, _ and -, like billing")
    if name in manifest.services or (folder / manifest.functions.folder / name).is_dir():
        raise ConfigError(
            f"{name} is a part of this mesh: with the secret anybody could speak for it",
            fix="choose a name that no service and no function has",
        )


def _known(file: Path) -> dict[str, str]:
    try:
        return read_clients(file.read_bytes(), str(file))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(file)) from None


def _write(file: Path, data: bytes) -> None:
    fresh = file.with_suffix(".new")
    try:
        fresh.write_bytes(data)
        fresh.replace(file)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", where=str(file)) from None
