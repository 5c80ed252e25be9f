"""Which project a command is about: the nearest mesh.toml, from here upwards."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from protomesh.app.supervisor.paths import Paths
from protomesh.errors import ConfigError

MANIFEST = "mesh.toml"
STATE = ".mesh"


def find(manifest: Path | None, state: Path | None) -> Paths:
    """Absolute paths. Raises ConfigError."""
    file = manifest.absolute() if manifest else _upwards(Path.cwd())
    if not file.is_file():
        raise ConfigError("no such file", where=str(file), fix="name the manifest with --manifest")
    return Paths(file.parent, file, state.absolute() if state else file.parent / STATE)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--manifest` and `--state-dir`, for a command that takes `manifest` and `state_dir`."""
    folder = click.Path(file_okay=False, path_type=Path)
    state = click.option(
        "--state-dir",
        type=folder,
        envvar="PROTOMESH_STATE_DIR",
        help=f"Where the mesh keeps its state [{STATE}].",
    )
    file = click.Path(dir_okay=False, path_type=Path)
    manifest = click.option(
        "--manifest", type=file, envvar="PROTOMESH_MANIFEST", help=f"The manifest [the nearest {MANIFEST}]."
    )
    return state(manifest(command))


def _upwards(folder: Path) -> Path:
    for each in (folder, *folder.parents):
        if (each / MANIFEST).is_file():
            return each / MANIFEST
    raise ConfigError(
        f"no {MANIFEST} here or above",
        where=str(folder),
        fix="run inside a project, or name it with --manifest",
    )
