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
