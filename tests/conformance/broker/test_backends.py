"""The list of exceptions, which must not outlive what it excepts."""

import ast
from pathlib import Path

from tests.conformance.broker.conftest import BEYOND_MEMORY


def test_what_is_said_to_be_beyond_the_broker_in_memory_exists() -> None:
    files = sorted(Path(__file__).parent.glob("test_*.py"))
    functions = {
        node.name
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    assert set(BEYOND_MEMORY) <= functions | {file.stem for file in files}
