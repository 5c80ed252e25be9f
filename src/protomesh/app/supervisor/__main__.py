"""The supervising process: `python -m protomesh.app.supervisor STATE [--lock-fd N]`."""

import argparse
import json
import os
import sys
from pathlib import Path

from protomesh.app.supervisor import record
from protomesh.app.supervisor.component import Plan
from protomesh.app.supervisor.report import Report
from protomesh.app.supervisor.supervisor import Supervisor
from protomesh.clock import SystemClock
from protomesh.errors import ConfigError


def main() -> int:
    """Supervise STATE/plan.json until told to stop."""
    parser = argparse.ArgumentParser(prog="protomesh.app.supervisor", description=__doc__)
    parser.add_argument("state", type=Path)
    parser.add_argument("--lock-fd", type=int, default=-1, help="the state directory's lock, held already")
    parser.add_argument(
        "--since", type=float, default=0.0, help="when the user asked, in seconds since the epoch"
    )
    chosen = parser.parse_args()
    if chosen.lock_fd < 0:
        chosen.lock_fd = record.lock(chosen.state)
    os.set_inheritable(chosen.lock_fd, False)
    plan = Plan.from_json(json.loads((chosen.state / "plan.json").read_text()))
    clock = SystemClock()
    since = chosen.since or clock.now()
    report = Report(sys.stdout, plan.hello, lambda: clock.now() - since)
    Supervisor(
        plan, state=chosen.state, pid=os.getpid(), environ=os.environ, clock=clock, told=[report]
    ).run()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ConfigError as error:
        sys.exit(f"protomesh: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
