import pytest

from protomesh.errors import ConfigError
from protomesh.gateway import placement
from protomesh.settings import Manifest
from tests.unit.gateway.protos import contract, package


def manifest(**services: object) -> Manifest:
    return Manifest.model_validate({"services": services})


def test_by_default_a_service_serves_the_packages_of_its_name() -> None:
    made = contract(("GET", "/api/things"), name=(name := package()))
    assert placement(made, manifest(things={}, others={})) == {f"{name}.Things": "things"}


@pytest.mark.parametrize("suffix", ["", ".Things"])
def test_serves_names_packages_or_services_instead(suffix: str) -> None:
    made = contract(("GET", "/api/things"), name=(name := package()))
    found = placement(made, manifest(one={"serves": [name + suffix]}, two={}))
    assert found == {f"{name}.Things": "one"}


def test_nobody_serves_it() -> None:
    made = contract(("GET", "/api/things"), name=(name := package()))
    with pytest.raises(ConfigError, match=rf"nobody serves {name}.Things.*\[services.things\]"):
        placement(made, manifest(others={}))


def test_internal_services_may_be_left_out() -> None:
    assert placement(contract(), manifest()) == {}


def test_two_serve_it() -> None:
    made = contract(("GET", "/api/things"), name=(name := package()))
    with pytest.raises(ConfigError, match="served twice, by one and by things"):
        placement(made, manifest(one={"serves": [name]}, things={}))


def test_serves_names_what_is_not_there() -> None:
    with pytest.raises(
        ConfigError, match=r"services\.one\.serves: the contract has no package or service 'nope\.v1'"
    ):
        placement(contract(), manifest(one={"serves": ["nope.v1"]}))
