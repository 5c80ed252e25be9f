"""`protomesh check`."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import click

from protomesh.cli import fresh, project, tools
from protomesh.cli.callers import callers
from protomesh.cli.group import Failure
from protomesh.cli.loaded import EVENTS, SECURITY, Loaded
from protomesh.errors import ConfigError
from protomesh.gateway import lint, placement
from protomesh.policy import Finding, lint_security
from protomesh.rpc.links import problems as link_problems
from protomesh.tokens import read_address

Check = Callable[[Loaded], Iterable[str | Finding]]
"""The problems found, each one line; may raise ConfigError for one, tools.AbsentError to be left out.

A finding is a warning.
"""


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Problem:
    """`path` and `lint` are known for warnings: `rules[3]`, `unreachable-rule`."""

    text: str
    path: str = ""
    lint: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """One check: `reason` says why it was left out."""

    name: str
    status: Status
    problems: tuple[Problem, ...] = ()
    reason: str = ""


def _manifest(loaded: Loaded) -> Iterable[str]:
    loaded.manifest  # noqa: B018 - reading it is the check
    return ()


def _fresh(loaded: Loaded) -> Iterable[str]:
    return [f"{name} is not fresh: protomesh gen" for name in fresh.different(loaded, lenient=True)]


def _protos(loaded: Loaded) -> Iterable[str]:
    return tools.buf_lint(loaded.paths.project / loaded.manifest.contract.generated / "descriptors.binpb")


def _security(loaded: Loaded) -> Iterable[str]:
    for issuer in loaded.security.issuers:
        where = f"{SECURITY}: {issuer.path}.jwks"
        read_address(issuer.jwks, environment=loaded.environment, where=where)
    return ()


def _lint(loaded: Loaded) -> Iterable[Finding]:
    try:
        policy = loaded.security
    except ConfigError:
        raise tools.AbsentError(f"{SECURITY} cannot be read") from None
    return lint_security(policy, loaded.contract, callers(loaded))


def _events(loaded: Loaded) -> Iterable[str]:
    loaded.events  # noqa: B018 - reading it is the check
    return ()


def _bindings(loaded: Loaded) -> Iterable[str]:
    placement(loaded.contract, loaded.manifest)
    return [str(problem) for problem in (*lint(loaded.contract), *link_problems(loaded.contract))]


def _envoy(loaded: Loaded) -> Iterable[str]:
    return tools.envoy_validate(fresh.gateway(loaded))


CHECKS: tuple[tuple[str, Check], ...] = (
    ("manifest", _manifest),
    ("generated files", _fresh),
    ("protos (buf lint)", _protos),
    (str(SECURITY), _security),
    (f"{SECURITY} (lint)", _lint),
    (str(EVENTS), _events),
    ("HTTP bindings", _bindings),
    ("gateway (envoy --mode validate)", _envoy),
)


@click.command(
    short_help="Prove manifest, contract, policies and gateway before anything starts.",
    epilog="Example: protomesh check --strict",
)
@click.option("--strict", is_flag=True, help="A warning is a failure, too.")
@click.option("--json", "as_json", is_flag=True, help="An object with all checks, for scripts.")
@project.options
def command(*, strict: bool, as_json: bool, manifest: Path | None, state_dir: Path | None) -> None:
    """Check all that can be checked without starting the mesh: a line per check, status 1 on a problem."""
    loaded = Loaded(project.find(manifest, state_dir))
    done: list[Checked] = []
    for name, check in CHECKS:
        done.append(_one(name, check, loaded))
        if not as_json:
            click.echo("\n".join(_lines(done[-1])))
    failed = [
        each for each in done if each.status in ({Status.FAIL, Status.WARN} if strict else {Status.FAIL})
    ]
    if as_json:
        click.echo(json.dumps({"ok": not failed, "checks": [asdict(each) for each in done]}, indent=2))
    if failed:
        raise Failure(f"{len(failed)} of {len(CHECKS)} checks failed", 1)


def _one(name: str, check: Check, loaded: Loaded) -> Checked:
    try:
        problems = tuple(_problem(each) for each in check(loaded))
    except ConfigError as error:
        return Checked(name, Status.FAIL, (Problem(str(error)),))
    except tools.AbsentError as absent:
        return Checked(name, Status.SKIP, reason=str(absent))
    if not problems:
        return Checked(name, Status.OK)
    return Checked(name, Status.WARN if all(each.lint for each in problems) else Status.FAIL, problems)


def _problem(found: str | Finding) -> Problem:
    return Problem(found) if isinstance(found, str) else Problem(str(found), found.path, found.lint)


def _lines(done: Checked) -> list[str]:
    word = "FAIL" if done.status is Status.FAIL else done.status.value
    head = f"{word:<5} {done.name}" + (f": {done.reason}" if done.reason else "")
    return [head, *(f"      {problem.text}" for problem in done.problems)]
