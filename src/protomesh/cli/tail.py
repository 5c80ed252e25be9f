"""`protomesh tail`."""

import heapq
import json
from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import click

from protomesh.broker.kafka_python import KafkaPython
from protomesh.cli import project
from protomesh.cli.loaded import Loaded
from protomesh.cli.shown import as_object, as_text
from protomesh.cli.stream import stream

LAST = 10
FIRST_OR_LAST = f"The last N events [{LAST}], before those that follow; with --from beginning: the first N."

Event = dict[str, Any]


@click.command(
    short_help="Show events as they come, read through the contract.",
    epilog="Example: protomesh tail orders -f --type shop.orders.order.placed.v1",
)
@click.argument("topics", nargs=-1, required=True, metavar="TOPIC...")
@click.option(
    "--from", "start", type=click.Choice(["beginning"]), help="Everything that is still in the log."
)
@click.option("-f", "--follow", is_flag=True, help="Go on as more comes, until Ctrl-C.")
@click.option("--type", "event_type", default="", metavar="TYPE", help="Only events of this type.")
@click.option("--json", "as_json", is_flag=True, help="An object per line, for scripts.")
@click.option("-n", "count", type=click.IntRange(0), metavar="N", help=FIRST_OR_LAST)
@project.options
def command(
    *,
    topics: tuple[str, ...],
    start: str | None,
    follow: bool,
    event_type: str,
    as_json: bool,
    count: int | None,
    manifest: Path | None,
    state_dir: Path | None,
) -> None:
    """Show the last events of one or more topics, decoded through the contract."""
    loaded = Loaded(project.find(manifest, state_dir))
    records = stream(KafkaPython(loaded.bootstrap), topics, lambda what: click.echo(what, err=True))
    events = (None if record is None else as_object(record, loaded.contract) for record in records)
    wanted = (event for event in events if event is None or not event_type or event.get("type") == event_type)
    chosen = first(wanted, count, follow=follow) if start else last(wanted, count, follow=follow)
    for event in chosen:
        click.echo(json.dumps(event, ensure_ascii=False) if as_json else as_text(event))


def first(events: Iterable[Event | None], count: int | None, *, follow: bool) -> Iterator[Event]:
    """From the beginning, `count` of them or all; None marks the end of what was there."""
    left = -1 if count is None else count
    for event in events if left else ():
        if event is not None:
            yield event
            left -= 1
        if left == 0 or (event is None and not follow):
            return


def last(events: Iterable[Event | None], count: int | None, *, follow: bool) -> Iterator[Event]:
    """The last `count` of what was there, by time across all partitions, then what follows."""
    wanted = LAST if count is None else count
    stream = iter(events)
    there = takewhile(lambda event: event is not None, stream)
    numbered = ((event["timestamp"], number, event) for number, event in enumerate(there) if event)
    latest = heapq.nlargest(max(wanted, 1), numbered)[:wanted]
    yield from (event for _, _, event in sorted(latest))
    if follow:
        yield from (event for event in stream if event is not None)
