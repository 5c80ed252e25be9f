"""Operations: parameters, bodies, answers, access and what comments say."""

import json
from typing import Any

import pytest

from protomesh.contract import Contract
from protomesh.gateway.openapi import render_openapi
from protomesh.policy import load_security
from tests.unit.gateway.openapi.conftest import KINDS

BEARER: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]


def parameters(operation: dict[str, Any], where: str) -> dict[str, Any]:
    return {each["name"]: each for each in operation["parameters"] if each["in"] == where}


def test_a_query_holds_what_one_value_or_a_list_can_say(kinds: dict[str, Any]) -> None:
    query = parameters(kinds["paths"]["/api/kinds/{kind_id}"]["get"], "query")
    assert list(query) == ["tag", "where.cityName", "madeAfter", "mustHave", "atMost", "colour"]
    assert query["tag"] | {"schema": None} == {
        "name": "tag", "in": "query", "style": "form", "explode": True, "schema": None,
        "description": "Only these.",
    }  # fmt: skip
    assert query["tag"]["schema"] == {"type": "array", "items": {"type": "string"}}
    assert query["madeAfter"]["schema"]["format"] == "date-time"
    assert [name for name, each in query.items() if each.get("required")] == ["mustHave"]


def test_a_path_variable_has_its_type_and_is_never_empty(kinds: dict[str, Any]) -> None:
    item = kinds["paths"]["/api/kinds/{kind_id}"]
    assert parameters(item["get"], "path")["kind_id"]["schema"]["type"] == "integer"
    text = parameters(item["patch"], "path")["kind_id"]
    assert (text["required"], text["schema"]) == (True, {"type": "string", "minLength": 1})


def test_put_has_no_mask_and_both_take_if_match(kinds: dict[str, Any]) -> None:
    item = kinds["paths"]["/api/kinds/{kind_id}"]
    assert list(parameters(item["patch"], "query")) == ["updateMask", "etag"]
    assert list(parameters(item["put"], "query")) == ["etag"]
    assert all("If-Match" in parameters(item[verb], "header") for verb in ("patch", "put"))
    assert [item[verb]["operationId"] for verb in ("patch", "put")] == ["Kinds_Take", "Kinds_Take_2"]


def test_a_body_leaves_out_what_stands_in_the_path(kinds: dict[str, Any]) -> None:
    media = kinds["paths"]["/api/kinds/{kind_id}:stop"]["post"]["requestBody"]["content"]["application/json"]
    assert list(media["schema"]["properties"]) == ["reason"]
    assert media["example"] == {"reason": "reason-1"}


def test_raw_bodies_have_their_content_types(kinds: dict[str, Any]) -> None:
    assert list(kinds["paths"]["/api/files"]["put"]["requestBody"]["content"]) == ["*/*"]
    answer = kinds["paths"]["/api/picture"]["get"]["responses"]["200"]
    assert list(answer["content"]) == ["image/png", "image/webp"]


def test_a_form_has_the_names_of_the_proto(shop: dict[str, Any]) -> None:
    operation = shop["paths"]["/login"]["post"]
    form = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    assert list(form["properties"]) == ["user_id", "password", "return_to"]
    assert "200" not in operation["responses"]
    assert list(operation["responses"]["401"]["content"]) == ["text/html", "application/problem+json"]


@pytest.mark.parametrize(
    ("path", "verb", "statuses"),
    [
        ("/api/users", "post", "201 400 401 406 409 413 415 429 431 500 503 504"),
        ("/api/users", "get", "200 206 302 400 401 403 406 429 431 500 503 504"),
        ("/api/users/{user_id}", "get", "200 302 304 400 401 403 404 405 406 412 429 431 500 503 504"),
        ("/api/users/{user_id}", "delete", "204 400 401 403 404 405 409 412 429 431 500 503 504"),
        ("/api/products/{product_id}", "get", "200 304 400 401 404 405 406 412 429 431 500 503 504"),
        (
            "/api/users/{user_id}/orders",
            "post",
            "201 400 401 403 404 405 406 409 413 415 418 429 431 500 503 504",
        ),
        ("/.well-known/jwks.json", "get", "200 400 401 429 431 500 503 504"),
    ],
)
def test_the_answers_of_the_shop(path: str, verb: str, statuses: str, shop: dict[str, Any]) -> None:
    found = shop["paths"][path][verb]["responses"]
    assert list(found) == [*statuses.split(), "default"]


def test_the_answers_of_operations_and_streams(kinds: dict[str, Any]) -> None:
    operation = kinds["paths"]["/api/kinds/{kind_id}"]["patch"]["responses"]["202"]
    assert set(operation["headers"]) == {"Location", "Link", "Retry-After"}
    assert list(kinds["paths"]["/api/events"]["get"]["responses"]["200"]["content"]) == [
        "application/x-ndjson"
    ]


def test_every_refusal_is_a_problem(shop: dict[str, Any]) -> None:
    for name, response in shop["components"]["responses"].items():
        assert list(response["content"]) == ["application/problem+json"], name


def test_access_is_told_as_the_policy_says(shop: dict[str, Any]) -> None:
    paths = shop["paths"]
    assert paths["/api/users"]["post"]["security"] == []
    assert paths["/api/users/{user_id}"]["get"]["security"] == BEARER
    admin = ["role:admin"]
    assert paths["/api/products"]["post"]["security"] == [{"bearer": admin}, {"cookie": admin}]


@pytest.mark.parametrize(
    ("allow", "when", "security"),
    [
        (["anyone"], "", []),
        (["anyone"], "identity.subject == 'ann'", BEARER),
        (["anyone"], "request.kind_id == 3", []),
        (["service:billing"], "", BEARER),
        (["subject:ann", "role:admin"], "", BEARER),
        ([], "", BEARER),
        (
            ["scope:read", "role:admin"],
            "",
            [{k: [g]} for g in ("role:admin", "scope:read") for k in ("bearer", "cookie")],
        ),
    ],
)
def test_access_names_roles_and_scopes_but_no_services_and_no_users(
    allow: list[str], when: str, security: list[Any], kinds_contract: Contract
) -> None:
    policy = json.dumps({"rules": [{"on": ["lab.kinds.v1.Kinds/Search"], "allow": allow, "when": when}]})
    loaded = load_security(policy.encode(), kinds_contract, complete=False)
    written = render_openapi(kinds_contract, KINDS, loaded)
    assert json.loads(written)["paths"]["/api/kinds/{kind_id}"]["get"]["security"] == security
    assert b"billing" not in written
    assert b"subject:" not in written


def test_comments_become_descriptions(kinds: dict[str, Any]) -> None:
    operation = kinds["paths"]["/api/kinds/{kind_id}"]["get"]
    assert operation["summary"] == "Looks for things"
    assert operation["description"] == "Looks for things. It may take a while."
    assert kinds["tags"] == [{"name": "Kinds", "description": "Methods of each kind. There is more to say."}]
    schemas = kinds["components"]["schemas"]
    assert schemas["lab.kinds.v1.Everything.Colour"] == {
        "type": "string",
        "enum": ["COLOUR_UNSPECIFIED", "COLOUR_RED"],
        "description": "A colour.\n- `COLOUR_RED`: Like blood.",
    }
    everything = schemas["lab.kinds.v1.Everything"]["properties"]
    assert everything["made"] == {
        "type": "string", "readOnly": True, "description": "The inside of the service knows.",
    }  # fmt: skip
    assert everything["old"]["deprecated"] is True
