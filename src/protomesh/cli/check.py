"""`protomesh check`."""

from collections.abc import Callable, Iterable
from pathlib import Path

import click

from protomesh.cli import fresh, project, tools
from protomesh.cli.group import Failure
from protomesh.cli.loaded import EVENTS, SECURITY, Loaded
from protomesh.errors import ConfigError
from protomesh.gateway import lint, placement

Check = Callable[[Loaded], Iterable[str]]
"""The problems found, each one line; may raise ConfigError for one, tools.AbsentError to be left out."""


def _manifest(loaded: Loaded) -> Iterable[str]:
    loaded.manifest  # noqa: B018 - reading it is the check
    return ()


def _fresh(loaded: Loaded) -> Iterable[str]:
    return [f"{name} is not fresh: protomesh gen" for name in fresh.different(loaded)]


def _protos(loaded: Loaded) -> Iterable[str]:
    return tools.buf_lint(loaded.paths.project / loaded.manifest.contract.generated / "descriptors.binpb")


def _security(loaded: Loaded) -> Iterable[str]:
    loaded.security  # noqa: B018 - reading it is the check
    return ()


def _events(loaded: Loaded) -> Iterable[str]:
    loaded.events  # noqa: B018 - reading it is the check
    return ()


def _bindings(loaded: Loaded) -> Iterable[str]:
    placement(loaded.contract, loaded.manifest)
    return [str(problem) for problem in lint(loaded.contract)]


def _envoy(loaded: Loaded) -> Iterable[str]:
    return tools.envoy_validate(fresh.gateway(loaded))


CHECKS: tuple[tuple[str, Check], ...] = (
    ("manifest", _manifest),
    ("generated files", _fresh),
    ("protos (buf lint)", _protos),
    (str(SECURITY), _security),
    (str(EVENTS), _events),
    ("HTTP bindings", _bindings),
    ("gateway (envoy --mode validate)", _envoy),
)


@click.command(
    short_help="Prove manifest, contract, policies and gateway before anything starts.",
    epilog="Example: protomesh check",
)
@project.options
def command(*, manifest: Path | None, state_dir: Path | None) -> None:
    """Check all that can be checked without starting the mesh: a line per check, status 1 on a problem."""
    loaded = Loaded(project.find(manifest, state_dir))
    failed = [name for name, check in CHECKS if not _one(name, check, loaded)]
    if failed:
        raise Failure(f"{len(failed)} of {len(CHECKS)} checks failed", 1)


def _one(name: str, check: Check, loaded: Loaded) -> bool:
    try:
        problems = list(check(loaded))
    except ConfigError as error:
        problems = [str(error)]
    except tools.AbsentError as absent:
        click.echo(f"skip  {name}: {absent}")
        return True
    click.echo(f"{'FAIL' if problems else 'ok':<5} {name}")
    for problem in problems:
        click.echo(f"      {problem}")
    return not problems
