"""`protomesh up`: prepare, then become the supervisor, or leave one behind."""

import os
import subprocess
import sys
import time
from pathlib import Path

import click

from protomesh.app.supervisor import record
from protomesh.app.supervisor.leftovers import end, until
from protomesh.app.supervisor.paths import Paths
from protomesh.app.supervisor.prepare import prepare
from protomesh.app.supervisor.record import Record
from protomesh.app.supervisor.report import Report
from protomesh.cli import project
from protomesh.cli.group import Failure
from protomesh.cli.stop import stop
from protomesh.clock import SystemClock
from protomesh.errors import ConfigError

EXAMPLE = "Example: protomesh up --without users   (and start that one in your debugger)"


@click.command(short_help="Start the whole mesh.", epilog=EXAMPLE)
@click.option("-d", "--detach", is_flag=True, help="Return when everything is healthy; the mesh goes on.")
@click.option(
    "--port-base",
    type=click.IntRange(0, 65_000),
    help="The gateway's port, from which all others follow; 0 for free ones.",
)
@click.option("--without", multiple=True, metavar="NAME", help="Leave this component to you; repeatable.")
@click.option(
    "--broker", default="embedded", show_default=True, metavar="NAME", help="Which broker to start."
)
@click.option(
    "--timeout", default=120.0, show_default=True, help="With -d: seconds until everything must be healthy."
)
@project.options
def command(
    *,
    detach: bool,
    port_base: int | None,
    without: tuple[str, ...],
    broker: str,
    timeout: float,
    manifest: Path | None,
    state_dir: Path | None,
) -> None:
    """Start the whole mesh: broker, services, relay, functions and gateway.

    It stays in the foreground and reports what happens; Ctrl-C stops everything in order, a second
    Ctrl-C kills. What the components print is in `protomesh logs`.
    """
    since = time.time()
    if broker != "embedded":
        raise ConfigError(
            f"cannot start a broker named '{broker}'",
            where="--broker",
            fix="embedded is the only one; for a running Kafka set [broker] bootstrap in mesh.toml",
        )
    paths = project.find(manifest, state_dir)
    lock = record.lock(paths.state)
    clock = SystemClock()
    last = record.read(paths.state)
    if last and (ended := end(last, paths.state, clock)):
        click.echo(f"ended what an earlier mesh left running: {', '.join(ended)}")
    plan = prepare(paths, port_base, without, click.echo)
    record.write_json(paths.state / "plan.json", plan.to_json())
    arguments = [
        sys.executable,
        "-m",
        "protomesh.app.supervisor",
        str(paths.state),
        "--lock-fd",
        str(lock),
        "--since",
        str(since),
    ]
    if detach:
        _detached(
            arguments, lock, paths, timeout, Report(sys.stdout, plan.hello, lambda: time.time() - since)
        )
        return
    os.set_inheritable(lock, True)
    sys.stdout.flush()
    os.execv(sys.executable, arguments)  # noqa: S606 - this process becomes the supervisor, and its memory is given back


def _detached(arguments: list[str], lock: int, paths: Paths, timeout: float, report: Report) -> None:
    paths.logs.mkdir(parents=True, exist_ok=True)
    with (paths.logs / "supervisor.log").open("ab") as log:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(lock,),
        )
    os.close(lock)
    seen: list[Record] = []

    def over() -> bool:
        now = record.read(paths.state)
        if now is not None and now.pid == child.pid:
            seen[:] = [now]
            report(now)
        return child.poll() is not None or (bool(seen) and settled(seen[0]))

    try:
        until(SystemClock(), timeout, over)
    except KeyboardInterrupt:
        stop(paths, click.echo)
        raise
    if not (seen and seen[0].ready and child.poll() is None):
        why = reason(seen[0] if seen else None, timeout)
        stop(paths, click.echo)
        child.kill()
        raise Failure(why, 1)


def settled(now: Record) -> bool:
    """Whether there is nothing more to wait for."""
    return now.ready or any(row.state == "failed" for row in now.rows)


def reason(last: Record | None, timeout: float) -> str:
    """Why it is not up, in one line."""
    if last is None:
        return "the supervisor did not start: see logs/supervisor.log in the state directory"
    failed = [row for row in last.rows if row.state == "failed"]
    if failed:
        return "; ".join(f"{row.name} failed: {row.note}" for row in failed)
    late = ", ".join(f"{row.name} ({row.note or row.state})" for row in last.rows if row.state != "ready")
    return f"not healthy after {timeout:g} s: {late}"
