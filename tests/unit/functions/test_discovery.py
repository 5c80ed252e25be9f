"""Functions found in folders."""

from dataclasses import replace
from pathlib import Path

import pytest

from protomesh.contract import Contract
from protomesh.errors import ConfigError
from protomesh.functions import check_messages, check_topics, discover

GREET = """
from google.protobuf.{module}_pb2 import {message} as Wanted
from protomesh.functions import Event, FunctionContext, function

@function(topic="users", type="t")
def {name}(event: Event[Wanted], ctx: FunctionContext) -> None:
    pass
"""


def greet(name: str, module: str = "empty", message: str = "Empty") -> str:
    return GREET.format(name=name, module=module, message=message)


def write(folder: Path, name: str, text: str, file: str = "main.py") -> None:
    (folder / name).mkdir(exist_ok=True)
    (folder / name / file).write_text(text)


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load(Path("gen/descriptors.binpb"), "shop_pb")


def test_the_projects_own_functions_are_found(contract: Contract) -> None:
    specs = discover(Path("functions"))
    assert {"fulfil_order", "welcome_email"} <= {spec.name for spec in specs}
    check_messages(specs, contract)
    check_topics(specs, {"users", "orders"})


def test_every_folder_with_a_main_is_one_and_may_import_its_neighbours(tmp_path: Path) -> None:
    write(tmp_path, "b", greet("second"))
    write(tmp_path, "a", "from .text import hello\n" + greet("first"))
    write(tmp_path, "a", "hello = 1", "text.py")
    write(tmp_path, "notes", "this is no Python", "readme.py")
    assert [spec.name for spec in discover(tmp_path)] == ["first", "second"]
    assert discover(tmp_path) == discover(tmp_path)


def test_two_folders_of_the_same_names_do_not_mix(tmp_path: Path) -> None:
    for side in ("left", "right"):
        (tmp_path / side).mkdir()
        write(tmp_path / side, "a", greet(side))
    assert [spec.name for side in ("left", "right") for spec in discover(tmp_path / side)] == [
        "left",
        "right",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = (", r"a/main\.py: cannot be imported: SyntaxError"),
        ("import nothing_of_that_name", r"a/main\.py: cannot be imported: ModuleNotFoundError"),
        ("raise SystemExit", r"a/main\.py: cannot be imported: SystemExit"),
        ("x = 1", r"a/main\.py: nothing in it is marked"),
        ("from protomesh.functions import *", r"a/main\.py: nothing in it is marked"),
        (greet("Bad"), r"a/main\.py: @function Bad: 'Bad' cannot name"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    write(tmp_path, "a", text)
    with pytest.raises(ConfigError, match=says):
        discover(tmp_path)


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "a", greet("same"))
    write(tmp_path, "b", greet("same"))
    with pytest.raises(ConfigError, match=r"same is also in .*a/main\.py"):
        discover(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        discover(tmp_path / "nowhere")


def test_an_undeclared_topic_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"no such topic: orders \(did you mean order\?\)"):
        check_topics(discover(Path("functions")), {"users", "order"})


def test_a_message_outside_the_contract_is_refused(tmp_path: Path) -> None:
    contract = Contract.load(Path("gen/descriptors.binpb"), "shop_pb")
    write(tmp_path, "a", greet("odd"))
    specs = discover(tmp_path)
    check_messages(specs, contract)
    (spec,) = specs
    with pytest.raises(ConfigError, match=r"the contract has no message shop\.Nope"):
        check_messages([replace(spec, message="shop.Nope")], contract)
