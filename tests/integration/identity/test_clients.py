"""Clients that speak for a service, from the command to the token."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from protomesh.cli.client import command
from protomesh_pb.mesh.identity.v1 import identity_pb2 as pb
from tests.integration.identity.place import Place
from tests.support.answers import Answer


def issue(place: Place, name: str, secret: str) -> Answer:
    return place.house.ask(
        "IssueServiceToken", pb.IssueServiceTokenRequest(client_id=name, client_secret=secret)
    )


def client(folder: Path, *arguments: str) -> str:
    manifest = folder / "mesh.toml"
    manifest.touch()
    (folder / "policies").mkdir(exist_ok=True)
    done = CliRunner().invoke(command, [*arguments, "--manifest", str(manifest)])
    return done.output.strip() if done.exit_code == 0 else repr(done.exception)


def test_a_secret_gives_a_token_that_speaks_for_the_service(place: Place) -> None:
    secret = client(place.folder, "billing")
    assert secret not in (place.folder / "policies" / "clients.json").read_text()
    pair = issue(place, "billing", secret).response
    named = place.read(pair.access_token, services=True)
    assert (named.service, named.subject, pair.refresh_token) == ("billing", "", "")


def test_wrong_and_unknown_are_told_alike_and_slowed_down(place: Place) -> None:
    client(place.folder, "billing")
    wrong, unknown = issue(place, "billing", "x"), issue(place, "nobody", "x")
    assert (wrong.code, wrong.message) == (unknown.code, unknown.message)
    assert wrong.code == "UNAUTHENTICATED"
    codes = [issue(place, "billing", f"guess {number}").code for number in range(6)]
    assert codes[-1] == "RESOURCE_EXHAUSTED"


def test_a_secret_that_is_replaced_counts_no_more(place: Place) -> None:
    old = client(place.folder, "billing")
    assert "has a secret already" in client(place.folder, "billing")
    new = client(place.folder, "billing", "--force")
    assert (issue(place, "billing", old).code, issue(place, "billing", new).code) == ("UNAUTHENTICATED", "OK")


def test_a_client_without_a_secret_is_let_in_by_none_until_it_gets_one(place: Place) -> None:
    file = place.folder / "policies" / "clients.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text('{"clients": {"billing": ""}}')
    assert issue(place, "billing", "x").code == "UNAUTHENTICATED"
    secret = client(place.folder, "billing")
    assert issue(place, "billing", secret).code == "OK"


def test_a_spoilt_file_is_no_way_in(place: Place) -> None:
    secret = client(place.folder, "billing")
    (place.folder / "policies" / "clients.json").write_text("{")
    assert issue(place, "billing", secret).code == "UNAVAILABLE"


def test_a_name_that_no_token_could_have_is_refused(place: Place) -> None:
    assert "is no name" in client(place.folder, "Bil ling")


@pytest.mark.parametrize("name", ["users", "welcome_email"])
def test_a_part_of_the_mesh_is_no_client(tmp_path: Path, name: str) -> None:
    (tmp_path / "functions" / "welcome_email").mkdir(parents=True)
    (tmp_path / "mesh.toml").write_text("[services.users]\n")
    assert "anybody could speak for it" in client(tmp_path, name)


def test_the_file_stands_where_the_manifest_says(tmp_path: Path) -> None:
    (tmp_path / "mesh.toml").write_text("[identity]\nclients = 'secret/them.json'\n")
    assert "cannot be written" in client(tmp_path, "billing")
    (tmp_path / "secret").mkdir()
    assert client(tmp_path, "billing") not in (tmp_path / "secret" / "them.json").read_text()
    assert [each.name for each in (tmp_path / "secret").iterdir()] == ["them.json"]
