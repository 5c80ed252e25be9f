"""What a test needs of the machine: where it is missing, the test is skipped by name, with the reason."""

import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

POSTGRES = Path("/usr/lib/postgresql")


def _postgres() -> str:
    if postgres_programs() is None:
        return "PostgreSQL is not installed (Debian: apt install postgresql)"
    if importlib.util.find_spec("psycopg") is None:
        return "the Python package psycopg is not installed (pip install 'psycopg[binary]')"
    return ""


def _program(name: str) -> Callable[[], str]:
    return lambda: "" if shutil.which(name) else f"the program {name} is not installed"


NEEDS: dict[str, Callable[[], str]] = {
    "postgres": _postgres,
    **{name: _program(name) for name in ("go", "node", "java", "podman", "chromium")},
}
"""Each says what is missing, nothing when all is there."""


def need(name: str) -> None:
    """Skip the test where the machine lacks `name`; with REQUIRE_ALL=1, fail it."""
    missing = NEEDS[name]()
    if not missing:
        return
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"{name} is required: {missing}", pytrace=False)
    pytest.skip(f"{name}: {missing}")


def postgres_programs() -> Path | None:
    """The folder with initdb and postgres of the newest version installed, None where there is none."""
    found = sorted(POSTGRES.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None
