"""A process that runs one function until it is killed: python worker.py BOOTSTRAP FOLDER [COMMIT]."""

import os
import signal
import sys
import threading
from pathlib import Path

from protomesh.broker.kafka_python import KafkaPython
from protomesh.contract import Contract
from protomesh.functions import Event, FunctionContext, Retries, Runtime, function, spec_of
from protomesh.lanes import Pace
from protomesh.testing import LoopbackClients
from shop_pb.shop.users.v1.users_pb2 import User

ROOT = Path(__file__).parents[3]


@function(topic="users", type="*", retries=Retries(2, first=0.02, most=0.05))
def note(event: Event[User], ctx: FunctionContext) -> None:
    """Write down each event in one unbroken line; poison always fails, a flaky one the first time."""
    kind = event.data.display_name
    if kind == "poison" or (kind == "flaky" and event.attempt == 1):
        raise ValueError(kind)
    line = f"{event.key} {event.data.id} {os.getpid()}\n".encode()
    file = os.open(ctx.folder / "notes", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, line)
    finally:
        os.close(file)


def main(bootstrap: str, folder: str, commit: str = "0.2") -> None:
    """Runs until SIGTERM; offsets are committed every so many seconds."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    contract = Contract.load(ROOT / "gen/descriptors.binpb", "shop_pb")
    runtime = Runtime(
        [spec_of(note)],
        KafkaPython(bootstrap),
        contract,
        lambda _name: LoopbackClients(contract, {}),
        topics={"users"},
        state_dir=Path(folder),
        pace=Pace(commit=float(commit)),
    )
    runtime.start()
    stop.wait()
    runtime.stop(10)


if __name__ == "__main__":
    main(*sys.argv[1:])
