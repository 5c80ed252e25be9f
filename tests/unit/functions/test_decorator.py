"""`@function` and its complaints."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from protomesh.errors import ConfigError
from protomesh.functions import Event, FunctionContext, Retries, function, spec_of
from shop_pb.shop.users.v1.users_pb2 import User


def handler(event: Event[User], ctx: FunctionContext) -> None:
    """Does nothing."""


def declared(**options: Any) -> Callable[..., None]:
    return function(**{"topic": "users", "type": "t", **options})(handler)


def test_what_is_declared_is_recorded() -> None:
    @function(
        topic="users", type="shop.users.*", retries=Retries(2), timeout="1.5m", concurrency=3, order="none"
    )
    def greet(event: Event[User], ctx: FunctionContext) -> None:
        """Does nothing."""

    spec = spec_of(greet)
    assert (spec.name, spec.topic, spec.message) == ("greet", "users", "shop.users.v1.User")
    assert (spec.timeout, spec.concurrency, spec.by_key, spec.retries) == (90.0, 3, False, Retries(2))
    assert (spec.group, spec.dead_letter_topic) == ("fn.greet", "fn.greet.dlq")
    assert spec.wants("shop.users.user.created.v1")
    assert not spec.wants("shop.orders.order.placed.v1")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"retry": Retries()}, "no such option: retry (did you mean retries?)"),
        ({"colour": "red"}, "no such option: colour (options are topic, type,"),
        ({"topic": ""}, "topic is ''"),
        ({"type": 5}, "type is 5"),
        ({"retries": 5}, "retries is 5"),
        ({"timeout": "soon"}, "timeout: 'soon' is no duration"),
        ({"timeout": 0}, "timeout is 0"),
        ({"concurrency": 0}, "concurrency is 0"),
        ({"concurrency": True}, "concurrency is True"),
        ({"order": "keys"}, "order is 'keys' (did you mean key?)"),
    ],
)
def test_a_wrong_option_is_named_with_its_file(options: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)) as raised:
        declared(**options)
    assert "test_decorator.py: @function handler" in str(raised.value)


def bare(event, ctx) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - that is the mistake
    """Says nothing of its event."""


def of_text(event: Event[str], ctx: FunctionContext) -> None:
    """Wants no message."""


def without_context(event: Event[User]) -> None:
    """Lacks a parameter."""


def unknown_name(event: "Event[Nowhere]", ctx: FunctionContext) -> None:  # type: ignore[name-defined]  # noqa: F821
    """Names what is not there."""


@pytest.mark.parametrize("wrong", [bare, of_text, without_context, unknown_name])
def test_a_wrong_signature_is_told_the_right_one(wrong: Callable[..., None]) -> None:
    with pytest.raises(ConfigError, match=re.escape("write def name(event: Event[SomeMessage]")):
        function(topic="users", type="t")(wrong)


def test_a_name_must_serve_as_group_topic_and_identity() -> None:
    def Greet(event: Event[User], ctx: FunctionContext) -> None:
        """Does nothing."""

    with pytest.raises(ConfigError, match="'Greet' cannot name a function"):
        function(topic="users", type="t")(Greet)


def test_a_plain_callable_is_no_function() -> None:
    with pytest.raises(ConfigError, match="mark it with @function"):
        spec_of(len)
