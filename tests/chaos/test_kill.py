"""SIGKILL of service, relay, broker and functions in turn, under writers; then the account is drawn up.

`MESH_CHAOS_ROUNDS` sets the number of kills: 8 by default, hundreds for a long run.
"""

import os
import random
import signal
import threading
from dataclasses import dataclass

import pytest

from tests.chaos.account import draw_up, rows_of, waiting_in
from tests.chaos.gateway import Cut, cut_connections
from tests.chaos.writers import Sent, Writer, merged
from tests.support.mesh import Mesh, eventually, running

ROUNDS = int(os.environ.get("MESH_CHAOS_ROUNDS", "8"))
SEED = int(os.environ.get("MESH_CHAOS_SEED", str(random.SystemRandom().randrange(1 << 32))))
SERVICE = "users"
VICTIMS = (SERVICE, "relay", SERVICE, "broker", SERVICE, "functions")
WRITERS = 8


@dataclass(frozen=True, slots=True)
class Kill:
    """One SIGKILL: how many writers ran, which calls were open, what it did to the gateway's connections."""

    victim: str
    writers: int
    open: tuple[Sent, ...]
    cut: Cut

    @property
    def unanswered(self) -> int:
        """Calls that were open in the victim and got no answer.

        They were sent before the kill and ended UNAVAILABLE; and the gateway saw a connection to the victim
        end while a request was under way on it, so that they had not just been waiting for one.
        """
        return sum(call.unavailable for call in self.open) if self.cut.busy else 0


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
            kills = [_kill(mesh, VICTIMS[turn % len(VICTIMS)], writers, chance) for turn in range(ROUNDS)]
        finally:
            stopping.set()
            for writer in writers:
                writer.join()
        notes = merged(writers)
        eventually(lambda: waiting_in(mesh.state_dir) == 0, "the outbox is not empty", 60)
        account = draw_up(notes, rows_of(mesh.state_dir), mesh.events("users"))
        _mailed(mesh)
    of_service = [kill.unanswered for kill in kills if kill.victim == SERVICE]
    print(f"{account.distinct} events, {account.records - account.distinct} repeats")
    print(f"kills of {SERVICE}: {of_service} calls open in it, without an answer")
    print(f"{len(notes.refused)} users tried twice, {len(notes.unknown)} calls without an answer")
    print(f"unanswered creations: {account.unknown_there} committed, {account.unknown_absent} rolled back")
    assert not account.problems, "\n".join(account.problems[:20])
    assert account.distinct >= 10 * ROUNDS, "too little was written to prove anything"
    assert notes.refused, "no call was rolled back"
    assert min(kill.writers for kill in kills) >= WRITERS, "a writer had ended before a kill"
    assert sum(count > 0 for count in of_service) > len(of_service) / 2, (
        f"most kills of {SERVICE} must fall inside a call that is open in it, these had so many: {of_service}"
    )


def _kill(mesh: Mesh, victim: str, writers: list[Writer], chance: random.Random) -> Kill:
    """Kill a component, wait until it is back."""
    before = _written(writers)
    eventually(lambda: _written(writers) >= before + 20, "the writers are stuck", 60)
    found = mesh.components()[victim]
    cut_before = cut_connections(mesh.state_dir, SERVICE)
    threading.Event().wait(chance.uniform(0, 0.2))
    alive = sum(writer.alive for writer in writers)
    open_calls = tuple(call for writer in writers if (call := writer.open) is not None)
    os.kill(int(found["pid"]), signal.SIGKILL)

    def back() -> bool:
        now = mesh.components()[victim]
        return bool(now["restarts"] > found["restarts"] and now["state"] == "ready")

    eventually(back, f"{victim} is not back", 60)
    cut = cut_connections(mesh.state_dir, SERVICE) - cut_before
    return Kill(victim, alive, open_calls, cut)


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
