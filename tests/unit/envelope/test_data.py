"""Data decoded by the contract."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from protomesh.contract import Contract
from protomesh.envelope import JSON, PROTOBUF, CloudEvent, decode
from protomesh.errors import InvalidArgument
from shop_pb.shop.users.v1.users_pb2 import User

USER = User(id="u1", display_name="Ada")
EVENT = CloudEvent(
    id="e1",
    source="//users",
    type="t",
    subject="",
    time=datetime(2026, 1, 1, tzinfo=UTC),
    data=USER.SerializeToString(),
    content_type=PROTOBUF,
    dataschema="shop.users.v1.User",
    key="u1",
)


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load(Path("gen/descriptors.binpb"), "shop_pb")


@pytest.mark.parametrize(
    "event",
    [
        EVENT,
        replace(EVENT, content_type=JSON, data=b'{"id": "u1", "displayName": "Ada", "later": [1]}'),
        replace(EVENT, dataschema="type.googleapis.com/shop.users.v1.User"),
    ],
)
def test_protobuf_and_json_give_the_same_message(event: CloudEvent, contract: Contract) -> None:
    assert decode(event, contract) == USER


def test_an_event_without_a_schema_is_read_as_what_the_reader_expects(contract: Contract) -> None:
    assert decode(replace(EVENT, dataschema=""), contract, otherwise="shop.users.v1.User") == USER
    with pytest.raises(InvalidArgument, match="no dataschema"):
        decode(replace(EVENT, dataschema=""), contract)


@pytest.mark.parametrize(
    "event",
    [
        replace(EVENT, data=b"\xff\xff"),
        replace(EVENT, content_type=JSON, data=b"{bad"),
        replace(EVENT, content_type=JSON, data=b"\xff"),
        replace(EVENT, content_type=JSON, data=b"[]"),
        replace(EVENT, content_type=JSON, data=b'{"id": 5}'),
        replace(EVENT, content_type=JSON, data=b"[" * 100_000),
    ],
)
def test_wrong_data_is_refused_by_name(event: CloudEvent, contract: Contract) -> None:
    with pytest.raises(InvalidArgument, match=r"e1: data is no (shop\.users\.v1\.User|JSON object)"):
        decode(event, contract)


def test_an_unknown_message_is_refused(contract: Contract) -> None:
    with pytest.raises(InvalidArgument, match=r"no message 'shop\.Nope'"):
        decode(replace(EVENT, dataschema="shop.Nope"), contract)
