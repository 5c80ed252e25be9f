"""What the code must look like, whoever writes it."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("src", "services", "functions")
LONGEST_FILE, LONGEST_FUNCTION = 300, 60


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


def place(path: Path, line: int = 0) -> str:
    return f"{path.relative_to(ROOT)}{f':{line}' if line else ''}"


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_there_is_something_to_look_at() -> None:
    for folder in (*OURS, "tests"):
        assert any(sources(folder)), f"{folder}/ holds no Python file: has it moved?"


def test_rooms_import_only_from_rooms_below() -> None:
    """In a process of its own: it sets up logging anew, and would silence the loggers of all later tests."""
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "only"), [("gRPC only in rpc", "rpc"), ("Kafka clients only in broker", "broker")]
)
def test_a_contract_for_one_room_names_all_others(name: str, only: str) -> None:
    """A new room must not be forgotten in them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (contract,) = (each for each in settings["contracts"] if each["name"] == name)
    rooms = {path.stem for path in (ROOT / "src" / "protomesh").iterdir() if path.stem[0] not in "_."}
    assert set(contract["source_modules"]) == {f"protomesh.{room}" for room in rooms - {only, "py"}}


def test_no_file_is_too_long() -> None:
    lengths = {place(path): len(path.read_text().splitlines()) for path in sources(*OURS)}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    long = {
        f"{place(path, node.lineno)} {node.name}": node.end_lineno - node.lineno + 1
        for path in sources(*OURS)
        for node in functions(path)
        if node.end_lineno is not None and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    }
    assert long == {}


def names_used(path: Path) -> Iterator[tuple[str, int]]:
    """Modules and attributes with their dotted names: `unittest.mock`, `time.sleep`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}", node.lineno


@pytest.mark.parametrize("forbidden", ["unittest.mock", "mock.", "pytest_mock"])
def test_tests_use_no_mocks(forbidden: str) -> None:
    """Real parts over roads in memory."""
    found = [
        place(path, line)
        for path in sources("tests")
        for name, line in names_used(path)
        if name.startswith(forbidden)
    ]
    assert found == []


def test_tests_do_not_sleep() -> None:
    """A fake clock, or polling with a deadline: a function that sleeps in a loop and looks at the time."""
    found = []
    for path in sources("tests"):
        sleeps = {line for name, line in names_used(path) if name in {"time.sleep", "asyncio.sleep"}}
        polls = {
            line
            for node in functions(path)
            if _polls(node)
            for line in range(node.lineno, (node.end_lineno or 0) + 1)
        }
        found += [place(path, line) for line in sorted(sleeps - polls)]
    assert found == []


def _polls(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    attributes = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
    return "monotonic" in attributes and any(isinstance(each, ast.While) for each in ast.walk(node))


def test_settings_are_passed_in() -> None:
    """The environment is read by settings alone, and handed on to processes that are started."""
    allowed = {"src/protomesh/app", "src/protomesh/cli", "src/protomesh/settings"}
    found = [
        place(path, line)
        for path in sources(*OURS)
        for name, line in names_used(path)
        if name in {"os.environ", "os.getenv"} and not any(place(path).startswith(each) for each in allowed)
    ]
    assert found == []


def test_nobody_prints_in_a_room() -> None:
    """Rooms log; only the command speaks to whoever started it."""
    found = [
        place(path, node.lineno)
        for path in sources("src", "services")
        if not place(path).startswith(
            ("src/protomesh/cli", "src/protomesh/app", "src/protomesh/broker/embedded")
        )
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert found == []


def test_domains_are_pure() -> None:
    """The rules of a reference service know no database, no wire and no clock."""
    impure = ("sqlalchemy", "grpc", "shop_pb", "google", "time", "socket", "os", "datetime")
    for path in (ROOT / "services").glob("*/domain.py"):
        used = [(name, line) for name, line in names_used(path) if name.split(".")[0] in impure]
        assert used == [], place(path)
