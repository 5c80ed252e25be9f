"""Every case of the tables, asked each way: straight at the service over gRPC, and through the gateway."""

import pytest

from protomesh.contract import Method
from tests.e2e.access.doors import CODES, ORIGIN, Doors, Said
from tests.e2e.access.people import person
from tests.e2e.access.requests import BUILD, as_rest, named
from tests.e2e.access.stage import Stage
from tests.e2e.access.table import CASES, Case, Expected
from tests.e2e.access.targets import Target, target
from tests.support.contracts import load_shop
from tests.support.mesh import Answer, Mesh
from tests.support.rows import kept

MEMBERS = {"type", "title", "status", "detail", "code", "requestId", "violations"}
CONTRACT = load_shop()
PUBLIC = [case for case in CASES if named(CONTRACT, case.call).bindings]
FORMS = [
    (case, at)
    for case in PUBLIC
    for at in range(len(list(as_rest(named(CONTRACT, case.call), BUILD[case.call](Target())))))
]


def prepared(case: Case, stage: Stage) -> tuple[Method, Target]:
    """The method, and what the case is on."""
    method = named(CONTRACT, case.call)
    return method, target(method.service, case.call, case.on, stage)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_straight_at_the_service(case: Case, doors: Doors, stage: Stage, mesh: Mesh) -> None:
    method, to = prepared(case, stage)
    before = kept(mesh)
    said = doors.straight(method, BUILD[case.call](to), person(case.who, to.user))
    _holds(case, case.straight, said)
    if said.code != "OK" and not case.straight.own:
        assert kept(mesh) == before, f"{case}: the refused call left something behind"


@pytest.mark.parametrize("case", PUBLIC, ids=str)
def test_over_grpc_through_the_gateway(case: Case, doors: Doors, stage: Stage) -> None:
    method, to = prepared(case, stage)
    _holds(case, case.gateway, doors.grpc_gateway(method, BUILD[case.call](to), person(case.who, to.user)))


def _holds(case: Case, expected: Expected, said: Said) -> None:
    assert said.code in CODES[expected.status], f"{case}: {said}"
    if expected.decision == 401:
        assert said.trailing["www-authenticate"].startswith("Bearer"), f"{case}: {said}"


@pytest.mark.parametrize(("case", "at"), FORMS, ids=str)
def test_as_rest_through_the_gateway(case: Case, at: int, doors: Doors, stage: Stage, mesh: Mesh) -> None:
    method, to = prepared(case, stage)
    asked = list(as_rest(method, BUILD[case.call](to)))[at]
    before = kept(mesh)
    origin = "" if case.gateway.status == 303 else ORIGIN  # the login form is for no other page
    answer = doors.rest(asked, person(case.who, to.user), origin)
    assert answer.status == case.gateway.status, f"{case}: {asked.verb} {asked.path}: {answer}"
    assert answer.headers.get("access-control-allow-origin", "") == origin, f"{case}: {answer}"
    if answer.status >= 400:
        assert case.gateway.own or kept(mesh) == before, f"{case}: the refused call left something behind"
        _is_problem(answer, head=asked.verb == "HEAD")
    if case.gateway.decision == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer"), f"{case}: {answer}"
        assert "rel=login" in answer.headers["link"], f"{case}: {answer}"


def _is_problem(answer: Answer, *, head: bool) -> None:
    assert answer.headers["content-type"] == "application/problem+json", answer
    if head:
        assert answer.body == b""
        return
    problem = answer.json()
    assert set(problem) == MEMBERS
    assert problem["status"] == answer.status
    assert problem["requestId"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("who", ["nobody", "u1", "admin", "fulfil_order", "fulfil_order for u1", "forged"])
@pytest.mark.parametrize("call", sorted({case.call for case in CASES} - {case.call for case in PUBLIC}))
def test_what_is_internal_is_not_there_at_the_gateway(call: str, who: str, doors: Doors) -> None:
    method = named(CONTRACT, call)
    said = doors.grpc_gateway(method, BUILD[call](Target("u1", "o1", "mug")), person(who, ""))
    assert said.code == "UNIMPLEMENTED", said
    assert not list(as_rest(method, BUILD[call](Target())))
