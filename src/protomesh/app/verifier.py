"""Whose tokens a security policy trusts."""

from collections.abc import Iterator

from protomesh.app.process import Process
from protomesh.policy import SecurityPolicy, TrustedIssuer
from protomesh.tokens import DEVELOPMENT, Issuer, Verifier, load_issuer


def verifier(process: Process, policy: SecurityPolicy) -> Verifier:
    """Trusts the issuers of the policy. Raises ConfigError where keys cannot be had."""
    return Verifier(trusted(process, policy), process.clock)


def trusted(process: Process, policy: SecurityPolicy) -> Iterator[Issuer]:
    """The issuers of the policy with their keys. Raises ConfigError where keys cannot be had."""
    policies = process.project / "policies"
    for issuer in _here(process, policy):
        yield load_issuer(
            issuer,
            policy_dir=policies,
            state_dir=process.state_dir,
            environment=process.environment,
            where=str(policies / "security.json"),
            public=process.public,
        )


def _here(process: Process, policy: SecurityPolicy) -> Iterator[TrustedIssuer]:
    """One policy serves development and production: there, keys of development are passed over."""
    for issuer in policy.issuers:
        if issuer.jwks.startswith(DEVELOPMENT) and process.environment != "development":
            process.log.info("issuer '%s' counts in development only: passed over", issuer.issuer)
        else:
            yield issuer
