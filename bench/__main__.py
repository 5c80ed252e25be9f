"""`make bench`: every benchmark in turn, a table, and bench/results.json."""

import importlib
import json
import sys
from pathlib import Path

from bench.result import Result

SUITES = ("rpc", "policy", "write", "broker", "outbox", "mesh")
RESULTS = Path(__file__).parent / "results.json"


def main(wanted: list[str]) -> int:
    """Run the suites named, or all; 2 for a name that is none. A missed bar never fails the run."""
    unknown = [name for name in wanted if name not in SUITES]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(SUITES)}", file=sys.stderr)
        return 2
    results: list[Result] = []
    for name in wanted or SUITES:
        print(f"— {name}", flush=True)
        found = importlib.import_module(f"bench.{name}").run()
        for result in found:
            print(line(result), flush=True)
        results.extend(found)
    keep(results)
    return 0


def line(result: Result) -> str:
    """One row of the table."""
    verdict = {True: "holds", False: "MISSED", None: ""}[result.holds]
    bar = "" if result.bar is None else f"bar {result.bar:g}"
    return f"  {result.name:<34}{result.value:>12g} {result.unit:<10}{bar:<12}{verdict:<8}{result.note}"


def keep(results: list[Result]) -> None:
    """Write the results; those of suites that did not run this time stay as they were."""
    known = {each["name"]: each for each in (json.loads(RESULTS.read_text()) if RESULTS.exists() else [])}
    known.update({result.name: result.as_json() for result in results})
    RESULTS.write_text(json.dumps(list(known.values()), indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
