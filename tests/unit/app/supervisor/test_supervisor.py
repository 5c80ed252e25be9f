"""The supervisor as a process, over real child processes."""

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace

from protomesh.app.supervisor import ReadyRule
from protomesh.app.supervisor.process import born
from tests.unit.app.supervisor.scene import SERVES, Scene, alive, row, until

NOTES_ITS_END = """
import pathlib, signal, sys, time
def end(*_):
    with open({order!r}, "a") as file:
        file.write({name!r} + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("ready 127.0.0.1:1", flush=True)
while True: time.sleep(60)
"""


def test_a_component_is_ready_when_it_says_so(scene: Scene) -> None:
    child = scene.start(scene.component("users", SERVES), scene.component("orders", SERVES))
    seen = scene.until(lambda record: record.ready)
    assert [(each.name, each.state, each.address) for each in seen.rows] == [
        ("users", "ready", "127.0.0.1:1"),
        ("orders", "ready", "127.0.0.1:1"),
    ]
    assert seen.phase == "running"
    assert all(born(each.pid) == each.born for each in seen.rows)
    child.send_signal(signal.SIGINT)
    said, _ = child.communicate(timeout=60)
    assert child.returncode == 0, said
    assert "users          ready    127.0.0.1:1" in said
    assert "try this" in said
    assert not any(alive(each.pid) for each in seen.rows)
    assert {each.state for each in scene.until(lambda record: record.phase == "stopped").rows} == {"stopped"}


def test_the_gateway_is_ready_when_its_health_answers(scene: Scene) -> None:
    class Health(http.server.BaseHTTPRequestHandler):
        well = threading.Event()

        def do_GET(self) -> None:
            self.send_response(200 if self.well.is_set() and self.path == "/healthz" else 503)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Health)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    address = f"127.0.0.1:{server.server_address[1]}"
    try:
        rule = ReadyRule(http="/healthz", within=0.1)
        scene.start(scene.component("gateway", SERVES, address=address, ready=rule))
        late = scene.until_row("gateway", lambda each: bool(each.note))
        assert (late.state, late.note) == ("starting", "not ready after 0.1 s")
        Health.well.set()
        assert scene.until_row("gateway", lambda each: each.state == "ready").address == address
    finally:
        server.shutdown()
        server.server_close()


def test_a_component_that_dies_is_reported_and_restarted(scene: Scene) -> None:
    child = scene.start(scene.component("users", SERVES), scene.component("orders", SERVES))
    first = row(scene.until(lambda record: record.ready), "users")
    os.kill(first.pid, signal.SIGKILL)
    second = scene.until_row("users", lambda each: each.state == "ready" and each.restarts == 1)
    assert second.pid != first.pid
    orders = row(scene.until(lambda record: record.ready), "orders")
    assert orders.restarts == 0
    child.send_signal(signal.SIGTERM)
    said, _ = child.communicate(timeout=60)
    assert "users          degraded killed by SIGKILL; starting again in" in said
    assert "(restart 1)" in said


SAYS_WHAT_IS_WRONG = """
import os, pathlib, time
note = pathlib.Path(os.environ["PROTOMESH_NOTE_FILE"])
assert not note.exists() or "old" not in note.read_text(), "a note of the process before"
note.parent.mkdir(exist_ok=True)
print("ready 127.0.0.1:1", flush=True)
note.write_text("old: the policy is refused")
while True: time.sleep(60)
"""


def test_one_that_says_what_is_wrong_is_degraded_until_it_is_started_anew(scene: Scene) -> None:
    child = scene.start(scene.component("users", SAYS_WHAT_IS_WRONG))
    seen = scene.until_row("users", lambda found: found.state == "degraded")
    assert seen.note == "old: the policy is refused"
    (scene.state / "notes" / "users").write_text("")
    scene.until_row("users", lambda found: found.state == "ready")
    (scene.state / "notes" / "users").write_text("old: still")
    os.kill(seen.pid, signal.SIGKILL)
    scene.until_row("users", lambda found: found.restarts == 1 and found.note == "old: the policy is refused")
    child.send_signal(signal.SIGINT)
    assert "degraded old: the policy is refused" in child.communicate(timeout=60)[0]


def test_one_that_never_gets_ready_fails_with_its_last_words_and_others_go_on(scene: Scene) -> None:
    broken = scene.component("broken", "print('words')\nraise SystemExit('no database')\n")
    scene.start(broken, scene.component("users", SERVES))
    failed = scene.until_row("broken", lambda each: each.state == "failed")
    assert failed.note == "exit 1: words / no database"
    assert failed.restarts == broken.restart.give_up - 1
    assert failed.pid == 0
    assert scene.until_row("users", lambda each: each.state == "ready").restarts == 0


def test_a_program_that_does_not_exist_is_named(scene: Scene) -> None:
    scene.start(replace(scene.component("ghost", ""), command=("/no/such/program",)))
    failed = scene.until_row("ghost", lambda each: each.state == "failed")
    assert failed.note == "cannot start /no/such/program: No such file or directory"


def test_components_stop_in_their_order(scene: Scene) -> None:
    order = scene.folder / "order"
    phases = {"broker": 4, "gateway": 0, "relay": 3, "users": 1}
    child = scene.start(
        *(
            scene.component(name, NOTES_ITS_END.format(order=str(order), name=name), stop_phase=phase)
            for name, phase in phases.items()
        )
    )
    scene.until(lambda record: record.ready)
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=60)
    assert order.read_text().split() == ["gateway", "users", "relay", "broker"]


def test_one_that_ignores_sigterm_is_killed_after_its_grace_with_its_children(scene: Scene) -> None:
    stubborn = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(f'ready 127.0.0.1:{child.pid}', flush=True)\n"
        "while True: time.sleep(60)\n"
    )
    child = scene.start(scene.component("stubborn", stubborn, grace=0.2))
    seen = scene.until_row("stubborn", lambda each: each.state == "ready")
    grandchild = int(seen.address.rpartition(":")[2])
    assert born(grandchild)
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=60)
    assert not born(seen.pid)
    until(lambda: not born(grandchild), "the grandchild lives on")


def test_a_second_interrupt_kills(scene: Scene) -> None:
    deaf = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SERVES
    child = scene.start(scene.component("deaf", deaf, grace=600.0))
    seen = scene.until_row("deaf", lambda each: each.state == "ready")
    child.send_signal(signal.SIGINT)
    scene.until(lambda record: record.phase == "stopping")
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert not born(seen.pid)


def test_a_second_supervisor_in_one_state_directory_is_refused(scene: Scene) -> None:
    first = scene.start(scene.component("users", SERVES))
    scene.until(lambda record: record.ready)
    said, _ = scene.again().communicate(timeout=60)
    assert "a mesh is already running in this state directory" in said
    assert f"pid {first.pid}" in said
    assert first.poll() is None


def test_when_the_supervisor_is_killed_its_children_end_too(scene: Scene) -> None:
    child = scene.start(scene.component("users", SERVES))
    seen = scene.until_row("users", lambda each: each.state == "ready")
    child.kill()
    child.communicate(timeout=60)
    until(lambda: not born(seen.pid), "an orphan lives on")


def test_a_restart_takes_the_group_of_the_dead_with_it(scene: Scene) -> None:
    parent = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(f'ready 127.0.0.1:{child.pid}', flush=True)\n"
        "while True: time.sleep(60)\n"
    )
    scene.start(scene.component("parent", parent))
    seen = scene.until_row("parent", lambda each: each.state == "ready")
    grandchild = int(seen.address.rpartition(":")[2])
    os.kill(seen.pid, signal.SIGKILL)
    scene.until_row("parent", lambda each: each.restarts == 1 and each.state == "ready")
    until(lambda: not born(grandchild), "the dead one's child lives on")


def test_the_supervising_process_imports_nothing_heavy() -> None:
    code = "import protomesh.app.supervisor.__main__, sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    loaded = json.loads(done.stdout)
    heavy = {
        "grpc",
        "kafka",
        "sqlalchemy",
        "cel_expr_python",
        "pydantic",
        "google.protobuf",
        "psutil",
        "click",
    }
    assert heavy & set(loaded) == set()
