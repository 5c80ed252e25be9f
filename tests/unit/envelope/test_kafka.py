"""Kafka headers, held against the CloudEvents SDK in both directions."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cloudevents.core.bindings import kafka as sdk
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as SdkEvent
from hypothesis import given
from hypothesis import strategies as st

from protomesh.envelope import JSON, PROTOBUF, CloudEvent, from_kafka, to_kafka
from protomesh.errors import InvalidArgument

EVENT = CloudEvent(
    id="e1",
    source="//users",
    type="shop.users.user.created.v1",
    subject="users/u1",
    time=datetime(2026, 1, 2, 3, 4, 5, 678901, UTC),
    data=b"\x0a\x02u1\xff",
    content_type=PROTOBUF,
    dataschema="shop.users.v1.User",
    key="u1",
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    causation_id="e0",
    correlation_id="c0",
)

text = st.text(st.characters(codec="utf-8"), max_size=20)
name = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
events = st.builds(
    CloudEvent,
    id=name,
    source=name,
    type=name,
    subject=text,
    time=st.datetimes(timezones=st.just(UTC)),
    data=st.binary(max_size=50),
    content_type=st.sampled_from([PROTOBUF, JSON]),
    dataschema=text,
    key=text,
    traceparent=text,
    causation_id=text,
    correlation_id=text,
)


@given(events)
def test_what_is_written_is_read_back(event: CloudEvent) -> None:
    assert from_kafka(*to_kafka(event)) == event


def test_the_headers_are_those_of_the_binding() -> None:
    key, value, headers = to_kafka(EVENT)
    assert (key, value) == (b"u1", EVENT.data)
    assert dict(headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"e1",
        "ce_source": b"//users",
        "ce_type": b"shop.users.user.created.v1",
        "ce_subject": b"users/u1",
        "ce_time": b"2026-01-02T03:04:05.678901Z",
        "ce_dataschema": b"shop.users.v1.User",
        "ce_partitionkey": b"u1",
        "ce_traceparent": EVENT.traceparent.encode(),
        "ce_causationid": b"e0",
        "ce_correlationid": b"c0",
        "content-type": b"application/protobuf",
    }


def test_the_sdk_reads_our_headers() -> None:
    key, value, headers = to_kafka(EVENT)
    read = sdk.from_kafka(sdk.KafkaMessage(dict(headers), key, value), JSONFormat())
    assert read.get_attributes() == {
        "specversion": "1.0",
        "id": EVENT.id,
        "source": EVENT.source,
        "type": EVENT.type,
        "subject": EVENT.subject,
        "time": EVENT.time,
        "dataschema": EVENT.dataschema,
        "datacontenttype": PROTOBUF,
        "partitionkey": EVENT.key,
        "traceparent": EVENT.traceparent,
        "causationid": EVENT.causation_id,
        "correlationid": EVENT.correlation_id,
    }
    assert read.get_data() == EVENT.data


def sdk_event() -> SdkEvent:
    return SdkEvent(
        {
            "id": EVENT.id,
            "source": EVENT.source,
            "type": EVENT.type,
            "subject": EVENT.subject,
            "time": EVENT.time,
            "dataschema": EVENT.dataschema,
            "datacontenttype": PROTOBUF,
            "partitionkey": EVENT.key,
            "traceparent": EVENT.traceparent,
            "causationid": EVENT.causation_id,
            "correlationid": EVENT.correlation_id,
        },
        EVENT.data,
    )


@pytest.mark.parametrize("write", [sdk.to_binary, sdk.to_structured])
def test_we_read_what_the_sdk_writes(write: object) -> None:
    assert callable(write)
    message = write(sdk_event(), JSONFormat())
    assert from_kafka(str(message.key).encode(), message.value, tuple(message.headers.items())) == EVENT


def test_time_is_written_in_utc() -> None:
    local = replace(EVENT, time=EVENT.time.astimezone(timezone(timedelta(hours=2))))
    assert from_kafka(*to_kafka(local)).time == EVENT.time
    assert dict(to_kafka(local)[2])["ce_time"].endswith(b"Z")


@pytest.mark.parametrize("empty", ["id", "source", "type"])
def test_an_event_without_its_name_is_not_written(empty: str) -> None:
    with pytest.raises(InvalidArgument, match=empty):
        to_kafka(replace(EVENT, **{empty: ""}))  # type: ignore[arg-type]  # one of three str fields


@pytest.mark.parametrize(
    ("header", "value", "says"),
    [
        ("ce_specversion", None, "no ce_specversion"),
        ("ce_specversion", b"0.3", "'0.3'"),
        ("ce_id", None, "ce_id is missing"),
        ("ce_source", b"", "ce_source is missing"),
        ("ce_type", b"\xff", "ce_type is not UTF-8"),
        ("ce_time", b"yesterday", "not RFC 3339"),
        ("ce_time", b"2026-01-02T03:04:05", "no time zone"),
        ("ce_time", b"0001-01-01T00:00:00+01:00", "out of range"),
        ("content-type", None, "content-type is missing"),
        ("content-type", b"text/plain", "'text/plain' is neither"),
        ("content-type", b"application/cloudevents+avro", "only application/cloudevents"),
        ("content-type", b"application/cloudevents+json", "not a CloudEvent in JSON"),
    ],
)
def test_a_wrong_record_is_told_what_is_wrong(header: str, value: bytes | None, says: str) -> None:
    key, data, headers = to_kafka(EVENT)
    changed = [pair for pair in headers if pair[0] != header] + (
        [(header, value)] if value is not None else []
    )
    with pytest.raises(InvalidArgument, match=says):
        from_kafka(key, data, changed)


def test_a_key_that_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="key is not UTF-8"):
        from_kafka(b"\xff", b"", to_kafka(EVENT)[2])


def test_a_tombstone_is_refused_as_no_event_and_an_event_without_data_is_read() -> None:
    with pytest.raises(InvalidArgument, match="no CloudEvent"):
        from_kafka(b"u1", None, ())
    assert from_kafka(b"u1", None, to_kafka(EVENT)[2]).data == b""


def test_names_of_headers_are_read_in_any_case_and_the_last_counts() -> None:
    key, value, headers = to_kafka(EVENT)
    loud = [(name.upper(), value) for name, value in headers] + [("ce_subject", b"users/u2")]
    assert from_kafka(key, value, loud) == replace(EVENT, subject="users/u2")


@given(
    st.none() | st.binary(max_size=8),
    st.none() | st.binary(max_size=40),
    st.lists(
        st.tuples(st.sampled_from([header for header, _ in to_kafka(EVENT)[2]]), st.binary(max_size=30)),
        max_size=12,
    ),
)
def test_any_bytes_are_an_event_or_a_refusal(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]
) -> None:
    with suppress(InvalidArgument):
        event = from_kafka(key, value, [*to_kafka(EVENT)[2], *headers])
        assert event.id
        assert event.time.tzinfo is UTC
