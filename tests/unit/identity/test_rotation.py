"""Signing keys: whatever the times at which somebody looks, every token can be verified while it counts."""

from hypothesis import given
from hypothesis import strategies as st

from protomesh.identity import Rotation, SigningKey, next_from, retired, signing

DAY = 86_400.0
ROTATION = Rotation(interval=30 * DAY, lead=1_800.0, tail=1_800.0)
TOKEN, CACHED = 900.0, 300.0
PAUSES = st.lists(st.one_of(st.floats(0, 3_600), st.floats(0, 5 * DAY), st.floats(0, 90 * DAY)), max_size=60)


class Keys:
    """The rules as the store applies them, in memory."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.keys: list[SigningKey] = []
        self.look()

    def look(self) -> None:
        gone = retired(self.keys, self.now, ROTATION)
        begins = next_from(self.keys, self.now, ROTATION)
        self.keys = [each for each in self.keys if each not in gone]
        if begins is not None:
            self.keys.append(SigningKey(f"k{begins}", "", begins))

    def signer(self) -> SigningKey:
        found = signing(self.keys, self.now)
        assert found is not None
        return found


@given(PAUSES)
def test_every_token_can_be_verified_while_it_counts(pauses: list[float]) -> None:
    keys = Keys()
    signed: list[tuple[str, float]] = []
    for pause in pauses:
        keys.now += pause
        keys.look()
        signed.append((keys.signer().kid, keys.now + TOKEN))
        published = {each.kid for each in keys.keys}
        assert {kid for kid, expires in signed if expires > keys.now} <= published


@given(PAUSES)
def test_a_key_is_published_before_it_signs(pauses: list[float]) -> None:
    """Longer than anybody keeps a set; but for the very first, before which there was no set."""
    keys = Keys()
    first = keys.signer().kid
    seen = {each.kid: keys.now for each in keys.keys}
    for pause in pauses:
        keys.now += pause
        keys.look()
        for each in keys.keys:
            seen.setdefault(each.kid, keys.now)
        kid = keys.signer().kid
        assert kid == first or keys.now - seen[kid] > CACHED


@given(PAUSES)
def test_there_are_never_many(pauses: list[float]) -> None:
    keys = Keys()
    for pause in pauses:
        keys.now += pause
        keys.look()
        keys.look()
        assert 1 <= len(keys.keys) <= 2, keys.keys


def test_a_key_serves_its_interval_and_is_then_forgotten() -> None:
    keys = Keys()
    first = keys.signer()
    keys.now += ROTATION.interval - ROTATION.lead
    keys.look()
    assert len(keys.keys) == 2
    assert keys.signer() == first
    keys.now += ROTATION.lead
    second = keys.signer()
    assert second != first
    keys.look()
    assert len(keys.keys) == 2, "its last tokens still count"
    keys.now += ROTATION.tail
    keys.look()
    assert keys.keys == [second]
