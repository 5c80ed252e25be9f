"""`protomesh keys`."""

import json
from pathlib import Path
from typing import Any

import click

from protomesh.app.keys import PUBLIC, replace, service_key_path
from protomesh.cli import project
from protomesh.cli.loaded import Loaded
from protomesh.errors import ConfigError
from protomesh.settings import load_process
from protomesh.tokens import NAME, jwks_of, new_key, read_jwks

EXAMPLE = "Example: protomesh keys new orders --private /tmp/private --public /tmp/public"
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group(short_help="Make the keys that services and functions sign with.", epilog=EXAMPLE)
def command() -> None:
    """A service or function signs with a private key of its own; the public ones stand in policies/."""


@command.command(short_help="Make a pair of keys.", epilog=EXAMPLE)
@click.argument("name")
@click.option(
    "--private", type=FOLDER, help="Where NAME.pem goes [PROTOMESH_KEYS_DIR, else the state directory]."
)
@click.option("--public", type=FOLDER, help="Where NAME.json goes [policies/services].")
@click.option("--rotate", is_flag=True, help="Keep the earlier public keys beside the new one.")
@click.option("--force", is_flag=True, help="Replace what is there.")
@project.options
def new(
    *,
    name: str,
    private: Path | None,
    public: Path | None,
    rotate: bool,
    force: bool,
    manifest: Path | None,
    state_dir: Path | None,
) -> None:
    """Make a private key, NAME.pem, and a key set with its public half, NAME.json.

    Nothing is overwritten unless told so. To change a key without a gap: --rotate, with --private elsewhere;
    bring NAME.json to all services, then give the service its new NAME.pem, then take the earlier key out.
    """
    if not NAME.fullmatch(name):
        raise ConfigError(f"'{name}' cannot name a service", where="NAME", fix="orders, fulfil_order")
    loaded = Loaded(project.find(manifest, state_dir))
    secret = _private(loaded, private, name)
    shown = (public.absolute() if public else loaded.paths.project / "policies" / PUBLIC) / f"{name}.json"
    _free(secret, may=force, fix="--force replaces it, --private DIR puts the new one elsewhere")
    _free(shown, may=force or rotate, fix="--rotate adds a key, --force replaces them")
    pem = new_key()
    earlier = _earlier(shown) if rotate else []
    replace(shown, json.dumps({"keys": [*earlier, *jwks_of([pem])["keys"]]}, indent=2) + "\n", 0o644)
    replace(secret, pem, 0o600)
    click.echo(f"private {secret}\npublic  {shown}")


def _private(loaded: Loaded, told: Path | None, name: str) -> Path:
    if told:
        return told.absolute() / f"{name}.pem"
    folder = load_process().keys_dir
    return (
        loaded.paths.project / folder / f"{name}.pem"
        if folder
        else service_key_path(loaded.paths.state, name)
    )


def _free(path: Path, *, may: bool, fix: str) -> None:
    """Raises ConfigError for a file that is there and must stay."""
    if path.exists() and not may:
        raise ConfigError("is there already", where=str(path), fix=fix)


def _earlier(path: Path) -> list[dict[str, Any]]:
    """The keys of a set that is there. Raises ConfigError for one that does not count."""
    if not path.exists():
        return []
    try:
        found = json.loads(path.read_bytes())
    except ValueError:
        raise ConfigError("is not JSON", where=str(path), fix="--force replaces it") from None
    read_jwks(found if isinstance(found, dict) else {}, str(path))
    return list(found["keys"])
