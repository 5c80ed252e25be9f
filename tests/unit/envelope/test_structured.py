"""Events as JSON files and structured records."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.envelope import JSON, from_json
from protomesh.errors import InvalidArgument

EVENT = {
    "specversion": "1.0",
    "id": "e1",
    "source": "//users",
    "type": "shop.users.user.created.v1",
    "time": "2026-01-02T03:04:05+01:00",
    "datacontenttype": "application/json",
    "dataschema": "shop.users.v1.User",
    "partitionkey": "u1",
    "data": {"id": "u1"},
}


def test_an_event_file_is_read() -> None:
    event = from_json(json.dumps(EVENT))
    assert (event.id, event.key, event.content_type) == ("e1", "u1", JSON)
    assert event.time.isoformat() == "2026-01-02T02:04:05+00:00"
    assert json.loads(event.data) == {"id": "u1"}


def test_the_records_key_goes_before_the_partition_key() -> None:
    assert from_json(json.dumps(EVENT), key="k").key == "k"


def test_what_is_optional_may_be_absent() -> None:
    bare = {name: EVENT[name] for name in ("specversion", "id", "source", "type")}
    event = from_json(json.dumps(bare))
    assert (event.data, event.subject, event.key, event.time.timestamp()) == (b"", "", "", 0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": None}, "id"),
        ({"id": 7}, "id"),
        ({"specversion": "2.0"}, "specversion"),
        ({"source": ""}, "source"),
        ({"partitionkey": 5}, "partitionkey is not a string"),
        ({"time": "2026-13-01T00:00:00Z"}, "not a CloudEvent"),
        ({"datacontenttype": "application/protobuf"}, "data_base64"),
        ({"datacontenttype": "text/plain"}, "neither"),
        ({"subject": "\ud800"}, "surrogate"),
    ],
)
def test_a_wrong_file_is_told_what_is_wrong(change: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidArgument, match=says):
        from_json(json.dumps(EVENT | change))


@pytest.mark.parametrize("name", ["id", "specversion"])
def test_the_id_and_the_version_are_not_made_up(name: str) -> None:
    with pytest.raises(InvalidArgument, match=f"{name} missing"):
        from_json(json.dumps({key: value for key, value in EVENT.items() if key != name}))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(EVENT)), inner, max_size=5)
    ),
    max_leaves=10,
)


@given(
    json_values
    | st.dictionaries(st.sampled_from([*EVENT, "data_base64"]), json_values).map(lambda c: EVENT | c)
)
def test_any_json_is_an_event_or_a_refusal(value: object) -> None:
    with suppress(InvalidArgument):
        assert from_json(json.dumps(value)).id


@given(st.binary(max_size=60))
def test_any_bytes_are_refused(value: bytes) -> None:
    with pytest.raises(InvalidArgument):
        from_json(value)
