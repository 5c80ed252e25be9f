"""SIGKILL of service, relay, broker and functions in turn, under writers; then the account is drawn up.

`MESH_CHAOS_ROUNDS` sets the number of kills: 8 by default, hundreds for a long run.
"""

import os
import random
import signal
import threading
from collections import Counter

import pytest

from tests.chaos.account import draw_up, rows_of, waiting_in
from tests.chaos.writers import Writer, merged
from tests.support.mesh import Mesh, eventually, running

ROUNDS = int(os.environ.get("MESH_CHAOS_ROUNDS", "8"))
SEED = int(os.environ.get("MESH_CHAOS_SEED", str(random.SystemRandom().randrange(1 << 32))))
VICTIMS = ("users", "relay", "broker", "functions")
WRITERS = 8


@pytest.mark.timeout(300 + 15 * ROUNDS)
def test_no_committed_event_is_lost_and_no_rolled_back_call_emits_one() -> None:
    print(f"seed {SEED}, {ROUNDS} rounds")
    chance = random.Random(SEED)
    with running() as mesh:
        stopping = threading.Event()
        admin = mesh.token("--subject", "root", "--role", "admin")
        writers = [Writer(number, mesh.gateway(), admin, stopping) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        try:
            open_calls = [
                _kill(mesh, VICTIMS[turn % len(VICTIMS)], writers, chance) for turn in range(ROUNDS)
            ]
        finally:
            stopping.set()
            for writer in writers:
                writer.join()
        notes = merged(writers)
        eventually(lambda: waiting_in(mesh.state_dir) == 0, "the outbox is not empty", 60)
        account = draw_up(notes, rows_of(mesh.state_dir), mesh.events("users"))
        _mailed(mesh)
        kills = Counter(bool(count) for count in open_calls)
        print(f"{account.distinct} events, {account.records - account.distinct} repeats")
        print(f"{kills[True]} of {ROUNDS} kills inside an open call")
        print(f"{notes.refused} calls rolled back, {notes.unknown} without an answer")
    assert not account.problems, "\n".join(account.problems[:20])
    assert account.distinct >= 20 * ROUNDS, "too little was written to prove anything"
    assert notes.refused > 0, "no call was rolled back"
    assert kills[True] > ROUNDS / 2, "most kills must fall inside an open call"


def _kill(mesh: Mesh, victim: str, writers: list[Writer], chance: random.Random) -> int:
    """Kill a component, wait until it is back. Returns how many calls were open at the kill."""
    before = _written(writers)
    eventually(lambda: _written(writers) >= before + 20, "the writers are stuck", 60)
    threading.Event().wait(chance.uniform(0, 0.2))
    found = mesh.components()[victim]
    in_call = sum(writer.in_call for writer in writers)
    os.kill(int(found["pid"]), signal.SIGKILL)

    def back() -> bool:
        now = mesh.components()[victim]
        return bool(now["restarts"] > found["restarts"] and now["state"] == "ready")

    eventually(back, f"{victim} is not back", 60)
    return in_call


def _written(writers: list[Writer]) -> int:
    return sum(len(writer.notes.created) for writer in writers)


def _mailed(mesh: Mesh) -> None:
    """The function saw every event: each user who is still there got a mail."""
    existing = rows_of(mesh.state_dir)

    def everyone() -> bool:
        texts = [path.read_text() for path in mesh.state_dir.rglob("*.eml")]
        addressed = {
            line.split("@")[0].removeprefix("To:").strip(" <")
            for text in texts
            for line in text.splitlines()
            if line.startswith("To:")
        }
        return existing <= addressed

    eventually(everyone, "not every user got a mail", 60)
