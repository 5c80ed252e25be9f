"""The whole document: valid, complete, the same each time, with examples that keep their own rules."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf import json_format
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import OpenAPIV31SpecValidator
from protovalidate import Validator

from protomesh.contract import Contract
from protomesh.gateway.openapi import render_openapi
from tests.unit.gateway.openapi.conftest import KINDS


@pytest.mark.parametrize("name", ["shop", "kinds"])
def test_it_is_valid_by_the_schemas_of_the_specification(name: str, request: pytest.FixtureRequest) -> None:
    document = request.getfixturevalue(name)
    errors = OpenAPIV31SpecValidator(document).iter_errors()
    assert [f"{each.json_path}: {each.message}" for each in errors] == []


def test_the_specification_is_really_asked(shop: dict[str, Any]) -> None:
    wrong = {**shop, "paths": {"/api/{missing}": {"get": {"responses": {"200": {}}}}}}
    assert list(OpenAPIV31SpecValidator(wrong).iter_errors())


def test_the_same_input_gives_the_same_bytes(kinds_contract: Contract) -> None:
    assert render_openapi(kinds_contract, KINDS, None) == render_openapi(kinds_contract, KINDS, None)


@pytest.mark.parametrize("name", ["shop", "kinds"])
def test_each_binding_is_told_and_nothing_else(name: str, request: pytest.FixtureRequest) -> None:
    contract: Contract = request.getfixturevalue(f"{name}_contract")
    bound = {
        (each.template, each.verb.lower())
        for method in contract.methods.values()
        for each in method.bindings
        if name == "shop" or method.service.startswith("lab.")
    }
    told = {(path, verb) for path, verb, _ in operations(request.getfixturevalue(name))}
    assert told == bound


@pytest.mark.parametrize("name", ["shop", "kinds"])
def test_operation_ids_are_unique(name: str, request: pytest.FixtureRequest) -> None:
    ids = [each["operationId"] for _, _, each in operations(request.getfixturevalue(name))]
    assert len(ids) == len(set(ids))


def test_each_operation_of_the_shop_says_what_it_does(shop: dict[str, Any]) -> None:
    assert [each["operationId"] for _, _, each in operations(shop) if not each.get("description")] == []


@pytest.mark.parametrize("name", ["shop", "kinds"])
def test_examples_keep_their_schemas(name: str, request: pytest.FixtureRequest) -> None:
    document = request.getfixturevalue(name)
    faults, count = [], 0
    for where, media in json_media(document):
        validator = OAS31Validator(
            {**media["schema"], "components": document["components"]}, format_checker=oas31_format_checker
        )
        count += 1
        faults += [
            f"{where}: {each.json_path}: {each.message}" for each in validator.iter_errors(media["example"])
        ]
    assert (faults, count > 3) == ([], True)


def test_examples_of_bodies_pass_validation_in_the_service(
    shop: dict[str, Any], shop_contract: Contract
) -> None:
    """A body that is shown is one that is taken: it is put into its request with path variables that fit."""
    checked = 0
    for method in shop_contract.methods.values():
        for each in method.bindings:
            media = shop["paths"].get(each.template, {}).get(each.verb.lower(), {}).get("requestBody", {})
            example = media.get("content", {}).get("application/json", {}).get("example")
            if example is None:
                continue
            told: dict[str, Any] = dict(example) if each.body == "*" else {each.body: example}
            told |= dict.fromkeys(each.variables, "a1")
            request = json_format.ParseDict(told, shop_contract.message(method.request)())
            faults = [str(fault.proto.message) for fault in Validator().collect_violations(request)]
            assert faults == [], f"{method.full_name}: {faults}"
            checked += 1
    assert checked >= 6


def test_without_public_address_the_server_is_where_the_document_is(
    shop: dict[str, Any], kinds_contract: Contract
) -> None:
    assert shop["servers"] == [{"url": "/"}]
    gateway = KINDS.gateway.model_copy(update={"public": "https://shop.example"})
    told = render_openapi(kinds_contract, KINDS.model_copy(update={"gateway": gateway}), None)
    assert b'"url": "https://shop.example"' in told


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        yield from ((path, verb, operation) for verb, operation in item.items())


def json_media(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Media types with an example, of bodies and of answers."""
    for path, verb, operation in operations(document):
        bodies = [("body", operation.get("requestBody", {})), *operation["responses"].items()]
        for name, body in bodies:
            for kind, media in body.get("content", {}).items():
                if "example" in media:
                    yield f"{verb} {path} {name} {kind}", media
