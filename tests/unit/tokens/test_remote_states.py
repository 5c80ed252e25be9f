"""Keys of an issuer elsewhere as a state machine: whatever happens, 401 is said only by who was told."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from protomesh.errors import InvalidToken, Unavailable
from protomesh.testing import FakeClock
from protomesh.tokens.remote import SEEK_SECONDS
from tests.unit.tokens.support import Mint
from tests.unit.tokens.test_remote import Elsewhere

NEVER = float("-inf")
STRANGER = Mint("https://login.example")


class Issuers(RuleBasedStateMachine):
    """The model: which key is known, if the last look was answered, when tokens may cause another."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.there = Elsewhere(Path(self.folder.name), FakeClock())
        self.up = True
        self.known, self.reached, self.next_look, self.looks = "", False, NEVER, 0

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    @rule(how=st.sampled_from(["up", "away", "broken"]))
    def becomes(self, how: str) -> None:
        answers = {"up": self.there.keys, "away": self.there.away, "broken": lambda: b"{}"}
        self.there.answer, self.up = answers[how], how == "up"

    @rule()
    def rotates(self) -> None:
        self.there.rotate()

    @rule(seconds=st.sampled_from([1.0, SEEK_SECONDS - 1, SEEK_SECONDS, 300.0]))
    def time_passes(self, seconds: float) -> None:
        self.there.clock.advance(seconds)

    @rule()
    def is_refreshed(self) -> None:
        self._look()
        assert self.there.remote.refresh() == self.up

    @rule()
    def the_process_starts_anew(self) -> None:
        self.there.made()
        self.reached, self.next_look = False, NEVER

    @rule(good=st.booleans())
    def a_token_comes(self, good: bool) -> None:
        now = self.there.clock.now()
        mint = self.there.mint if good else STRANGER
        token = mint.token(exp=now + 900, iat=now, sub=f"u{now:.0f}")
        expected = self._expected(mint.kid)
        assert self._found(token) == expected
        assert self.there.asked == self.looks

    def _expected(self, kid: str) -> int:
        if kid == self.known:
            return 200
        now = self.there.clock.monotonic()
        if now >= self.next_look:
            self.next_look = now + SEEK_SECONDS
            self._look()
        if not self.reached:
            return 503
        return 200 if kid == self.known else 401

    def _look(self) -> None:
        self.looks += 1
        self.reached = self.up
        if self.up:
            self.known = self.there.mint.kid

    def _found(self, token: str) -> int:
        try:
            self.there.verify(token)
        except Unavailable:
            return 503
        except InvalidToken:
            return 401
        return 200


TestIssuers = Issuers.TestCase
TestIssuers.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
