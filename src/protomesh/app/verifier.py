"""The verifier of tokens that a security policy asks for."""

from protomesh.app.process import Process
from protomesh.policy import SecurityPolicy
from protomesh.tokens import Verifier, load_issuer


def verifier(process: Process, policy: SecurityPolicy) -> Verifier:
    """Trusts the issuers of the policy. Raises ConfigError where keys cannot be had."""
    policies = process.project / "policies"
    return Verifier(
        (
            load_issuer(
                issuer,
                policy_dir=policies,
                state_dir=process.state_dir,
                environment=process.environment,
                where=str(policies / "security.json"),
            )
            for issuer in policy.issuers
        ),
        process.clock,
    )
