"""Who calls, and whether they may, on the wire."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from protomesh.clock import SystemClock
from protomesh.testing import FakeClock, eventually
from protomesh.tokens import COOKIE, Signer
from tests.support.house import House
from tests.support.mint import AUDIENCE, Mint
from tests.support.ring import Rings

SAY, COUNT, GATHER, CHAT = (f"ring.v1.Ring/{name}" for name in ("Say", "Count", "Gather", "Chat"))
EVERY = [SAY, COUNT, GATHER, CHAT]
KINDS = ["Say", "Count", "Gather", "Chat"]


def who(rings: Rings) -> Any:
    """Tells who the server thinks is calling."""

    def do(_request: Any, call: Any) -> Any:
        return rings.Note(
            id=call.identity.subject, text=call.service, tags=dict.fromkeys(call.identity.roles, "x")
        )

    return do


def stream_first(request: Any, call: Any) -> Any:
    """Answers every kind with what it was asked."""
    if call.method.name == "Gather":
        return list(request)[-1]
    return iter([request]) if call.method.name == "Count" else request


def put(rings: Rings, kind: str, **fields: Any) -> Any:
    one = rings.Note(**fields)
    return [one, one] if kind in {"Gather", "Chat"} else one


def test_identity_reaches_the_handler(rings: Rings) -> None:
    house = rings(who(rings))
    mint = house.mint
    for metadata, expected in (
        ((), ("", "", set())),
        ((mint.bearer("u1", "admin", "staff"),), ("u1", "", {"admin", "staff"})),
        ((mint.service("orders"),), ("", "orders", set())),
        ((mint.bearer("u1", "admin"), mint.service("orders")), ("u1", "orders", {"admin"})),
        ((mint.bearer("service:orders"),), ("", "orders", set())),
        ((("authorization", f"bEaReR   {mint.token('u1')}"),), ("u1", "", set())),
    ):
        note = house.ask("Say", rings.Note(), *metadata).response
        assert (note.id, note.text, set(note.tags)) == expected, metadata


def test_what_a_service_signed_for_itself_counts_beside_the_users_token_only(rings: Rings) -> None:
    """The gateway lets no x-service-authorization pass: who was called cannot speak for the caller there."""
    clock = SystemClock()
    mint = Mint(clock, services=("orders",))
    house = rings(who(rings), mint=mint, clock=clock)
    own = Signer(mint.key, "", "service:orders", clock).sign("service:orders", AUDIENCE)
    answer = house.ask("Say", rings.Note(), ("authorization", f"Bearer {own}"))
    assert answer.code == "UNAUTHENTICATED", answer
    assert "x-service-authorization" in answer.message
    assert own not in answer.message
    assert answer.trailing["www-authenticate"] == ['Bearer error="invalid_token"']
    beside = house.ask("Say", rings.Note(), ("x-service-authorization", f"Bearer {own}"))
    assert beside.response.text == "orders"


def test_what_a_service_signed_for_itself_is_nothing_in_a_cookie(rings: Rings) -> None:
    clock = SystemClock()
    mint = Mint(clock, services=("orders",))
    house = rings(who(rings), mint=mint, clock=clock)
    own = Signer(mint.key, "", "service:orders", clock).sign("service:orders", AUDIENCE)
    rest = (("x-envoy-original-method", "GET"), ("x-envoy-original-path", "/api/x"))
    note = house.ask("Look", rings.Note(), *rest, ("cookie", f"{COOKIE}={own}")).response
    assert (note.id, note.text) == ("", "")


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_unknown_gets_401_and_who_is_known_403(rings: Rings, kind: str) -> None:
    house = rings(stream_first, rules=[{"on": EVERY, "allow": ["role:admin"]}])
    stranger = house.ask(kind, put(rings, kind))
    assert stranger.code == "UNAUTHENTICATED"
    assert stranger.trailing["www-authenticate"] == ["Bearer"]
    known = house.ask(kind, put(rings, kind), house.mint.bearer("u1"))
    assert known.code == "PERMISSION_DENIED"
    assert "www-authenticate" not in known.trailing
    assert house.ask(kind, put(rings, kind), house.mint.bearer("u1", "admin")).code == "OK"


@pytest.mark.parametrize("kind", KINDS)
def test_a_method_without_a_rule_is_closed(rings: Rings, kind: str) -> None:
    house = rings(stream_first, rules=[{"on": ["ring.v1.Ring/Look"], "allow": ["anyone"]}])
    assert house.ask(kind, put(rings, kind), house.mint.bearer("u1", "admin")).code == "PERMISSION_DENIED"


@pytest.mark.parametrize("kind", KINDS)
def test_when_reads_the_request(rings: Rings, kind: str) -> None:
    rule = {"on": [SAY, COUNT], "allow": ["authenticated"], "when": "request.id == identity.subject"}
    house = rings(stream_first, rules=[rule, {"on": [GATHER, CHAT], "allow": ["authenticated"]}])
    me = house.mint.bearer("u1")
    assert house.ask(kind, put(rings, kind, id="u1"), me).code == "OK"
    other = house.ask(kind, put(rings, kind, id="u2"), me)
    assert other.code == ("OK" if kind in {"Gather", "Chat"} else "PERMISSION_DENIED")


def test_undecodable_bytes_from_a_known_caller_under_when(rings: Rings) -> None:
    rule = {"on": [SAY], "allow": ["authenticated"], "when": "request.id == identity.subject"}
    house = rings(rules=[rule])
    assert house.ask("Say", b"\xff\xff", house.mint.bearer("u1")).code == "INVALID_ARGUMENT"


UNSIGNED = '{"alg":"none","typ":"JWT"}'
ROOT = '{"iss":"mesh","sub":"root","aud":"shop","exp":9999999999}'


def part(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def bad_tokens(house: House) -> dict[str, str]:
    good = house.mint.token("u1")
    header, claims, signature = good.split(".")
    other = Mint(house.clock).token("u1")
    none = f"{part(UNSIGNED)}.{claims}."
    return {
        "not bearer": f"Basic {good}",
        "empty": "",
        "no token": "Bearer",
        "blank": "Bearer    ",
        "garbage": "Bearer x.y.z",
        "another key": f"Bearer {other}",
        "signature cut": f"Bearer {header}.{claims}.{signature[:-4]}",
        "no signature": f"Bearer {header}.{claims}.",
        "alg none": f"Bearer {none}",
        "alg none, signed": f"Bearer {none}{signature}",
        "other claims": f"Bearer {header}.{part(ROOT)}.{signature}",
        "another audience": f"Bearer {house.mint.token('u1', audience='elsewhere')}",
        "expired": f"Bearer {house.mint.token('u1', lifetime=-3600)}",
        "no subject": f"Bearer {house.mint.token(' ')}",
        "twice": f"Bearer {good} {good}",
        "huge": f"Bearer {'a' * 7000}.b.c",
    }


def test_a_bad_token_is_401_everywhere_even_where_anyone_may(rings: Rings) -> None:
    reached: list[Any] = []
    house = rings(lambda request, _call: reached.append(request))
    for header in ("authorization", "x-service-authorization"):
        for name, value in bad_tokens(house).items():
            answer = house.ask("Say", rings.Note(), (header, value))
            assert answer.code == "UNAUTHENTICATED", (header, name, answer)
            assert answer.trailing["www-authenticate"] == ['Bearer error="invalid_token"'], (header, name)
    assert not reached


@pytest.mark.parametrize("kind", ["Count", "Gather", "Chat"])
def test_a_bad_token_on_streams(rings: Rings, kind: str) -> None:
    answer = rings(stream_first).ask(kind, put(rings, kind), ("authorization", "Bearer x.y.z"))
    assert (answer.code, answer.responses) == ("UNAUTHENTICATED", [])
    assert answer.trailing["www-authenticate"] == ['Bearer error="invalid_token"']


def test_no_token_is_ever_logged(rings: Rings) -> None:
    house = rings()
    tokens = [value.split()[-1] for value in bad_tokens(house).values() if len(value) > 40]
    for token in tokens:
        house.ask("Say", rings.Note(), ("authorization", f"Bearer {token}"))
    text = str(house.lines())
    assert not [token for token in tokens if token in text]


def test_a_token_ends_although_it_was_verified_before(rings: Rings) -> None:
    clock = FakeClock()
    house = rings(clock=clock, rules=[{"on": [SAY], "allow": ["authenticated"]}])
    me = ("authorization", f"Bearer {house.mint.token('u1', lifetime=60)}")
    assert house.ask("Say", rings.Note(), me).code == "OK"
    clock.advance(3600)
    answer = house.ask("Say", rings.Note(), me)
    assert (answer.code, answer.message) == ("UNAUTHENTICATED", "the token has expired")


def test_only_the_service_header_or_a_service_token_makes_a_service(rings: Rings) -> None:
    house = rings(rules=[{"on": [SAY], "allow": ["service:orders"]}])
    mint = house.mint
    assert house.ask("Say", rings.Note(), mint.service("orders")).code == "OK"
    assert house.ask("Say", rings.Note(), mint.bearer("u1"), mint.service("orders")).code == "OK"
    for refused in (mint.bearer("orders"), mint.service("users")):
        assert house.ask("Say", rings.Note(), refused).code == "PERMISSION_DENIED", refused[0]
    a_user = ("x-service-authorization", mint.bearer("orders")[1])
    assert house.ask("Say", rings.Note(), a_user).code == "UNAUTHENTICATED"


def test_a_refusal_leaves_its_event(rings: Rings) -> None:
    events = {
        "topics": {"audit": {}},
        "rules": [
            {
                "on": ["**"],
                "emit": "denied",
                "topic": "audit",
                "type": "ring.denied.v1",
                "key": "identity.subject",
            }
        ],
    }
    house = rings(rules=[{"on": [SAY, CHAT], "allow": ["role:admin"]}], events=events)
    house.ask("Say", rings.Note(), house.mint.bearer("u1"))
    house.ask("Chat", [rings.Note()])
    house.ask("Say", rings.Note(), house.mint.bearer("u2", "admin"))
    eventually(lambda: len(house.outbox()) == 2)
    found = house.outbox()
    assert [row.key for row in found] == [b"u1", b""]
    info = rings.contract.message("mesh.policy.v1.CallInfo")
    assert [info.FromString(row.value).method for row in found] == [SAY, CHAT]  # type: ignore[attr-defined]
