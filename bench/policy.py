"""What a decision, an event and a token cost the call that pays for them."""

import time
from collections.abc import Callable
from pathlib import Path

from bench.result import Result, at_most, middle, plain
from protomesh.clock import SystemClock
from protomesh.contract import Contract
from protomesh.policy import Caller, CallFacts, load_events, load_security
from protomesh.tokens import Issuer, Signer, Verifier, jwks_of, new_key, read_jwks

ROUNDS = 5
CALLS = 20_000
METHOD = "shop.users.v1.Users/GetUser"
ORDER = "shop.orders.v1.Orders/ConfirmOrder"
POLICY = """{{"rules": [
 {{"on": ["{method}"], "allow": ["authenticated"], "when": "{first}"}},
 {{"on": ["{method}"], "allow": ["authenticated"], "when": "{second}"}}]}}"""
BY_CEL = ("size(request.user_id) > 40", "size(call.method) > 0 && request.user_id == identity.subject")
PLAIN = ("request.user_id.startsWith('x-')", "request.user_id == identity.subject")


def run() -> list[Result]:
    contract = Contract.load(Path("gen/descriptors.binpb"), "shop_pb")
    return [*_decisions(contract), _emission(contract), *_tokens()]


def _decisions(contract: Contract) -> list[Result]:
    note = "two rules, the second allows; "
    return [
        at_most("policy.decision_us", _decision(contract, *BY_CEL), "us", 20, note + "both evaluated by CEL"),
        plain("policy.decision_plain_us", _decision(contract, *PLAIN), "us", note + "both plain comparisons"),
        plain(
            "policy.decision_role_us", _decision(contract, "", *BY_CEL[:1]), "us", "allowed without a when"
        ),
    ]


def _decision(contract: Contract, first: str, second: str) -> float:
    text = POLICY.format(method=METHOD, first=first, second=second)
    decide = load_security(text.encode(), contract, complete=False).compile_method(METHOD)
    request = contract.message("shop.users.v1.GetUserRequest")(user_id="u1")
    who = Caller("u1", frozenset({"clerk"}), frozenset({"read"}), "mesh", {"team": "a"})
    assert decide(who, CallFacts(METHOD), request).allowed
    return _microseconds(lambda: decide(who, CallFacts(METHOD), request))


def _emission(contract: Contract) -> Result:
    events = load_events(Path("policies/events.json"), contract).for_method(ORDER)
    who, call = Caller("u1"), CallFacts(ORDER)
    request = contract.message("shop.orders.v1.ConfirmOrderRequest")(order_id="o1")
    response = contract.message("shop.orders.v1.Order")(id="o1", user_id="u1")
    (emit,) = events.after
    assert emit.evaluate(events.scope(who, call, request=request, response=response)) is not None
    cost = _microseconds(lambda: emit.evaluate(events.scope(who, call, request=request, response=response)))
    return plain("policy.emission_us", cost, "us", "one after rule with a key, before it is serialized")


def _tokens() -> list[Result]:
    clock, pem = SystemClock(), new_key()
    issuer = Issuer("mesh", frozenset({"shop"}), read_jwks(jwks_of([pem]), "bench"))
    token = Signer(pem, "", "mesh", clock).sign("u1", "shop", roles=["admin"])
    verifier = Verifier([issuer], clock)
    verifier.verify(token)

    def fresh() -> None:
        verifier.replace([issuer])
        verifier.verify(token)

    return [
        at_most(
            "tokens.cached_us", _microseconds(lambda: verifier.verify(token)), "us", 2, "ES256, seen before"
        ),
        plain("tokens.fresh_us", _microseconds(fresh, 500), "us", "ES256, never seen"),
    ]


def _microseconds(work: Callable[[], object], calls: int = CALLS) -> float:
    """The median of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(calls):
            work()
        rounds.append((time.perf_counter() - began) / calls * 1e6)
    return middle(rounds)
