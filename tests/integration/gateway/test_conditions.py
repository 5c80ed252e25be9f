"""Conditional requests, partial updates and replacements: the real gateway before the real catalog."""

import http.client
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from protomesh.contract import Contract
from tests.integration.gateway.clients import Answer, Rest, exchange, http2
from tests.integration.gateway.problems import assert_problem
from tests.integration.gateway.shelf import FAILURES, MUG, shelf
from tests.support.contracts import ROOT

EURO = {"currencyCode": "EUR", "units": "9", "nanos": 500000000}
THING = {"title": "Thing", "price": EURO, "stock": 5}


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    with shelf(
        tmp_path_factory.mktemp("shelf"), Contract.load(ROOT / "gen/descriptors.binpb", "shop_pb")
    ) as found:
        yield found


@pytest.fixture
def thing(rest: Rest) -> str:
    """The path of a new product."""
    answer = rest("POST", "/api/products", THING)
    assert (answer.status, answer.headers["etag"]) == (201, f'"{answer.json["etag"]}"'), answer
    return answer.headers["location"]


def tag(rest: Rest, path: str) -> str:
    """Its present ETag, in its quotes."""
    return rest("GET", path).headers["etag"]


def change(rest: Rest, path: str, stock: int, **headers: str) -> Answer:
    told: dict[str, Any] = headers
    return rest("PATCH", path, {"stock": stock}, **told)


def stock(rest: Rest, path: str) -> int:
    return int(rest("GET", path).json["stock"])


@pytest.mark.parametrize("form", ["{}", "W/{}", '"v0", {}', "*"])
def test_what_the_reader_has_is_not_sent_again(rest: Rest, thing: str, form: str) -> None:
    etag = tag(rest, thing)
    connection = http.client.HTTPConnection("127.0.0.1", rest.port, timeout=60)
    headers = {"if-none-match": form.format(etag)}
    get, head = (exchange(connection, verb, thing, None, headers) for verb in ("GET", "HEAD"))
    after = exchange(connection, "GET", thing, None, {"if-none-match": '"v0"'})
    connection.close()
    for answer in (get, head):
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", etag), answer
        assert {"Authorization", "Cookie", "Origin"} <= set(re.split(", ?", answer.headers["vary"])), answer
        assert not {"content-type", "content-length", "x-http-status"} & set(answer.headers), answer
    assert (after.status, after.headers["etag"], after.json["title"]) == (200, etag, "Thing"), after


def test_a_write_changes_the_etag_and_an_old_one_fails(rest: Rest, thing: str) -> None:
    old = tag(rest, thing)
    first = change(rest, thing, 6, if_match=old)
    new = tag(rest, thing)
    assert (first.status, first.headers["etag"], first.json["stock"]) == (200, new, 6), first
    assert old != new
    problem = assert_problem(change(rest, thing, 7, if_match=old), 412, "ABORTED")
    assert problem["title"] == "Precondition Failed"
    assert f"its etag is {new}, not {old}".replace('"', "") in problem["detail"]
    assert stock(rest, thing) == 6
    assert rest("GET", thing, if_none_match=old).status == 200


@pytest.mark.parametrize(
    ("form", "status"),
    [("{}", 200), ('"v0", {}', 200), ("*", 200), ("W/{}", 412), ('""', 412), ("v1", 400), ('{} "v2', 400)],
)
def test_what_if_match_may_say(rest: Rest, thing: str, form: str, status: int) -> None:
    assert change(rest, thing, 6, if_match=form.format(tag(rest, thing))).status == status
    assert stock(rest, thing) == (6 if status == 200 else 5)


def test_a_stale_delete_removes_nothing(rest: Rest, thing: str) -> None:
    assert_problem(rest("DELETE", thing, if_match='"v7"'), 412, "ABORTED")
    etag = tag(rest, thing)
    assert rest("DELETE", thing, if_match=etag).status == 204
    assert_problem(rest("DELETE", thing, if_match=etag), 404, "NOT_FOUND")


def test_a_stale_read_is_refused(rest: Rest, thing: str) -> None:
    assert_problem(rest("GET", thing, if_match='"v7"'), 412, "ABORTED")
    assert_problem(rest("HEAD", thing, if_match='"v7"'), 412, "ABORTED", body=False)


def test_the_field_counts_as_the_header_does(rest: Rest, thing: str) -> None:
    assert_problem(rest("PATCH", f"{thing}?etag=v7", {"stock": 6}), 412, "ABORTED")
    assert_problem(rest("PATCH", f"{thing}?etag=v1", {"stock": 6}, if_match='"v2"'), 400, "INVALID_ARGUMENT")
    assert stock(rest, thing) == 5
    etag = tag(rest, thing)
    bare = etag.strip('"')
    assert rest("PATCH", f"{thing}?etag={bare}", {"stock": 6}, if_match=etag).status == 200


def test_a_write_that_cannot_hold_the_condition_is_refused(rest: Rest) -> None:
    problem = assert_problem(rest("POST", "/api/products", THING, if_match='"v1"'), 400, "INVALID_ARGUMENT")
    assert problem["violations"][0]["field"] == "if-match"


def test_of_many_writers_one_wins(rest: Rest, thing: str) -> None:
    """No update is lost: all have read the same, and whoever comes second has to read again."""
    etag = tag(rest, thing)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: change(rest, thing, number, if_match=etag), range(10, 26)))
    won = [answer for answer in answers if answer.status == 200]
    assert len(won) == 1, [answer.status for answer in answers]
    assert {answer.status for answer in answers} == {200, 412}
    after = rest("GET", thing)
    assert (after.headers["etag"], after.json["stock"]) == (won[0].headers["etag"], won[0].json["stock"])


def test_over_http2_with_the_etags_in_two_lines(rest: Rest, thing: str) -> None:
    lines = ("-H", 'if-match: "v0"', "-H", f"if-match: {tag(rest, thing)}")
    body = ("-H", "content-type: application/json", "-d", '{"stock": 6}')
    done = http2(rest.port, "PATCH", thing, *lines, *body)
    etag = tag(rest, thing)
    assert (done.status, done.headers["etag"]) == (200, etag), done
    assert http2(rest.port, "PATCH", thing, *lines, *body).status == 412
    lines = ("-H", f"if-none-match: {etag}", "-H", 'if-none-match: "v9"')
    for verb in ("GET", "HEAD"):
        answer = http2(rest.port, verb, thing, *lines)
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", etag), answer


def test_patch_changes_what_is_present(rest: Rest, thing: str) -> None:
    assert rest("PATCH", thing, {"stock": 0}).json["stock"] == 0
    after = rest("PATCH", thing, {"title": "Other", "id": "x", "etag": "v9", "links": []})
    etag = tag(rest, thing).strip('"')
    assert {**after.json, "links": []} == {
        **THING, "id": thing.rpartition("/")[2], "title": "Other", "stock": 0, "etag": etag, "links": [],
    }  # fmt: skip


def test_patch_of_nothing_changes_nothing(rest: Rest, thing: str) -> None:
    etag = tag(rest, thing)
    for body in ({}, {"title": None}, {"unknown": 1}):
        answer = rest("PATCH", thing, body)
        assert (answer.status, answer.headers["etag"]) == (200, etag), answer


def test_an_explicit_mask_wins(rest: Rest, thing: str) -> None:
    after = rest("PATCH", f"{thing}?updateMask=stock", {"title": "Ignored"}).json
    assert (after["title"], after["stock"]) == ("Thing", 0), "named and not given: cleared"
    after = rest("PATCH", f"{thing}?update_mask=title,stock", {"title": "New", "stock": 3, "price": {}}).json
    assert (after["title"], after["stock"], after["price"]) == ("New", 3, EURO)


@pytest.mark.parametrize("mask", ["nope", "id", "etag", "title,nope", "price.units", "stock,,title"])
def test_a_mask_with_an_unknown_path(rest: Rest, thing: str, mask: str) -> None:
    etag = tag(rest, thing)
    assert_problem(rest("PATCH", f"{thing}?updateMask={mask}", {"stock": 1}), 400, "INVALID_ARGUMENT")
    assert tag(rest, thing) == etag


def test_put_replaces(rest: Rest, thing: str) -> None:
    etag = tag(rest, thing)
    after = rest("PUT", thing, {"title": "New", "price": EURO}, if_match=etag)
    assert (after.status, after.json["title"], after.json["stock"]) == (200, "New", 0), after
    problem = assert_problem(rest("PUT", thing, {"title": "New", "stock": 4}), 400, "INVALID_ARGUMENT")
    assert "price is required" in problem["detail"]
    assert_problem(rest("PUT", f"{thing}?updateMask=title", THING), 400, "INVALID_ARGUMENT")
    assert_problem(rest("PUT", thing, THING, if_match=etag), 412, "ABORTED")
    assert rest("GET", thing).json["stock"] == 0


def test_64_bit_integers_are_strings(rest: Rest, thing: str) -> None:
    for units in ("999999999999", 999999999998):
        answer = rest("PATCH", thing, {"price": {"currencyCode": "EUR", "units": units}})
        assert answer.json["price"]["units"] == str(units), answer
    for wrong in ("9223372036854775808", "1e", "", 1.5):
        answer = rest("PATCH", thing, {"price": {"currencyCode": "EUR", "units": wrong}})
        assert_problem(answer, 400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("invalid", 400), ("visitor", 401), ("barred", 403), ("lost", 404), ("taken", 409), ("raced", 409),
        ("gone", 410), ("changed", 412), ("closed", 400), ("kettle", 418), ("busy", 429), ("broken", 500),
        ("later", 501), ("away", 503), ("slow", 504),
    ],
)  # fmt: skip
def test_every_error_of_the_tree_has_its_status(rest: Rest, name: str, status: int) -> None:
    error = FAILURES[name]
    code = {3: "INVALID_ARGUMENT", 4: "DEADLINE_EXCEEDED", 5: "NOT_FOUND", 6: "ALREADY_EXISTS"} | {
        7: "PERMISSION_DENIED", 8: "RESOURCE_EXHAUSTED", 9: "FAILED_PRECONDITION", 10: "ABORTED",
        12: "UNIMPLEMENTED", 13: "INTERNAL", 14: "UNAVAILABLE", 16: "UNAUTHENTICATED",
    }  # fmt: skip
    answer = rest("GET", f"/api/products/{name}")
    problem = assert_problem(answer, status, code[error.code])
    assert problem["detail"] == ("internal error" if status == 500 else error.message)
    assert answer.headers.get("retry-after") == {"busy": "3", "away": "7"}.get(name)
    assert_problem(rest("HEAD", f"/api/products/{name}"), status, "", body=False)


def test_head_is_get_without_the_body(rest: Rest) -> None:
    get, head = rest("GET", MUG), rest("HEAD", MUG)
    passing = {"x-request-id", "date"}
    assert (head.status, head.body) == (200, b"")
    assert {k: v for k, v in head.headers.items() if k not in passing} == {
        k: v for k, v in get.headers.items() if k not in passing
    }
    assert head.headers["content-length"] == str(len(get.body))
