"""Processes by identity: a pid alone may belong to somebody else by now."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal this process gets when its parent dies."""

_PROC = Path("/proc")


def born(pid: int) -> str:
    """A mark that no other process with this pid ever has; empty when there is none (or only a zombie).

    Source: proc(5), field 22 of /proc/PID/stat, in ticks since boot, with the boot's own id.
    """
    if not _PROC.joinpath("self").exists():
        return _born_elsewhere(pid)
    try:
        state, *rest = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state in "ZX" else f"{_boot()}-{rest[18]}"


def spawn(
    command: Sequence[str], folder: str, env: Mapping[str, str], log: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start a process as the leader of its own session, told to end when this one dies. Raises OSError."""
    return subprocess.Popen(  # noqa: S603 - the manifest's own commands, no shell
        command,
        cwd=folder,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_orphan_ends if sys.platform == "linux" else None,  # noqa: PLW1509 - this process has one thread
    )


def exited(pid: int) -> bool:
    """Whether our child has ended; it stays unreaped, so that its pid and group still are its own."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def signal_group(pid: int, number: signal.Signals) -> None:
    """Signal every process of the group, whether or not there are any left."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def signal_one(pid: int, number: signal.Signals) -> None:
    """Signal one process, whether or not it is left."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def ending(code: int) -> str:
    """An exit status in words: `exit 1`, `killed by SIGKILL`."""
    if code >= 0:
        return f"exit {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def _orphan_ends() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _boot() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()[:8]


def _born_elsewhere(pid: int) -> str:
    import psutil  # noqa: PLC0415 - megabytes that a Linux supervisor never needs

    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else str(process.create_time())
    except psutil.Error:
        return ""
