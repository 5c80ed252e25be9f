"""`check` over the shop's own files, and over a policy that says more than is meant."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from protomesh.cli import main
from tests.unit.cli.conftest import ROOT

SECURITY = "policies/security.json"
LINT = f"{SECURITY} (lint)"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """What the checks read of the shop."""
    shutil.copy(ROOT / "mesh.toml", tmp_path)
    for name in ("gen", "policies", "functions", "protos", "gateway"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def add(folder: Path, rule: dict[str, Any]) -> None:
    file = folder / "policies" / "security.json"
    document = json.loads(file.read_text())
    document["rules"].append(rule)
    file.write_text(json.dumps(document))


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", "--manifest", str(folder / "mesh.toml"), *arguments])


def test_the_shops_own_files_pass_even_strictly(copied: Path) -> None:
    done = run(copied, "--strict")
    assert done.exit_code == 0, done.output
    assert f"ok    {SECURITY}\nok    {LINT}\n" in done.stdout


def test_a_warning_is_told_and_fails_only_strictly(copied: Path) -> None:
    add(copied, {"on": ["shop.users.v1.Users/ListUsers"], "allow": ["role:admin"]})
    done = run(copied)
    assert done.exit_code == 0, done.output
    assert (
        f"warn  {LINT}\n      rules[17]: unreachable-rule: whomever it allows, rules[2] allows" in done.stdout
    )
    strict = run(copied, "--strict")
    assert (strict.exit_code, strict.stdout) == (1, done.stdout)
    assert strict.stderr == "protomesh: 1 of 8 checks failed\n"


def test_json_has_all_checks_and_problems(copied: Path) -> None:
    add(copied, {"on": ["GET /api/products"], "allow": ["anyone", "role:x"]})
    done = run(copied, "--json")
    said = json.loads(done.stdout)
    assert (done.exit_code, said["ok"]) == (0, True)
    found = {each["name"]: each for each in said["checks"]}
    assert len(found) == len(said["checks"]) == 8
    assert (found[SECURITY]["status"], found[LINT]["status"]) == ("ok", "warn")
    assert all(each["problems"] == [] for name, each in found.items() if name != LINT)
    problems = found[LINT]["problems"]
    assert {(each["path"], each["lint"]) for each in problems} == {
        ("rules[17]", "unreachable-rule"),
        ("rules[17].allow[1]", "idle-principal"),
        ("rules[17].allow[1]", "role-without-grant"),
    }
    assert all(each["text"].startswith(f"{each['path']}: {each['lint']}: ") for each in problems)
    strict = run(copied, "--json", "--strict")
    assert (strict.exit_code, json.loads(strict.stdout)["ok"]) == (1, False)


def test_a_policy_that_is_wrong_is_told_once(copied: Path) -> None:
    (copied / "policies" / "security.json").write_text("{")
    done = run(copied, "--json")
    said = {each["name"]: each for each in json.loads(done.stdout)["checks"]}
    assert done.exit_code == 1
    assert said[SECURITY]["status"] == "fail"
    assert "not JSON" in said[SECURITY]["problems"][0]["text"]
    assert (said[LINT]["status"], said[LINT]["problems"]) == ("skip", [])
    assert said[LINT]["reason"] == "policies/security.json cannot be read"


def test_an_issuer_whose_keys_nobody_may_ask_for(copied: Path) -> None:
    file = copied / "policies" / "security.json"
    document = json.loads(file.read_text())
    document["issuers"].append({"issuer": "x", "audiences": ["shop"], "jwks": "http://login.example/k"})
    file.write_text(json.dumps(document))
    done = run(copied)
    assert done.exit_code == 1
    assert (
        f"FAIL  {SECURITY}\n      {SECURITY}: issuers[2].jwks: 'http://login.example/k' would" in done.stdout
    )


def test_a_policy_that_changes_the_document_leaves_it_stale(copied: Path) -> None:
    add(copied, {"on": ["GET /api/users"], "allow": ["anyone"]})
    done = run(copied)
    assert "      gateway/openapi.json is not fresh: protomesh gen\n" in done.stdout
    told = CliRunner().invoke(main, ["gen", "--check", "--manifest", str(copied / "mesh.toml")])
    assert (told.exit_code, "not fresh: gateway/openapi.json" in told.stderr) == (1, True)
    assert CliRunner().invoke(main, ["gen", "--manifest", str(copied / "mesh.toml")]).exit_code == 0
    document = json.loads((copied / "gateway" / "openapi.json").read_text())
    assert document["paths"]["/api/users"]["get"]["security"] == []


def test_generating_needs_no_rule_for_a_new_method_but_a_policy_that_can_be_read(copied: Path) -> None:
    file, gen = copied / "policies" / "security.json", ["gen", "--manifest", str(copied / "mesh.toml")]
    document = json.loads(file.read_text())
    file.write_text(json.dumps(document | {"rules": document["rules"][1:]}))
    assert CliRunner().invoke(main, gen).exit_code == 0
    file.write_text("{")
    done = CliRunner().invoke(main, gen)
    assert (done.exit_code != 0, "security.json" in done.stderr) == (True, True)
