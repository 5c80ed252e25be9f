"""What an explanation tells of the values that a condition read, and what it never tells."""

import json
from typing import Any

import pytest

from protomesh.contract import Contract
from protomesh.policy import Caller, Explanation
from tests.unit.policy.support import call, security

SAY = "ring.v1.Ring/Say"
U1 = Caller("u1", frozenset({"clerk"}), claims={"team": "a", "deep": {"er": [1.0]}})
SECRET = "hun(ter2"
"""No regular expression, so that a failure would quote it."""
NOTE: dict[str, Any] = {
    "id": "n1",
    "times": 3,
    "lines": [{"quantity": 2}],
    "tags": {"k": "v"},
    "secret": SECRET,
}


def explained(contract: Contract, when: str, note: dict[str, Any] | None = None) -> Explanation:
    policy = security(contract, [{"on": [SAY], "allow": ["authenticated"], "when": when}])
    asked = (
        contract.message("ring.v1.Note")(**NOTE) if note is None else contract.message("ring.v1.Note")(**note)
    )
    return policy.explain(SAY, U1, call(SAY, http_method="POST", time=5.25), asked)


TOLD: list[tuple[str, dict[str, object]]] = [
    ("request.id == identity.subject", {"request.id": "n1", "identity.subject": "u1"}),
    ("request.id == 'a' || request.id == 'b'", {"request.id": "n1"}),
    ("request.times > 3", {"request.times": 3}),
    ("request.lines.exists(l, l.quantity > 2)", {"request.lines": [{"quantity": 2}]}),
    ("request.tags['k'] == 'w'", {"request.tags": {"k": "v"}}),
    ("request.tags.k == 'w'", {"request.tags.k": "v"}),
    ("request.tags.nope == 'w'", {"request.tags.nope": "(unknown)"}),
    ("has(request.etag)", {"has(request.etag)": False}),
    ("!has(request.id)", {"has(request.id)": True}),
    ("'admin' in identity.roles", {"identity.roles": ["clerk"]}),
    ("identity.claims.team == 'b'", {"identity.claims.team": "a"}),
    ("identity.claims.deep.er[0] == 2.0", {"identity.claims.deep.er": [1.0]}),
    ("identity.claims.nope == 'b'", {"identity.claims.nope": "(unknown)"}),
    ("has(identity.claims.nope)", {"has(identity.claims.nope)": False}),
    ("call.http_method == 'GET'", {"call.http_method": "POST"}),
    ("call.time < timestamp('1970-01-01T00:00:01Z')", {"call.time": "1970-01-01T00:00:05.250Z"}),
    ("1 == 2", {}),
    ("true", {}),
]


@pytest.mark.parametrize(("when", "values"), TOLD)
def test_paths_are_told_with_their_values(
    ring_contract: Contract, when: str, values: dict[str, object]
) -> None:
    (verdict,) = explained(ring_contract, when).verdicts
    assert verdict.values == values
    assert verdict.holds is not True or when == "true"


def test_without_a_request_its_values_are_unknown(ring_contract: Contract) -> None:
    policy = security(ring_contract, [{"on": [SAY], "allow": ["authenticated"], "when": "request.id == 'a'"}])
    (verdict,) = policy.explain(SAY, U1, call(SAY)).verdicts
    assert (verdict.holds, verdict.values) == (None, {"request.id": "(unknown)"})


def test_nobodys_subject_is_shown_as_empty(ring_contract: Contract) -> None:
    policy = security(
        ring_contract, [{"on": [SAY], "allow": ["anyone"], "when": "identity.subject == request.id"}]
    )
    asked = ring_contract.message("ring.v1.Note")()
    (verdict,) = policy.explain(SAY, Caller(), call(SAY), asked).verdicts
    assert verdict.values == {"identity.subject": "", "request.id": ""}


SECRETIVE = [
    "request.secret == 'a'",
    "!has(request.secret)",
    "dyn(request).secret == 'a'",
    "request == ring.v1.Note{}",
    "int(request.secret) == 1",
    "{'a': 1}[request.secret] == 1",
    "{'a': 1}[dyn(request).secret] == 1",
    "[request].exists(r, {'a': 1}[r.secret] == 1)",
    "{'a': 1}[{'b': request}['b'].secret] == 1",
    "duration(request.secret) == duration('1s')",
]


@pytest.mark.parametrize("when", SECRETIVE)
def test_a_redacted_field_is_told_nowhere(ring_contract: Contract, when: str) -> None:
    found = explained(ring_contract, when)
    assert not found.decision.allowed
    (verdict,) = found.verdicts
    said = json.dumps([dict(verdict.values), verdict.error, found.decision.reason])
    assert "ter2" not in said
    if "request.secret" in when:
        key = f"has({when[5:-1]})" if "has(" in when else "request.secret"
        assert verdict.values[key] == "(redacted)"


def test_the_failure_of_what_reads_no_secret_is_told(ring_contract: Contract) -> None:
    (verdict,) = explained(ring_contract, "{'a': 1}[request.id] == 1").verdicts
    assert "n1" in verdict.error
    (hidden,) = explained(ring_contract, "{'a': 1}[request.secret] == 1").verdicts
    assert hidden.error == "it failed, why is not told: it reads a redacted field"
