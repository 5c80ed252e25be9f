"""`protomesh explain`."""

import json
import time
from dataclasses import asdict
from pathlib import Path

import click

from protomesh.cli import project
from protomesh.cli.loaded import SECURITY, Loaded
from protomesh.cli.request import Asked, read
from protomesh.policy import REDACTED, UNKNOWN, Caller, CallFacts, Explanation, Verdict

EXAMPLE = 'Example: protomesh explain --as u1 "GET /api/users/u2"'


@click.command(short_help="Say how the security policy decides on a request, and why.", epilog=EXAMPLE)
@click.argument("request")
@click.option("--as", "subject", default="", metavar="ID", help="The user who calls [nobody].")
@click.option("--role", "roles", multiple=True, metavar="ROLE", help="Repeatable.")
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help="Repeatable.")
@click.option("--service", default="", metavar="NAME", help="The service or function that calls.")
@click.option("--body", default="", metavar="JSON", help="The request's body.")
@click.option("--json", "as_json", is_flag=True, help="An object, for scripts.")
@project.options
def command(
    *,
    request: str,
    subject: str,
    roles: tuple[str, ...],
    scopes: tuple[str, ...],
    service: str,
    body: str,
    as_json: bool,
    manifest: Path | None,
    state_dir: Path | None,
) -> None:
    """Say how the policy decides on REQUEST, "VERB /path" or "package.Service/Method", without making it.

    Exit status 0 whatever the decision is.
    """
    loaded = Loaded(project.find(manifest, state_dir))
    asked = read(loaded.contract, request, body)
    who = Caller(subject, frozenset(roles), frozenset(scopes), service=service)
    call = CallFacts(asked.method.full_name, asked.verb, asked.path, time=time.time())
    found = loaded.security.explain(asked.method.full_name, who, call, asked.message)
    if as_json:
        click.echo(json.dumps(_as_object(asked, found), indent=2))
    else:
        click.echo("\n".join(_lines(asked, found)))


STATUS = {"allow": "", "unauthenticated": " (401)", "denied": " (403)"}


def _lines(asked: Asked, found: Explanation) -> list[str]:
    decision = found.decision
    lines = [f"{decision.outcome.value}{STATUS[decision.outcome.value]}  {asked.method.full_name}"]
    if decision.allowed:
        rule = next(each for each in found.verdicts if each.rule == decision.rule)
        return [*lines, f"  by {SECURITY}: {_rule(rule)}"]
    lines.append(f"  {decision.reason}")
    if found.verdicts:
        lines.append("  it would be allowed, if:")
    return [*lines, *(f"    {_missing(each)}, by {SECURITY}: {_rule(each)}" for each in found.verdicts)]


def _rule(verdict: Verdict) -> str:
    when = f" when {verdict.when}" if verdict.when else ""
    return f"{verdict.path} allows {', '.join(verdict.allow) or 'nobody'}{when}"


def _missing(verdict: Verdict) -> str:
    wanted = []
    if not verdict.included:
        wanted.append(
            f"the caller were {' or '.join(verdict.allow)}" if verdict.allow else "anybody could be"
        )
    if verdict.holds is not True:
        why = "; ".join(each for each in (verdict.error, _values(verdict)) if each)
        wanted.append(f"`{verdict.when}` held" + (f" ({why})" if why else ""))
    return " and ".join(wanted)


LONGEST = 200


def _values(verdict: Verdict) -> str:
    """`request.user_id = "u2", identity.subject = "u1"`."""
    return ", ".join(f"{path} = {_shown(value)}" for path, value in verdict.values.items())


def _shown(value: object) -> str:
    """A value as JSON, cut where it is long, fit for a terminal."""
    if isinstance(value, str) and value in {REDACTED, UNKNOWN}:
        return value
    text = json.dumps(value, ensure_ascii=False)
    text = text if text.isprintable() else json.dumps(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _as_object(asked: Asked, found: Explanation) -> dict[str, object]:
    return {
        "method": asked.method.full_name,
        "outcome": found.decision.outcome.value,
        "rule": found.decision.rule,
        "path": next((each.path for each in found.verdicts if each.rule == found.decision.rule), ""),
        "reason": found.decision.reason,
        "rules": [asdict(each) | {"allows": each.allows} for each in found.verdicts],
    }
