"""The plain expressions that Python evaluates mean what CEL says they mean."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protomesh.contract import Contract
from protomesh.policy import Caller, CallFacts, Scope
from protomesh.policy.cel import Environment
from protomesh.policy.scope import SCOPE_TYPES

TYPES = {
    "request": "shop.orders.v1.CreateOrderRequest",
    "response": "shop.orders.v1.Order",
    "identity": SCOPE_TYPES["identity"],
    "call": SCOPE_TYPES["call"],
}
TEXT = st.sampled_from(["", "a", "b", "é\U0001f600", "ab", "ba", "abab"])
STRINGS = st.sampled_from(
    [
        "request.user_id",
        "request.order.delivery_address",
        "request.order.total.currency_code",
        "response.id",
        "identity.subject",
        "identity.issuer",
        "call.method",
        "call.http_method",
        "call.service",
        "call.subject",
        "'a'",
        "''",
        "'é\U0001f600'",
    ]
)
INTS = st.sampled_from(
    ["response.state", "response.total.units", "request.order.total.nanos", "0", "-1", "7"]
)
EQUAL = st.sampled_from(["==", "!="])
ATOMS = st.one_of(
    st.tuples(STRINGS, EQUAL, STRINGS).map(" ".join),
    st.tuples(INTS, EQUAL, INTS).map(" ".join),
    st.tuples(STRINGS, st.just("in"), st.sampled_from(["identity.roles", "identity.scopes"])).map(" ".join),
    st.tuples(STRINGS, st.sampled_from(["startsWith", "endsWith", "contains"]), STRINGS).map(
        lambda p: f"{p[0]}.{p[1]}({p[2]})"
    ),
    st.sampled_from(["true", "false"]),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||", "==", "!="]), inner).map(
            lambda p: f"({p[0]}) {p[1]} ({p[2]})"
        ),
        inner.map(lambda text: f"!({text})"),
    ),
    max_leaves=6,
)
ORDERS = st.fixed_dictionaries(
    {},
    optional={
        "id": TEXT,
        "delivery_address": TEXT,
        "state": st.integers(0, 7),
        "total": st.fixed_dictionaries(
            {},
            optional={
                "currency_code": TEXT,
                "units": st.sampled_from([0, -1, 7, 2**62]),
                "nanos": st.just(7),
            },
        ),
    },
)


@settings(deadline=None)
@given(st.one_of(CONDITIONS, STRINGS, INTS), ORDERS, st.data())
def test_python_and_cel_agree(
    contract: Contract, source: str, order: dict[str, object], data: st.DataObject
) -> None:
    scope = Scope(
        Caller(
            data.draw(TEXT),
            frozenset({data.draw(TEXT)}),
            frozenset({"a"}),
            data.draw(TEXT),
            {},
            data.draw(TEXT),
        ),
        CallFacts(data.draw(TEXT), http_method=data.draw(TEXT)),
        request=contract.message(TYPES["request"])(user_id=data.draw(TEXT), order=order),
        response=contract.message(TYPES["response"])(**order),
    )
    env = Environment(TYPES)
    plain, by_cel = env.compile(source), env.compile(f"true ? ({source}) : ({source})")
    assert plain.native is not None, source
    assert by_cel.native is None
    assert plain.value(scope) == by_cel.value(scope)


@pytest.mark.parametrize("operator", ["startsWith", "endsWith", "contains"])
@pytest.mark.parametrize("part", ["", "a", "b", "ab", "ba", "é"])
def test_text_functions_mean_the_same(contract: Contract, operator: str, part: str) -> None:
    scope = Scope(Caller("abé"), CallFacts("m"), request=contract.message(TYPES["request"])(user_id=part))
    env = Environment(TYPES)
    source = f"identity.subject.{operator}(request.user_id)"
    plain, by_cel = env.compile(source), env.compile(f"true ? {source} : {source}")
    assert plain.native is not None
    assert by_cel.native is None
    assert plain.value(scope) is by_cel.value(scope)


def test_what_is_not_plain_is_left_to_cel(contract: Contract) -> None:
    env = Environment(TYPES)
    assert contract
    for source in (
        "has(request.order)",
        "request.order.lines.exists(identity, identity.product_id == 'a')",
        "identity.claims.a == 'a'",
        "call.time == timestamp('2020-01-01T00:00:00Z')",
        "identity == identity",
        "identity.roles == identity.scopes",
        "dyn(request).user_id == 'a'",
        "request.order.lines[0].product_id == 'a'",
        "request.user_id < 'a'",
        "request.order.create_time.getSeconds() == 1",
        "1.0 == 1.0",
        "b'a' == b'a'",
        "null == null",
        "'a' in ['a']",
    ):
        assert env.compile(source).native is None, source


def test_reads_are_the_fields_that_an_expression_selects(contract: Contract) -> None:
    env = Environment(TYPES)
    assert contract
    assert env.compile("request.order.id == identity.subject").reads == {
        "request": frozenset({"order"}),
        "identity": frozenset({"subject"}),
    }
    whole = env.compile("identity == identity").reads["identity"]
    assert {"subject", "claims", "roles"} <= whole
