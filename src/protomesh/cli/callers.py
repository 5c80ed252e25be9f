"""Who can be named as `service:NAME` in this project: its services, its functions and its clients."""

import ast
from collections.abc import Iterator
from pathlib import Path

from protomesh.cli.loaded import Loaded
from protomesh.errors import ConfigError
from protomesh.identity import read_clients


def callers(loaded: Loaded) -> frozenset[str]:
    """Raises ConfigError for a file that cannot be read."""
    folder, manifest = loaded.paths.project, loaded.manifest
    clients = folder / manifest.identity.clients
    known = read_clients(_bytes(clients), str(clients)) if clients.exists() else {}
    return frozenset({*manifest.services, *_functions(folder / manifest.functions.folder), *known})


def _functions(folder: Path) -> Iterator[str]:
    """Whatever is decorated at the top of a main.py: nothing of the project's code runs for this."""
    for main in sorted(folder.glob("*/main.py")):
        try:
            tree = ast.parse(_bytes(main))
        except (SyntaxError, ValueError) as error:
            raise ConfigError(f"no Python: {error}", where=str(main)) from None
        yield from (
            each.name for each in tree.body if isinstance(each, ast.FunctionDef) and each.decorator_list
        )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(path)) from None
