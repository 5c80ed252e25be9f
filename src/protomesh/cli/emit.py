"""`protomesh emit`."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from google.protobuf import json_format
from google.protobuf.message import Message

from protomesh.broker import Message as Outgoing
from protomesh.broker.kafka_python import KafkaPython
from protomesh.cli import project
from protomesh.cli.loaded import EVENTS, Loaded
from protomesh.contract import nearest
from protomesh.envelope import JSON, PROTOBUF, CloudEvent, new_event_id, new_traceparent, to_kafka
from protomesh.errors import ConfigError, InvalidArgument, Unavailable

SOURCE = "//protomesh/emit"
PATIENCE = 15.0
EXAMPLE = "Example: protomesh emit orders --type shop.orders.order.placed.v1 --data @order.json"


@click.command(short_help="Publish one event, typed by the contract.", epilog=EXAMPLE)
@click.argument("topic")
@click.option(
    "--type",
    "event_type",
    required=True,
    metavar="TYPE",
    help="The event's type, one that policies/events.json knows.",
)
@click.option("--data", required=True, metavar="JSON", help="The message as JSON; @FILE reads a file.")
@click.option("--key", default="", help="Events of one key keep their order [the message's id].")
@click.option("--subject", default="", help="The path of the resource that it is about.")
@click.option("--json", "as_json", is_flag=True, help="Print what was published as an object, for scripts.")
@project.options
def command(
    *,
    topic: str,
    event_type: str,
    data: str,
    key: str,
    subject: str,
    as_json: bool,
    manifest: Path | None,
    state_dir: Path | None,
) -> None:
    """Publish one event to TOPIC past every service, as if one of them had emitted it."""
    loaded = Loaded(project.find(manifest, state_dir))
    message = _message(loaded, topic, event_type, data)
    plain = loaded.events.topics[topic].format == "json"
    event = CloudEvent(
        id=new_event_id(),
        source=SOURCE,
        type=event_type,
        subject=subject,
        time=datetime.now(UTC),
        data=json_format.MessageToJson(message).encode() if plain else message.SerializeToString(),
        content_type=JSON if plain else PROTOBUF,
        dataschema=message.DESCRIPTOR.full_name,
        key=key or str(getattr(message, "id", "")),
        traceparent=new_traceparent(),
    )
    _publish(loaded.bootstrap, topic, event)
    done = {
        "id": event.id,
        "topic": topic,
        "type": event.type,
        "key": event.key,
        "traceparent": event.traceparent,
    }
    click.echo(
        json.dumps(done) if as_json else f"published {event.id} to {topic}, key {event.key or '(none)'}"
    )


def _message(loaded: Loaded, topic: str, event_type: str, data: str) -> Message:
    events, where = loaded.events, str(EVENTS)
    if topic not in events.topics:
        raise ConfigError(f"no topic '{topic}'{nearest(topic, events.topics)}", where=where)
    if event_type not in events.types:
        raise ConfigError(f"no event type '{event_type}'{nearest(event_type, events.types)}", where=where)
    message = loaded.contract.message(events.types[event_type])()
    try:
        return json_format.Parse(_text(data), message)
    except (json_format.ParseError, ValueError) as error:
        raise InvalidArgument(f"--data is no {message.DESCRIPTOR.full_name}: {error}") from None


def _text(data: str) -> str:
    if not data.startswith("@"):
        return data
    try:
        return Path(data[1:]).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(str(error.strerror), where=data[1:]) from None


def _publish(bootstrap: str, topic: str, event: CloudEvent) -> None:
    """Return once the broker has it. Raises MeshError."""
    key, value, headers = to_kafka(event)
    answered = threading.Event()
    outcome: list[Any] = []

    def done(error: Exception | None) -> None:
        outcome.append(error)
        answered.set()

    producer = KafkaPython(bootstrap).producer()
    try:
        producer.send(Outgoing(topic, key or None, value, headers), done)
        producer.flush(PATIENCE)
        if not answered.wait(PATIENCE):
            raise Unavailable(f"{bootstrap} did not acknowledge in time")
    finally:
        producer.close()
    if outcome[0] is not None:
        raise outcome[0]
