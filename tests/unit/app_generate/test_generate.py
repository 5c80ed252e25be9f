"""`protomesh gen`: the same bytes each time, stale when a .proto changed, one clear line for a broken one."""

import subprocess
import sys
from pathlib import Path

import pytest

from protomesh.app.generate import generate, stale
from protomesh.contract import Contract
from protomesh.errors import ConfigError
from protomesh.settings import Manifest

ROOT = Path(__file__).parents[3]

USE = """
from tiny_pb.tiny.notes.v1 import notes_pb2, notes_pb2_grpc
from protomesh_pb.buf.validate import validate_pb2
assert notes_pb2.DESCRIPTOR.package == "tiny.notes.v1"
assert notes_pb2_grpc.NotesStub
print(notes_pb2.Note(id="n1").id)
"""


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def proto(project: Path) -> Path:
    return project / "protos/tiny/notes/v1/notes.proto"


def test_two_runs_write_the_same_bytes(project: Path, manifest: Manifest, tmp_path: Path) -> None:
    first = contents(generate(project, manifest))
    assert contents(generate(project, manifest)) == first, "a second run in place differs"
    assert contents(generate(project, manifest, into=tmp_path / "elsewhere")) == first, (
        "another folder differs"
    )
    assert {"descriptors.binpb", "inputs.sha256", "python/tiny_pb/tiny/notes/v1/notes_pb2.pyi"} <= set(first)
    assert not list(project.glob(".gen-*")), "a scratch folder is left"
    assert not [name for name, data in first.items() if str(tmp_path).encode() in data], (
        "a path of the machine"
    )


def test_what_is_written_can_be_used(project: Path, manifest: Manifest) -> None:
    python = generate(project, manifest) / "python"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", USE], cwd=python, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "n1\n"), done.stderr
    contract = Contract.load(project / "gen/descriptors.binpb")
    method = contract.methods["tiny.notes.v1.Notes/GetNote"]
    assert [(binding.verb, binding.template) for binding in method.bindings] == [("GET", "/api/notes/{id}")]


def test_what_was_there_before_is_gone(project: Path, manifest: Manifest) -> None:
    generate(project, manifest)
    left_over = project / "gen/python/tiny_pb/tiny/old_pb2.py"
    left_over.write_text("old")
    generate(project, manifest)
    assert not left_over.exists()


def test_stale_notices_every_change(project: Path, manifest: Manifest) -> None:
    assert stale(project, manifest), "nothing was generated yet"
    generate(project, manifest)
    assert not stale(project, manifest)
    text = proto(project).read_text()
    proto(project).write_text(text + "// more\n")
    assert stale(project, manifest), "a comment is documentation: it goes into the descriptors"
    proto(project).write_text(text)
    assert not stale(project, manifest)
    another = proto(project).with_name("another.proto")
    another.write_text("")
    assert stale(project, manifest)
    another.unlink()
    proto(project).rename(proto(project).with_name("renamed.proto"))
    assert stale(project, manifest)
    proto(project).with_name("renamed.proto").rename(proto(project))
    assert stale(
        project,
        manifest.model_copy(update={"contract": manifest.contract.model_copy(update={"python": "other_pb"})}),
    )


def test_the_project_s_own_code_is_fresh() -> None:
    manifest = Manifest.model_validate({"contract": {"python": "shop_pb"}})
    assert not stale(ROOT, manifest), "run make gen"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("message Note {", "message Note [", r"protoc: \S*tiny/notes/v1/notes.proto:\d+:\d+: Expected"),
        (
            "returns (Note)",
            "returns (Nothing)",
            r'protoc: \S*tiny/notes/v1/notes.proto:\d+:\d+: "Nothing" is not defined',
        ),
        (
            '"google/type/money.proto"',
            '"google/type/mony.proto"',
            r"protoc: google/type/mony.proto: File not found",
        ),
        (
            "string id = 1; google",
            "string id = 2; google",
            r"notes.proto:\d+:\d+: Field number 2 has already been used",
        ),
    ],
)
def test_a_broken_proto_is_one_clear_line(
    project: Path, manifest: Manifest, old: str, new: str, message: str
) -> None:
    generate(project, manifest)
    before = contents(project / "gen")
    proto(project).write_text(proto(project).read_text().replace(old, new))
    with pytest.raises(ConfigError, match=message) as caught:
        generate(project, manifest)
    assert "\n" not in str(caught.value)
    assert contents(project / "gen") == before, "what was there before is kept"
    assert not list(project.glob(".gen-*"))
