"""`protomesh certs`."""

import json
from pathlib import Path

import click

from protomesh.app import tls
from protomesh.app.supervisor import secure
from protomesh.certificates import Made, ensure, spiffe
from protomesh.cli import project
from protomesh.cli.loaded import Loaded
from protomesh.clock import SystemClock
from protomesh.errors import ConfigError

EXAMPLE = "Example: protomesh certs --folder /tmp/certs"


@click.command(short_help="Make and renew the development certificates.", epilog=EXAMPLE)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to put them [certs in the state directory].",
)
@click.option("--json", "as_json", is_flag=True, help="A list of objects, for scripts.")
@project.options
def command(*, folder: Path | None, as_json: bool, manifest: Path | None, state_dir: Path | None) -> None:
    """Make a development CA and a certificate for each service, the functions, the gateway and this command.

    What is there and good is kept; what has less than a third of its life left is renewed, and a running
    mesh takes it over. Refused unless the environment is development.
    """
    loaded = Loaded(project.find(manifest, state_dir))
    if loaded.environment != "development":
        raise ConfigError(
            "certificates of development count nowhere else",
            where=f"environment = {loaded.environment}",
            fix="have them issued by an authority of yours, and name them in [tls] of mesh.toml",
        )
    mesh, names = loaded.manifest.mesh.name, tls.components(loaded.manifest)
    into = folder.absolute() if folder else loaded.paths.state / tls.DEFAULT
    rows = ensure(into, mesh, names, SystemClock().now())
    if as_json:
        click.echo(json.dumps([_row(mesh, each) for each in rows], indent=2))
        return
    for each in rows:
        click.echo(f"{each.state:<8} {each.file}  good until {secure.day(each.expires)}")


def _row(mesh: str, made: Made) -> dict[str, object]:
    return {
        "name": made.name,
        "file": str(made.file),
        "spiffe": "" if made.name == "ca" else spiffe(mesh, made.name),
        "state": made.state,
        "expires": made.expires,
    }
