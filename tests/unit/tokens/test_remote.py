"""Keys of an issuer elsewhere: sought at a bounded rate, kept while it is away, no 401 for want of them."""

import json
import logging
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from protomesh.errors import InvalidToken, Unavailable
from protomesh.testing import FakeClock, eventually
from protomesh.tokens import RemoteKeys, StoredKeys, Verifier, issuer_of
from protomesh.tokens.remote import PATIENCE_SECONDS, SEEK_SECONDS
from tests.unit.tokens.support import Declared, Mint

HAD = "keys of issuer 'https://login.example' cannot be had:"
URL = "url:https://login.example/jwks.json"


class Elsewhere:
    """An issuer that can be away, asked for its keys; its tokens are verified by `verify`."""

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        self.mint = Mint("https://login.example")
        self.answer: Callable[[], bytes] = self.keys
        self.asked = 0
        self.outcomes: Counter[str] = Counter()
        self.lines: list[str] = []
        self.clock = clock
        self.stored = StoredKeys(folder, self.mint.issuer, URL)
        self.verifier = Verifier((), clock)
        self.remote = self.made()

    def made(self, patience: float = PATIENCE_SECONDS) -> RemoteKeys:
        """As a process makes it when it starts."""
        log = logging.Logger("keys")  # noqa: LOG001 - one of its own, with no parent
        handler = logging.Handler()
        handler.emit = lambda record: self.lines.append(record.getMessage())  # type: ignore[method-assign]
        log.addHandler(handler)
        self.remote = RemoteKeys(
            self.mint.issuer,
            self._fetch,
            self.stored,
            self.clock,
            log,
            changed=self._changed,
            told=lambda outcome: self.outcomes.update([outcome]),
            patience=patience,
        )
        self._changed()
        return self.remote

    def keys(self) -> bytes:
        return json.dumps(self.mint.jwks).encode()

    def away(self) -> bytes:
        raise Unavailable("no answer: ConnectionRefusedError")

    def rotate(self) -> None:
        self.mint = Mint(self.mint.issuer)

    def token(self, **claims: Any) -> str:
        now = self.clock.now()
        return self.mint.token(exp=now + 900, iat=now, **claims)

    def verify(self, token: str) -> str:
        return self.verifier.verify(token).subject

    def _fetch(self) -> bytes:
        self.asked += 1
        return self.answer()

    def _changed(self) -> None:
        declared = Declared(URL, self.mint.issuer)
        self.verifier.replace([issuer_of(declared, self.remote.keys, "", self.remote.seek)])


@pytest.fixture
def there(tmp_path: Path) -> Elsewhere:
    return Elsewhere(tmp_path / "jwks", FakeClock())


def test_the_first_token_asks_for_the_keys(there: Elsewhere) -> None:
    assert there.verify(there.token()) == "u1"
    assert there.verify(there.token(sub="u2")) == "u2"
    assert there.asked == 1


def test_without_any_keys_nobody_knows(there: Elsewhere) -> None:
    there.answer = there.away
    for token in (there.token(), there.mint.token({"kid": None}), Mint(there.mint.issuer).token()):
        with pytest.raises(Unavailable, match=r"keys of issuer 'https://login.example' cannot be had now"):
            there.verify(token)
    assert there.asked == 1


def test_tokens_of_others_are_refused_all_the_same(there: Elsewhere) -> None:
    there.answer = there.away
    with pytest.raises(InvalidToken, match="issuer is not known"):
        there.verify(Mint("https://evil.example").token())
    assert there.asked == 0


def test_a_new_key_is_found_at_once_and_the_old_one_ends(there: Elsewhere) -> None:
    old = there.token()
    assert there.verify(old) == "u1"
    there.rotate()
    there.clock.advance(SEEK_SECONDS)
    assert there.verify(there.token()) == "u1"
    assert there.asked == 2
    with pytest.raises(InvalidToken, match="key is not known"):
        there.verify(old)


def test_an_unknown_key_is_401_where_the_issuer_was_asked_and_503_where_it_is_away(there: Elsewhere) -> None:
    stranger = Mint(there.mint.issuer).token()
    with pytest.raises(InvalidToken, match="key is not known"):
        there.verify(stranger)
    there.clock.advance(SEEK_SECONDS)
    there.answer = there.away
    for _ in range(3):
        with pytest.raises(Unavailable):
            there.verify(stranger)
    assert there.verify(there.token()) == "u1", "known keys go on to count"


def test_unknown_keys_cause_one_fetch_in_ten_seconds(there: Elsewhere) -> None:
    begun = there.clock.monotonic()
    while there.clock.monotonic() < begun + 6 * SEEK_SECONDS:
        with pytest.raises(InvalidToken, match="key is not known"):
            there.verify(Mint(there.mint.issuer).token())
        there.clock.advance(1)
    assert there.asked == 6


def test_many_callers_share_one_fetch(there: Elsewhere) -> None:
    gate, inside = threading.Event(), threading.Event()

    def slow() -> bytes:
        inside.set()
        gate.wait(60)
        return there.keys()

    there.answer = slow
    found: list[str] = []
    tokens = [there.token(sub=f"u{n}") for n in range(20)]
    callers = [
        threading.Thread(target=lambda token=token: found.append(there.verify(token))) for token in tokens
    ]
    for caller in callers:
        caller.start()
    assert inside.wait(60)
    gate.set()
    for caller in callers:
        caller.join()
    assert sorted(found) == sorted(f"u{n}" for n in range(20))
    assert there.asked == 1


def test_nobody_waits_long_for_a_fetch(there: Elsewhere) -> None:
    there.made(patience=0.05)
    gate = threading.Event()

    def stuck() -> bytes:
        gate.wait(60)
        return there.keys()

    there.answer = stuck
    for _ in range(3):
        with pytest.raises(Unavailable):
            there.verify(there.token())
    assert there.asked == 1
    gate.set()
    eventually(lambda: there.remote.keys)
    assert there.verify(there.token()) == "u1"


def test_a_restart_while_the_issuer_is_away(there: Elsewhere) -> None:
    assert there.remote.refresh()
    there.answer = there.away
    token = there.token()
    there.made()
    assert there.verify(token) == "u1"
    assert not there.remote.refresh()
    assert there.verify(token) == "u1"
    assert there.asked == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"issuer": "https://login.example"}',
        json.dumps({"issuer": "https://evil.example", "source": URL, "jwks": Mint().jwks}).encode(),
        json.dumps({"issuer": "https://login.example", "source": "url:x", "jwks": Mint().jwks}).encode(),
        json.dumps({"issuer": "https://login.example", "source": URL}).encode(),
        json.dumps(
            {
                "issuer": "https://login.example",
                "source": URL,
                "jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]},
            }
        ).encode(),
    ],
)
def test_a_copy_that_was_spoilt_does_not_count(there: Elsewhere, content: bytes) -> None:
    assert there.remote.refresh()
    there.stored.path.write_bytes(content)
    there.made()
    assert there.remote.keys == ()
    assert "the copy on disk does not count" in there.lines[-1]
    assert there.verify(there.token()) == "u1", "it is asked for anew"
    assert there.stored.read(), "and the copy is good again"


def test_the_copy_is_for_us_alone_and_whole(there: Elsewhere) -> None:
    assert there.remote.refresh()
    assert [path.name for path in there.stored.path.parent.iterdir()] == [there.stored.path.name]
    assert there.stored.path.stat().st_mode & 0o077 == 0
    assert there.stored.path.name.startswith("https-login-example-")


def test_two_issuers_have_two_copies(tmp_path: Path) -> None:
    names = [
        ("https://a.example", "x"),
        ("https://a-example", "x"),
        ("https://a.example", "y"),
        ("../../a", "x"),
    ]
    paths = {StoredKeys(tmp_path, issuer, source).path for issuer, source in names}
    assert len(paths) == len(names)
    assert {path.parent for path in paths} == {tmp_path}


def test_a_folder_that_cannot_be_written_is_told_and_stops_nothing(there: Elsewhere) -> None:
    there.stored.path.parent.write_text("a file")
    assert there.verify(there.token()) == "u1"
    assert any("no copy on disk" in line for line in there.lines)


WRONG = [
    b"",
    b"{}",
    b"[]",
    b"nonsense",
    b'{"keys": []}',
    b" " * 2_000_000,
    b'{"keys": [{"kty": "oct", "k": "a"}]}',
]


@pytest.mark.parametrize("content", WRONG, ids=lambda content: content[:20].decode())
def test_a_key_set_that_became_wrong_keeps_the_last_good_one(there: Elsewhere, content: bytes) -> None:
    assert there.remote.refresh()
    there.answer = lambda: content
    assert not there.remote.refresh()
    assert there.verify(there.token()) == "u1"
    assert there.lines[-1].endswith("; the last good ones count")
    with pytest.raises(Unavailable):
        there.verify(Mint(there.mint.issuer).token())
    assert there.outcomes == {"fetched": 1, "invalid": 2}


def test_whatever_a_fetch_raises_the_next_one_is_tried(there: Elsewhere) -> None:
    def broken() -> bytes:
        raise RuntimeError("secret detail")

    there.answer = broken
    assert not there.remote.refresh()
    assert "secret" not in there.lines[-1]
    there.answer = there.keys
    assert there.remote.refresh()


def test_it_is_told_once_that_the_issuer_is_away_and_once_that_it_is_back(there: Elsewhere) -> None:
    there.answer = there.away
    for _ in range(3):
        assert not there.remote.refresh()
    there.answer = there.keys
    for _ in range(3):
        assert there.remote.refresh()
    assert there.lines == [
        f"{HAD} no answer: ConnectionRefusedError; its tokens are answered with 503 until then",
        f"keys of issuer 'https://login.example': {there.mint.kid}",
    ]
    assert there.outcomes == {"unreachable": 3, "fetched": 1, "unchanged": 2}
