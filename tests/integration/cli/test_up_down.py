"""The command as a process, over a real Envoy and two small services."""

import os
import signal
import urllib.request

from protomesh.app.supervisor.process import born
from tests.integration.cli.cage import DEADLINE, LEFT_OUT, Cage


def up(cage: Cage) -> None:
    said = cage.run("up", "-d", "--port-base", "0", *LEFT_OUT)
    assert said.returncode == 0, said.stdout + said.stderr + str(cage.ps())


def test_up_ps_logs_and_down(cage: Cage) -> None:
    said = cage.run("up", "-d", "--port-base", "0", *LEFT_OUT)
    assert said.returncode == 0, said.stdout + said.stderr + str(cage.ps())
    seen = cage.ps()
    assert {name: each["state"] for name, each in seen.items()} == {
        "one": "ready",
        "two": "ready",
        "gateway": "ready",
    }
    for each in seen.values():
        assert f"{each['name']:<14} ready    {each['address']}" in said.stdout
    with urllib.request.urlopen(f"http://{seen['gateway']['address']}/healthz") as answer:
        assert answer.status == 200
    assert f"curl -i http://{seen['gateway']['address']}/" in said.stdout
    assert f"ready {seen['one']['address']}" in cage.run("logs", "one").stdout

    second = cage.run("up")
    assert second.returncode == 2
    assert "a mesh is already running in this state directory" in second.stderr

    down = cage.run("down")
    assert (down.returncode, down.stdout) == (0, "stopped\n"), down.stderr
    assert not any(born(each["pid"]) for each in seen.values())
    assert {each["state"] for each in cage.ps().values()} == {"stopped"}


def test_ctrl_c_stops_a_mesh_in_the_foreground(cage: Cage) -> None:
    child = cage.begin("up", "--port-base", "0", *LEFT_OUT)
    seen = cage.until(lambda rows: bool(rows) and all(each["state"] == "ready" for each in rows.values()))
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=DEADLINE)
    assert child.returncode == 0, err
    assert out.index("ready in") < out.index("stopping") < out.index("stopped")
    assert out.index("gateway        stopped") < out.index("one            stopped")
    assert not any(born(each["pid"]) for each in seen.values())


def test_what_is_not_healthy_in_time_is_told_and_stopped(cage: Cage) -> None:
    (cage.folder / "two.py").write_text("raise SystemExit('no database')")
    said = cage.run("up", "-d", "--timeout", "1", "--port-base", "0", *LEFT_OUT)
    assert said.returncode == 1
    assert "not healthy after 1 s: " in said.stderr
    assert "two (" in said.stderr
    assert {each["pid"] for each in cage.ps().values()} == {0}


def test_a_killed_supervisor_leaves_nothing_that_down_does_not_end(cage: Cage) -> None:
    (cage.folder / "one.py").write_text(
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        + (cage.folder / "two.py").read_text()
    )
    up(cage)
    seen = cage.ps()
    os.kill(
        int((cage.folder / ".mesh" / "mesh.json").read_text().partition('"pid": ')[2].partition(",")[0]),
        signal.SIGKILL,
    )
    left = cage.until(lambda rows: rows["one"]["state"] == "degraded" and rows["two"]["state"] == "stopped")
    assert left["one"]["note"] == "nobody watches it: protomesh down ends it"
    down = cage.run("down", "-t", "0.2")
    assert down.returncode == 0, down.stderr
    assert "ended what was left running: one" in down.stdout
    assert not any(born(each["pid"]) for each in seen.values())


def test_a_taken_port_is_told_before_anything_starts(cage: Cage) -> None:
    up(cage)
    base = cage.ps()["gateway"]["address"].rpartition(":")[2]
    said = cage.run("up", "--state-dir", "other", "--port-base", base, *LEFT_OUT)
    assert said.returncode == 2
    assert f"port {base}, which gateway wants, is taken by pid {cage.ps()['gateway']['pid']} (" in said.stderr
    assert "--port-base" in said.stderr
    assert not (cage.folder / "other" / "mesh.json").exists()


def test_what_is_generated_stays_fresh(cage: Cage) -> None:
    assert cage.run("gen").returncode == 0
    fresh = cage.run("gen", "--check")
    assert fresh.returncode == 0, fresh.stderr
    with (cage.folder / "protos" / "hello" / "v1" / "hello.proto").open("a") as file:
        file.write("// More.\nmessage Farewell {}\n")
    stale = cage.run("gen", "--check")
    assert (stale.returncode, "gen/descriptors.binpb" in stale.stderr) == (1, True)
    checked = cage.run("check")
    assert checked.returncode == 1
    assert "FAIL  generated files\n      gen/descriptors.binpb is not fresh: protomesh gen" in checked.stdout
    assert "ok    manifest" in checked.stdout


def test_a_log_is_followed_until_ctrl_c(cage: Cage) -> None:
    logs = cage.folder / ".mesh" / "logs"
    logs.mkdir(parents=True)
    (logs / "one.log").write_text("before\n")
    child = cage.begin("logs", "-f", "one")
    assert child.stdout is not None
    assert child.stdout.readline() == "before\n"
    with (logs / "one.log").open("a") as file:
        file.write("after\n")
    assert child.stdout.readline() == "after\n"
    (logs / "one.log").write_text("new\n")
    assert child.stdout.readline() == "new\n"
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=DEADLINE)
    assert (child.returncode, err) == (130, "")
