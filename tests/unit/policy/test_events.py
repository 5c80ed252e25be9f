"""Which calls emit which events, and what these say."""

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message

from protomesh.contract import Contract
from protomesh.errors import ConfigError, Internal
from protomesh.policy import Caller, CallFacts, Emission, ErrorFacts, EventsPolicy, load_events

ROOT = Path(__file__).parents[3]
USERS, ORDERS = "shop.users.v1.Users", "shop.orders.v1.Orders"
STAGES = ("before", "after", "failed", "denied")
ALICE = Caller("u1", frozenset({"admin"}), issuer="mesh")


class Bench:
    """One rule on one method, and calls of that method."""

    def __init__(self, contract: Contract, method: str, stage: str, **rule: str) -> None:
        self.contract, self.method, self.stage = contract, method, stage
        whole = {"on": [method], "emit": stage, "topic": "t", "type": "a.b.v1", **rule}
        text = json.dumps({"topics": {"t": {}}, "rules": [whole]})
        self.policy = load_events(text.encode(), contract, where="e.json")

    def emit(
        self,
        request: dict[str, Any] | None = None,
        response: dict[str, Any] | None = None,
        error: ErrorFacts | None = None,
        who: Caller = ALICE,
    ) -> Emission | None:
        found = self.contract.methods[self.method]
        events = self.policy.for_method(self.method)
        scope = events.scope(
            who,
            CallFacts(
                self.method, http_method="POST", path="/x", peer="127.0.0.1", time=1.5, reason="no rule"
            ),
            request=self._made(found.request, request),
            response=self._made(found.response, response),
            error=error,
        )
        (emit,) = getattr(events, self.stage)
        emission: Emission | None = emit.evaluate(scope)
        assert emission is None or emission.data.DESCRIPTOR.full_name == emit.data_type
        return emission

    def _made(self, name: str, fields: dict[str, Any] | None) -> Message | None:
        return None if fields is None else self.contract.message(name)(**fields)


def test_an_after_rule_says_the_response_under_its_id(contract: Contract) -> None:
    found = Bench(contract, f"{USERS}/CreateUser", "after").emit({}, {"id": "u9", "display_name": "Ann"})
    assert found is not None
    assert (found.topic, found.type, found.key, found.subject) == ("t", "a.b.v1", "u9", "users/u9")
    assert found.data == contract.message("shop.users.v1.User")(id="u9", display_name="Ann")


def test_a_nested_resource_has_its_whole_path(contract: Contract) -> None:
    bench = Bench(contract, f"{ORDERS}/ConfirmOrder", "after")
    found = bench.emit({"order_id": "o1"}, {"id": "o1", "user_id": "u7"})
    assert found is not None
    assert (found.key, found.subject) == ("o1", "users/u7/orders/o1")


DEFAULTS: list[tuple[str, str, dict[str, Any], dict[str, Any] | None, str, str]] = [
    # method, stage, request, response, key, subject
    (f"{USERS}/DeleteUser", "after", {"user_id": "u2"}, {}, "u2", "users/u2"),
    (f"{USERS}/CreateUser", "before", {"user_id": "u2"}, None, "u2", "users/u2"),
    (f"{USERS}/CreateUser", "before", {}, None, "u1", ""),
    (f"{USERS}/ListUsers", "after", {}, {}, "u1", ""),
    (f"{ORDERS}/CreateOrder", "before", {"user_id": "u2"}, None, "u2", "users/u2"),
    (f"{ORDERS}/GetOrder", "before", {"user_id": "u2", "order_id": "o1"}, None, "o1", "users/u2/orders/o1"),
    (f"{ORDERS}/DeleteOrder", "after", {"user_id": "u2", "order_id": "o1"}, {}, "o1", "users/u2/orders/o1"),
    (f"{ORDERS}/ConfirmOrder", "before", {"order_id": "o1"}, None, "o1", ""),
    (f"{ORDERS}/WatchOrder", "after", {"user_id": "u2", "order_id": "o1"}, None, "o1", "users/u2/orders/o1"),
    ("shop.catalog.v1.Catalog/ReserveStock", "after", {"order_id": "o1"}, {}, "o1", ""),
    (
        "shop.catalog.v1.Catalog/UpdateProduct",
        "after",
        {"product_id": "p1"},
        {"id": "p1"},
        "p1",
        "products/p1",
    ),
]


@pytest.mark.parametrize(("method", "stage", "request_", "response", "key", "subject"), DEFAULTS)
def test_default_key_and_subject(
    *,
    contract: Contract,
    method: str,
    stage: str,
    request_: dict[str, Any],
    response: dict[str, Any] | None,
    key: str,
    subject: str,
) -> None:
    found = Bench(contract, method, stage).emit(request_, response)
    assert found is not None
    assert (found.key, found.subject) == (key, subject)


def test_a_failure_says_the_error_and_asks_its_condition(contract: Contract) -> None:
    bench = Bench(contract, f"{ORDERS}/GetOrder", "failed", when="error.code != 5", key="identity.subject")
    assert bench.emit({"order_id": "o1"}, error=ErrorFacts(5, "no such order")) is None
    found = bench.emit({"order_id": "o1"}, error=ErrorFacts(14, "away"))
    assert found is not None
    assert found.key == "u1"
    expected = {"code": 14, "message": "away", "method": f"{ORDERS}/GetOrder", "subject": "u1"}
    assert {f.name: value for f, value in found.data.ListFields()} == expected


def test_a_denial_says_the_call(contract: Contract) -> None:
    found = Bench(contract, f"{ORDERS}/GetOrder", "denied").emit(who=Caller("u2", service="orders"))
    assert found is not None
    said = {field.name: value for field, value in found.data.ListFields()}
    assert said.pop("time").ToJsonString() == "1970-01-01T00:00:01.500Z"
    assert said == {
        "method": f"{ORDERS}/GetOrder",
        "http_method": "POST",
        "path": "/x",
        "peer": "127.0.0.1",
        "service": "orders",
        "subject": "u2",
        "reason": "no rule",
    }
    assert (found.key, found.subject) == ("u2", "")


def test_written_expressions_are_taken(contract: Contract) -> None:
    bench = Bench(
        contract,
        f"{ORDERS}/CreateOrder",
        "after",
        key="request.user_id + '/' + response.id",
        subject="'orders of ' + identity.subject",
        data="response.total",
        when="size(response.lines) > 0 && identity.issuer == 'mesh' && call.http_method == 'POST'",
    )
    order = {"id": "o1", "total": {"units": 3}}
    assert bench.emit({"user_id": "u1"}, order) is None
    found = bench.emit({"user_id": "u1"}, {**order, "lines": [{"quantity": 1}]})
    assert found == Emission(
        "t", "a.b.v1", "u1/o1", "orders of u1", contract.message("google.type.Money")(units=3)
    )


@pytest.mark.parametrize("part", ["key", "subject", "when"])
def test_an_expression_that_fails_fails_the_call(contract: Contract, part: str) -> None:
    source = "request.order.lines[0].product_id" + (" == 'p1'" if part == "when" else "")
    bench = Bench(contract, f"{ORDERS}/CreateOrder", "before", **{part: source})
    with pytest.raises(Internal, match=r"events policy, rules\[0\]: .*index"):
        bench.emit({"user_id": "u1"})
    assert bench.emit({"user_id": "u1", "order": {"lines": [{"product_id": "p1"}]}}) is not None


def test_a_rule_that_lacks_its_message_fails_the_call(contract: Contract) -> None:
    with pytest.raises(Internal, match="there is no response"):
        Bench(contract, f"{USERS}/CreateUser", "after", key="'k'", subject="'s'").emit({})


def test_the_reference_policy_emits_what_the_topics_promise(contract: Contract) -> None:
    policy = load_events(ROOT / "policies/events.json", contract)
    emitted = {
        (name.partition("/")[2], stage, emit.topic, emit.type)
        for name in contract.methods
        for stage in STAGES[:3]
        for emit in getattr(policy.for_method(name), stage)
        if emit.topic != "audit"
    }
    assert emitted == {
        ("CreateUser", "after", "users", "shop.users.user.created.v1"),
        ("DeleteUser", "after", "users", "shop.users.user.deleted.v1"),
        ("CreateOrder", "after", "orders", "shop.orders.order.placed.v1"),
        ("ConfirmOrder", "after", "orders", "shop.orders.order.confirmed.v1"),
        ("RejectOrder", "after", "orders", "shop.orders.order.rejected.v1"),
        ("CancelOrder", "after", "orders", "shop.orders.order.cancelled.v1"),
    }
    for name in contract.methods:
        assert [emit.type for emit in policy.for_method(name).denied] == ["shop.audit.denial.v1"]
    assert policy.topics["users"].retention_ms == 7 * 24 * 3600 * 1000
    assert policy.types["shop.orders.order.placed.v1"] == "shop.orders.v1.Order"


def test_a_method_without_rules_emits_nothing(contract: Contract) -> None:
    policy: EventsPolicy = load_events(b"{}", contract)
    events = policy.for_method(f"{USERS}/GetUser")
    assert [getattr(events, stage) for stage in STAGES] == [(), (), (), ()]


GOOD: dict[str, Any] = {"on": [f"{USERS}/CreateUser"], "emit": "after", "topic": "users", "type": "a.v1"}

WRONG: list[tuple[dict[str, Any], str, str]] = [
    # what differs from a good rule, the path that is named, what is said
    ({"on": []}, "rules[0].on", "names at least one method"),
    (
        {"on": ["shop.users.v1.Users/CreateUsr"]},
        "rules[0].on[0]",
        "did you mean 'shop.users.v1.Users/CreateUser'",
    ),
    ({"emit": "aftr"}, "rules[0].emit", "'aftr' is no stage, did you mean 'after'?"),
    ({"topic": "user"}, "rules[0].topic", "'user' is not among the topics, did you mean 'users'?"),
    ({"type": ""}, "rules[0].type", "is no event type"),
    ({"type": "a b"}, "rules[0].type", "is no event type"),
    ({"kye": "x"}, "rules[0].kye", "unknown key, did you mean 'key'?"),
    (
        {"key": "response.idd"},
        "rules[0].key",
        "for shop.users.v1.Users/CreateUser: 1:9: undefined field 'idd'",
    ),
    ({"key": "response"}, "rules[0].key", "of type shop.users.v1.User"),
    ({"key": "identity.claims.x"}, "rules[0].key", "of type DYN"),
    ({"subject": "1"}, "rules[0].subject", "of type INT"),
    ({"when": "response.id"}, "rules[0].when", "of type STRING"),
    ({"when": " "}, "rules[0].when", "Syntax error"),
    ({"data": "response.id"}, "rules[0].data", "of type STRING"),
    ({"data": "dyn(response)"}, "rules[0].data", "of type DYN"),
    ({"data": "response.create_time"}, "rules[0].data", "of type TIMESTAMP"),
    ({"emit": "before", "data": "response"}, "rules[0].data", "undeclared reference to 'response'"),
    ({"emit": "denied", "data": "request"}, "rules[0].data", "undeclared reference to 'request'"),
    ({"when": "error.code == 5"}, "rules[0].when", "undeclared reference to 'error"),
    (
        {"on": [f"{ORDERS}/WatchOrder"], "data": "response"},
        "rules[0].data",
        "undeclared reference to 'response'",
    ),
    # A redacted field is named.
    ({"key": "response.email"}, "rules[0].key", "names shop.users.v1.User.email"),
    ({"key": "request.user.email"}, "rules[0].key", "names shop.users.v1.User.email"),
    ({"when": "has(response.email)"}, "rules[0].when", "names shop.users.v1.User.email"),
    ({"when": "[request.user].exists(u, u.email == 'x')"}, "rules[0].when", "names shop.users.v1.User.email"),
    ({"when": "{'a': response}['a'].email == 'x'"}, "rules[0].when", "names shop.users.v1.User.email"),
    ({"when": "dyn(response).email == 'x'"}, "rules[0].when", "names shop.users.v1.User.email"),
    ({"when": "[1, response][1].email == 'x'"}, "rules[0].when", "names shop.users.v1.User.email"),
    ({"data": "shop.users.v1.User{email: 'x'}"}, "rules[0].data", "names shop.users.v1.User.email"),
    (
        {"when": "identity.subject.matches(response.id)"},
        "rules[0].when",
        "`matches` looks for what the caller",
    ),
    (
        {"key": "response.id.matches(response.display_name) ? 'a' : 'b'"},
        "rules[0].key",
        "which may take minutes",
    ),
]


@pytest.mark.parametrize(("change", "path", "said"), WRONG)
def test_a_rule_that_says_something_wrong(
    contract: Contract, change: dict[str, Any], path: str, said: str
) -> None:
    _refused(contract, {"topics": {"users": {}}, "rules": [{**GOOD, **change}]}, path, said)


TOPICS: list[tuple[dict[str, Any], str, str]] = [
    ({"users": {"partition": 1}}, "topics.users.partition", "unknown key, did you mean 'partitions'"),
    ({"users": {"partitions": -1}}, "topics.users.partitions", "a negative number"),
    ({"users": {"partitions": "12"}}, "topics.users.partitions", "a string where a number belongs"),
    ({"users": {"partitions": True}}, "topics.users.partitions", "true or false where a number belongs"),
    ({"users": {"partitions": 2**31}}, "topics.users.partitions", "is out of range"),
    ({"users": {"backlog": 2**63}}, "topics.users.backlog", "is out of range"),
    ({"users": {"retention": "7 days"}}, "topics.users.retention", "'7 days' is no duration"),
    ({"users": {"retention": "0d"}}, "topics.users.retention", "'0d' is no duration"),
    ({"users": {"format": "avro"}}, "topics.users.format", "'avro' is no format"),
    ({"us/ers": {}}, "topics.us/ers", "no topic name"),
]


@pytest.mark.parametrize(("topics", "path", "said"), TOPICS)
def test_a_topic_that_says_something_wrong(
    contract: Contract, topics: dict[str, Any], path: str, said: str
) -> None:
    _refused(contract, {"topics": topics}, path, said)


def test_the_same_rule_twice_is_refused(contract: Contract) -> None:
    _refused(contract, {"topics": {"users": {}}, "rules": [GOOD, GOOD]}, "rules[1]", "says the same")


def test_a_topic_has_its_settings(contract: Contract) -> None:
    topics = {"a": {"partitions": 3, "retention": "12h", "backlog": 5, "format": "json"}, "b": {}}
    found = load_events(json.dumps({"topics": topics}).encode(), contract).topics
    a, b = found["a"], found["b"]
    assert (a.partitions, a.retention_ms, a.backlog, a.format) == (3, 43_200_000, 5, "json")
    assert (b.partitions, b.retention_ms, b.backlog, b.format) == (1, None, None, "protobuf")


def _refused(contract: Contract, policy: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_events(json.dumps(policy).encode(), contract, where="e.json")
    assert caught.value.where == f"e.json: {path}"
    assert said in caught.value.what
