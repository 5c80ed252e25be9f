"""Requests made from the document by schemathesis, sent to a running mesh."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.mesh import PROJECT

SCHEMATHESIS = str(Path(sys.executable).with_name("schemathesis"))
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,allow_header_conformance"
)
LONG = os.environ.get("FUZZ") == "long"
LONGEST_LINE, MOST_LINES = 300, 120


@dataclass(frozen=True, slots=True)
class Found:
    """How a run ended: `said` is its report, shortened; `statuses` counts the answers by status."""

    passed: bool
    said: str
    statuses: Mapping[int, int]


def document() -> dict[str, Any]:
    """The document as it is in the project, without `default`: only what it names counts as told."""
    found: dict[str, Any] = json.loads((PROJECT / "gateway" / "openapi.json").read_text())
    for item in found["paths"].values():
        for operation in item.values():
            del operation["responses"]["default"]
    return found


def fuzz(told: Mapping[str, Any], address: str, folder: Path, *arguments: str, token: str = "") -> Found:
    """Short and the same each time; with FUZZ=long longer, and another each time."""
    (folder / "openapi.json").write_text(json.dumps(told))
    archive = folder / "run.har"
    size = ("--max-examples", "150") if LONG else ("--max-examples", "6", "--seed", "1")
    identity = ("--header", f"Authorization: Bearer {token}") if token else ()
    command = [
        SCHEMATHESIS, "run", "openapi.json", "--url", f"http://{address}",
        "--checks", CHECKS, *size, *identity,
        "--phases", "examples,coverage,fuzzing", "--max-redirects", "0", "--request-timeout", "20",
        "--continue-on-failure", "--warnings", "off", "--no-color",
        "--report", "har", "--report-har-path", str(archive), *arguments,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    lines = [line[:LONGEST_LINE] for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    entries = json.loads(archive.read_text())["log"]["entries"] if archive.exists() else []
    statuses = Counter(int(each["response"]["status"]) for each in entries)
    return Found(done.returncode == 0, "\n".join(lines[:MOST_LINES]), statuses)
