"""No setting is only parsed: each is read somewhere, or users set it in vain."""

import ast
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from protomesh.settings import Manifest, ProcessSettings, manifest

ROOT = Path(__file__).parents[2]
RECORDS = ROOT / "src" / "protomesh" / "settings"


def records() -> Iterator[type[BaseModel]]:
    """Every table of the manifest, and what a process is told."""
    yield ProcessSettings
    for each in vars(manifest).values():
        if isinstance(each, type) and issubclass(each, manifest.Section):
            yield each


def read() -> set[str]:
    """Names of all attributes that are read outside the records themselves: by the library or a service."""
    declared = {RECORDS / "manifest.py", RECORDS / "process.py"}
    return {
        node.attr
        for folder in ("src", "services")
        for path in (ROOT / folder).rglob("*.py")
        if path not in declared
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }


def test_every_setting_is_read() -> None:
    assert Manifest in set(records())
    used = read()
    dead = [f"{each.__name__}.{name}" for each in records() for name in each.model_fields if name not in used]
    assert dead == []
