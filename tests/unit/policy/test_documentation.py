"""The examples in the reference are policies that load."""

import re
from pathlib import Path

from protomesh.contract import Contract
from protomesh.policy import load_events, load_security

PAGE = Path(__file__).parents[3] / "docs/reference/policies.md"


def test_the_examples_load(contract: Contract) -> None:
    security, events = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(load_security(security.encode(), contract, complete=False).rules) == 5
    assert set(load_events(events.encode(), contract).topics) == {"users", "audit"}


def test_the_example_of_issuers_loads(contract: Contract) -> None:
    (text,) = re.findall(r"```json\n(.*?)```", (PAGE.parent / "tokens.md").read_text(), re.DOTALL)
    found = load_security(text.encode(), contract, complete=False)
    assert [issuer.issuer for issuer in found.issuers][:2] == ["mesh", "development"]
    assert found.services is not None
    assert found.services.keys == "services/"
