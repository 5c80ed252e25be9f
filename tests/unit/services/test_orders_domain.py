"""The states of an order, and its sum."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from protomesh.errors import FailedPrecondition, InvalidArgument, Teapot
from services.catalog.domain import DEAREST
from services.orders.domain import NANOS, Line, State, must_be_orderable, place

LARGEST = 2**63 - 1
"""What google.type.Money can hold."""

REACHABLE = {
    State.PLACED: {State.CONFIRMED, State.REJECTED, State.CANCELLED},
    State.CONFIRMED: {State.CANCELLED},
    State.REJECTED: set(),
    State.CANCELLED: set(),
}


def line(quantity: int = 1, units: int = 1, nanos: int = 0, currency: str = "EUR") -> Line:
    return Line("mug", quantity, currency, units, nanos)


class Life(RuleBasedStateMachine):
    """Whatever is asked of an order, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.order = place("u1", (line(),), "here", 1.0)
        self.versions = [self.order.version]

    @rule(state=st.sampled_from([State.CONFIRMED, State.REJECTED, State.CANCELLED]))
    def become(self, state: State) -> None:
        before = self.order
        if state is before.state:
            assert before.become(state) is before, "a repeat changes nothing"
        elif state in REACHABLE[before.state]:
            self.order = before.become(state, "why")
            assert (self.order.state, self.order.reason) == (state, "why")
            self.versions.append(self.order.version)
        else:
            with pytest.raises(FailedPrecondition, match=f"is {before.state.name.lower()}"):
                before.become(state)

    @rule(address=st.text(max_size=5))
    def deliver(self, address: str) -> None:
        if self.order.state in {State.REJECTED, State.CANCELLED}:
            with pytest.raises(FailedPrecondition, match="can no longer change"):
                self.order.deliver_to(address)
        else:
            self.order = self.order.deliver_to(address)
            assert self.order.delivery_address == address
            self.versions.append(self.order.version)

    @invariant()
    def only_what_holds_no_stock_can_be_removed(self) -> None:
        if self.order.state in {State.REJECTED, State.CANCELLED}:
            self.order.must_be_removable()
        else:
            with pytest.raises(FailedPrecondition, match="cancel it first"):
                self.order.must_be_removable()

    @invariant()
    def each_write_is_a_version(self) -> None:
        assert self.versions == list(range(1, len(self.versions) + 1))
        assert (self.order.user_id, self.order.lines, self.order.created) == ("u1", (line(),), 1.0)


TestLife = Life.TestCase

amounts = st.tuples(st.integers(1, 1000), st.integers(0, DEAREST), st.integers(0, NANOS - 1))


@given(st.lists(amounts, min_size=1, max_size=100))
def test_the_sum_is_exact_and_can_be_held(lines: list[tuple[int, int, int]]) -> None:
    order = place("u1", tuple(line(*each) for each in lines), "", 0.0)
    currency, units, nanos = order.total
    assert currency == "EUR"
    assert 0 <= nanos < NANOS
    assert units <= LARGEST
    assert units * NANOS + nanos == sum(count * (whole * NANOS + part) for count, whole, part in lines)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(InvalidArgument, match="one currency"):
        place("u1", (line(), line(currency="USD")), "", 0.0)


def test_what_cannot_be_ordered() -> None:
    with pytest.raises(InvalidArgument, match="at least one line"):
        must_be_orderable([])
    with pytest.raises(Teapot):
        must_be_orderable(["mug", "teapot"])
    must_be_orderable(["mug"])


def test_an_etag_is_the_version() -> None:
    order = place("u1", (line(),), "", 0.0)
    assert (order.etag, order.deliver_to("there").etag) == ("v1", "v2")
