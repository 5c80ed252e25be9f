"""`protomesh token`."""

from pathlib import Path

import click

from protomesh.app import keys
from protomesh.cli import project
from protomesh.cli.duration import DURATION
from protomesh.cli.loaded import Loaded
from protomesh.clock import SystemClock
from protomesh.errors import ConfigError

EXAMPLE = 'Example: curl -H "authorization: Bearer $(protomesh token --subject u1)" http://127.0.0.1:8080/api/users/u1'


@click.command(short_help="Make a development token.", epilog=EXAMPLE)
@click.option("--subject", default="", metavar="ID", help="The user's id.")
@click.option("--role", "roles", multiple=True, metavar="ROLE", help="Repeatable.")
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help="Repeatable.")
@click.option("--service", default="", metavar="NAME", help="A service's own token instead of a user's.")
@click.option(
    "--for",
    "lifetime",
    type=DURATION,
    default="1h",
    show_default=True,
    help="How long it is good: 90s, 15m, 1h, 7d.",
)
@project.options
def command(
    *,
    subject: str,
    roles: tuple[str, ...],
    scopes: tuple[str, ...],
    service: str,
    lifetime: int,
    manifest: Path | None,
    state_dir: Path | None,
) -> None:
    """Sign a token with the key of this state directory. Refused unless the environment is development."""
    if bool(subject) == bool(service):
        raise click.UsageError("give either --subject ID or --service NAME")
    loaded = Loaded(project.find(manifest, state_dir))
    signer = keys.signer(loaded.paths.state, SystemClock(), loaded.environment)
    click.echo(
        signer.sign(
            subject=subject or f"service:{service}",
            audience=_audience(loaded),
            roles=roles,
            scopes=scopes,
            lifetime_seconds=lifetime,
        )
    )


def _audience(loaded: Loaded) -> str:
    """The one for which the security policy trusts our issuer."""
    for issuer in loaded.security.issuers:
        if issuer.issuer == keys.ISSUER:
            return issuer.audiences[0]
    raise ConfigError(f"no issuer '{keys.ISSUER}' is trusted", where="policies/security.json: issuers")
