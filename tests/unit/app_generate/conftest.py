from pathlib import Path

import pytest

from protomesh.settings import Manifest

PROTO = """
syntax = "proto3";
package tiny.notes.v1;
import "buf/validate/validate.proto";
import "google/api/annotations.proto";
import "google/longrunning/operations.proto";
import "google/type/money.proto";
// Keeps notes.
service Notes {
  // One note.
  rpc GetNote(GetNoteRequest) returns (Note) {
    option (google.api.http) = {get: "/api/notes/{id}"};
  }
  rpc CopyNote(GetNoteRequest) returns (google.longrunning.Operation);
}
message GetNoteRequest { string id = 1 [(buf.validate.field).string.min_len = 1]; }
message Note { string id = 1; google.type.Money price = 2; }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one small contract."""
    proto = tmp_path / "project/protos/tiny/notes/v1/notes.proto"
    proto.parent.mkdir(parents=True)
    proto.write_text(PROTO)
    return tmp_path / "project"


@pytest.fixture
def manifest() -> Manifest:
    return Manifest.model_validate({"contract": {"python": "tiny_pb"}})
