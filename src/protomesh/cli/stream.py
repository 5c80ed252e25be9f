"""Everything in some topics, and what comes after it."""

from collections.abc import Callable, Iterator, Sequence

from protomesh.broker import Broker, Consumer, Damaged, Partition, Record, Tail

GROUP = "protomesh-tail"
"""Never joined and never committed: asking for its lag tells where the logs end."""
PAUSE = 0.5
SILENCE = 4
"""Empty polls after which the end counts as reached: a log may end in records that were taken out again."""


def stream(broker: Broker, topics: Sequence[str], complain: Callable[[str], None]) -> Iterator[Record | None]:
    """Every record, and None once: where the logs ended when this began. Then it waits for more, for ever.

    A record that cannot be read is complained about and passed over. Raises NotFound and Unavailable.
    """
    admin = broker.admin()
    try:
        ends = {lag.partition: lag.end for lag in admin.lag(GROUP, topics)}
    finally:
        admin.close()
    reader = broker.reader(Tail(tuple(topics), beginning=True))
    try:
        yield from _past(reader, ends, complain)
        yield None
        while True:
            yield from _poll(reader, complain)
    finally:
        reader.close()


def _past(reader: Consumer, ends: dict[Partition, int], complain: Callable[[str], None]) -> Iterator[Record]:
    starts = reader.start_of(list(ends))
    ahead = {at: end for at, end in ends.items() if starts.get(at, 0) < end}
    silent = 0
    while ahead and silent < SILENCE:
        records = _poll(reader, complain)
        silent = 0 if records else silent + 1
        for record in records:
            at = Partition(record.topic, record.partition)
            if record.offset + 1 >= ends.get(at, 0):
                ahead.pop(at, None)
            yield record


def _poll(reader: Consumer, complain: Callable[[str], None]) -> Sequence[Record]:
    try:
        return reader.poll(PAUSE)
    except Damaged as error:
        complain(str(error))
        return ()
