"""A functions' process that is told to stop while its broker is away: it ends soon."""

import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from protomesh.testing import eventually
from tests.integration.functions.conftest import BrokerProcess, Workers
from tests.integration.functions.test_kill import send

SELDOM = "1000"
"""Seconds between two commits: what is handled waits to be committed at the end."""

SOON, SILENT = 4.0, 8.0
"""Seconds on a busy machine: one that is gone is noticed at once, for a silent one each goodbye waits."""


@pytest.mark.parametrize(
    ("away", "limit"), [(BrokerProcess.kill, SOON), (BrokerProcess.halt, SILENT)], ids=["gone", "silent"]
)
def test_a_last_commit_that_nobody_answers_holds_up_nothing(
    kafka: BrokerProcess, workers: Workers, away: Callable[[BrokerProcess], None], limit: float
) -> None:
    process = workers.start(kafka.address, SELDOM)
    send(kafka.broker(), [1])
    eventually(workers.notes, within=60)
    away(kafka)
    assert took(process, workers) < limit, workers.log()


def test_with_its_broker_there_the_last_commit_is_made(kafka: BrokerProcess, workers: Workers) -> None:
    process = workers.start(kafka.address, SELDOM)
    send(kafka.broker(), [1, 2, 3])
    eventually(lambda: len(workers.notes()) == 3, within=60)
    assert took(process, workers) < SOON, workers.log()
    workers.start(kafka.address)
    send(kafka.broker(), [4])
    eventually(lambda: "4" in {number for _, number in workers.notes()}, within=60)
    assert sorted(number for _, number in workers.notes()) == ["1", "2", "3", "4"], "something came twice"


def took(process: "subprocess.Popen[bytes]", workers: Workers) -> float:
    """Seconds from SIGTERM to the end, which must be an orderly one."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0, workers.log()
    return time.monotonic() - began
