"""Pausing and going on, thousands of times, over the real client: no partition is left behind."""

import threading
from functools import partial

from protomesh.broker import Partition
from protomesh.lanes import Delivery, Finished, Lanes, Limits, Verdict
from protomesh.testing import eventually
from tests.integration.functions.conftest import BrokerProcess
from tests.integration.functions.test_kill import EVENTS, send

ROUNDS = 8


def test_every_partition_goes_on_after_a_pause(kafka: BrokerProcess) -> None:
    broker = kafka.broker()
    for _ in range(ROUNDS):
        send(broker, range(EVENTS))
    seen: set[tuple[Partition, int]] = set()
    lock = threading.Lock()

    def handle(delivery: Delivery) -> Verdict:
        record = delivery.record
        with lock:
            seen.add((Partition(record.topic, record.partition), record.offset))
        return Finished()

    consumer = partial(broker.consumer, "pausing", ["users"])
    lanes = Lanes(consumer, handle, name="pausing", workers=4, limits=Limits(waiting=20, window=100))
    lanes.start()
    try:
        eventually(lambda: len(seen) == ROUNDS * EVENTS, within=60)
    finally:
        lanes.stop(10)
