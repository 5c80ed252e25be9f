"""Passwords: one cost and one answer, whoever asks for whom."""

import threading
import time
from typing import Literal

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from protomesh.errors import ResourceExhausted
from protomesh.identity import Passwords


class Counting(PasswordHasher):
    """Notes against which hash each password is verified."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.verified: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - its name there
        self.verified.append(str(hash))
        return super().verify(hash, password)


def test_a_password_is_told_from_others() -> None:
    hashes = Passwords(Counting())
    stored = hashes.hash("correct horse")
    assert "correct" not in stored
    assert stored != hashes.hash("correct horse"), "no salt"
    assert hashes.verify(stored, "correct horse")
    assert not hashes.verify(stored, "correct horsE")


def test_composed_and_decomposed_letters_are_one() -> None:
    hashes = Passwords(Counting())
    assert hashes.verify(hashes.hash("gen\u00fcgend"), "genu\u0308gend")


@pytest.mark.parametrize("stored", [None, ""])
def test_nobody_costs_what_somebody_costs(stored: str | None) -> None:
    """The same work against a hash of the same parameters, and never a yes, not even for the decoy's own."""
    counting = Counting()
    hashes = Passwords(counting)
    known = hashes.hash("x")
    for password in ("guess", "nobody has this password"):
        assert not hashes.verify(stored, password)
    hashes.verify(known, "guess")
    assert len(counting.verified) == 3
    assert len({repr(extract_parameters(each)) for each in counting.verified}) == 1


def test_a_spoilt_hash_is_no_password() -> None:
    assert not Passwords(Counting()).verify("$argon2id$spoilt", "x")


def test_the_default_is_what_the_rfc_recommends() -> None:
    """RFC 9106, section 4, second choice."""
    found = extract_parameters(Passwords().hash("x"))
    assert (found.type, found.time_cost, found.memory_cost, found.parallelism) == (Type.ID, 3, 65_536, 4)


class Slow(Counting):
    """Stays at work until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.leave = threading.Event(), threading.Event()

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - its name there
        self.entered.set()
        self.leave.wait(30)
        return super().verify(hash, password)


@pytest.mark.parametrize(("in_line", "wait"), [(12, 0.01), (0, 30.0)], ids=["waits", "finds a full line"])
def test_only_so_many_at_once(in_line: int, wait: float) -> None:
    slow = Slow()
    hashes = Passwords(slow, at_once=1, in_line=in_line, longest_wait=wait)
    first = threading.Thread(target=hashes.verify, args=(None, "x"))
    first.start()
    assert slow.entered.wait(30)
    began = time.monotonic()
    with pytest.raises(ResourceExhausted) as caught:
        hashes.verify(None, "x")
    assert time.monotonic() - began < 20, "it waited where nobody should"
    slow.leave.set()
    first.join(30)
    assert caught.value.retry_after > 0
    assert not hashes.verify(None, "x"), "the place is free again"
