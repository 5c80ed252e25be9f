"""Event ids, and the trace header."""

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.envelope import child_of, derived_id, new_event_id, new_traceparent

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_event_ids_are_uuids_of_version_7_that_never_repeat() -> None:
    ids = [new_event_id() for _ in range(2000)]
    assert len(set(ids)) == len(ids)
    assert {(uuid.UUID(one).version, uuid.UUID(one).variant) for one in ids} == {(7, uuid.RFC_4122)}
    prefixes = [one[:13] for one in ids]
    assert prefixes == sorted(prefixes)


def test_derived_ids_are_stable_and_told_apart() -> None:
    assert derived_id("e1", "mail", 0) == derived_id("e1", "mail", 0)
    assert uuid.UUID(derived_id("e1", "mail", 0)).version == 8
    others = {
        derived_id(*of) for of in [("e1", "mail", 1), ("e1", "mai", 0), ("e1m", "ail", 0), ("e", "1mail", 0)]
    }
    assert len(others | {derived_id("e1", "mail", 0)}) == 5


def test_a_child_keeps_the_trace_and_has_its_own_span() -> None:
    child = child_of(PARENT)
    assert re.fullmatch(r"00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01", child)
    assert child != PARENT
    assert child_of(child) != child


def test_a_later_version_is_read_as_far_as_we_know_it() -> None:
    child = child_of("01" + PARENT[2:-2] + "ff-what-the-future-brings")
    assert child.startswith("00-0af7651916cd43dd8448eb211c80319c-")
    assert child.endswith("-03")


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "00",
        PARENT.upper(),
        PARENT + "-x",
        PARENT + "\n",
        "ff" + PARENT[2:],
        "00-" + "0" * 32 + PARENT[35:],
        PARENT[:36] + "0" * 16 + "-01",
        PARENT.replace("-", "_"),
    ],
)
def test_a_malformed_parent_starts_a_new_trace(wrong: str) -> None:
    assert "0af7651916cd43dd8448eb211c80319c" not in child_of(wrong)


@given(st.text(max_size=80))
def test_whatever_comes_a_child_is_well_formed(parent: str) -> None:
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]", child_of(parent))


def test_a_new_trace_is_a_parent() -> None:
    parent = new_traceparent()
    assert child_of(parent)[:35] == parent[:35]
