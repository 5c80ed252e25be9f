"""A process that is told to stop hears it, whenever that is."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

HEARS = """
import os, signal, sys, threading
from protomesh.app.signals import stop_on_signal
stopping = threading.Event()
stop_on_signal(stopping)
print("listening", flush=True)
{busy}
"""
IN_A_LOCK = """
lock = threading.Lock()
lock.acquire()
threading.Thread(target=lambda: (stopping.wait(), print("heard", flush=True), os._exit(0))).start()
lock.acquire()
"""
WAITING = "stopping.wait()\nprint('heard', flush=True)"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("busy", [IN_A_LOCK, WAITING], ids=["in a lock", "waiting"])
def test_a_signal_is_heard_at_any_moment(number: signal.Signals, busy: str, tmp_path: Path) -> None:
    """Some come while the main thread is between two things; another thread hears them all the same."""
    script = tmp_path / "hears.py"
    script.write_text(HEARS.format(busy=busy))
    for _ in range(5):
        with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "listening\n"
            process.send_signal(number)
            assert process.communicate(timeout=60)[0] == "heard\n"
            assert process.returncode == 0


def test_other_signals_stop_nothing(tmp_path: Path) -> None:
    script = tmp_path / "hears.py"
    script.write_text(
        HEARS.format(
            busy="signal.signal(signal.SIGUSR1, lambda *_: print('other', flush=True))\n"
            "print('armed', flush=True)\n"
            "while not stopping.wait(0.05): pass\nprint('heard', flush=True)"
        )
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n"
        assert process.stdout.readline() == "armed\n"
        process.send_signal(signal.SIGUSR1)
        assert process.stdout.readline() == "other\n"
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=60)[0] == "heard\n"
