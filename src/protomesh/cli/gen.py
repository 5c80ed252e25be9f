"""`protomesh gen`."""

from pathlib import Path

import click

from protomesh.app.generate import generate
from protomesh.cli import fresh, project
from protomesh.cli.group import Failure
from protomesh.cli.loaded import Loaded


@click.command(
    short_help="Write anew everything that follows from the contract.",
    epilog="Example: protomesh gen --check",
)
@click.option("--check", is_flag=True, help="Write nothing; fail where something is not fresh.")
@project.options
def command(*, check: bool, manifest: Path | None, state_dir: Path | None) -> None:
    """Write gen/ (Python code, descriptor set) and gateway/ (envoy.yaml, openapi.json).

    They follow from the .proto files, mesh.toml and policies/security.json.
    """
    loaded = Loaded(project.find(manifest, state_dir))
    if check:
        stale = fresh.different(loaded)
        if stale:
            raise Failure(f"not fresh: {', '.join(stale)} (run protomesh gen)", 1)
        click.echo("everything generated is fresh")
        return
    generate(loaded.paths.project, loaded.manifest)
    fresh.write_gateway(loaded)
    click.echo(
        f"wrote {loaded.manifest.contract.generated}/ and {fresh.GATEWAY}/ (envoy.yaml, {fresh.OPENAPI})"
    )
