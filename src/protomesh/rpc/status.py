"""The error tree on the wire: the one place where an exception becomes a gRPC status, and back."""

from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from protomesh.errors import (
    Aborted,
    AlreadyExists,
    DeadlineExceeded,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    MeshError,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
    Unimplemented,
    Violation,
)

CODES = {code.value[0]: code for code in grpc.StatusCode}
NAMES = {number: code.name for number, code in CODES.items()}
DETAILS = "grpc-status-details-bin"

ERRORS: dict[int, type[MeshError]] = {
    error.code: error
    for error in (
        InvalidArgument, DeadlineExceeded, NotFound, AlreadyExists, PermissionDenied, ResourceExhausted,
        FailedPrecondition, Aborted, Unimplemented, Internal, Unavailable, Unauthenticated,
    )
}  # fmt: skip


def abort(context: grpc.ServicerContext, error: MeshError, headers: tuple[tuple[str, str], ...] = ()) -> NoReturn:
    """End the call with the error's status. All headers travel as trailing metadata, set once.

    An answer that failed has sent no initial metadata, so through the gateway these become HTTP headers.
    """
    metadata: list[tuple[str, Any]] = list(headers)
    if error.http_status is not None:
        metadata.append(("x-http-status", str(error.http_status)))
    if error.violations:
        metadata.append((DETAILS, _status(error).SerializeToString()))
    if metadata:
        context.set_trailing_metadata(tuple(metadata))
    context.abort(CODES[error.code], error.message)


def _status(error: MeshError) -> status_pb2.Status:
    """google.rpc.Status with a BadRequest that names each field."""
    request = error_details_pb2.BadRequest(
        field_violations=[
            error_details_pb2.BadRequest.FieldViolation(field=each.field, description=each.message, reason=each.rule)
            for each in error.violations
        ]
    )
    detail = any_pb2.Any()
    detail.Pack(request)
    return status_pb2.Status(code=error.code, message=error.message, details=[detail])


def from_rpc_error(error: grpc.RpcError) -> MeshError:
    """What a client's call raised, as a member of our tree."""
    code = error.code().value[0] if isinstance(error, grpc.Call) else Internal.code
    kind = ERRORS.get(code, Unavailable if code == grpc.StatusCode.CANCELLED.value[0] else Internal)
    details = error.details() if isinstance(error, grpc.Call) else str(error)
    return kind(details or "", violations=_violations(error))


def _violations(error: grpc.RpcError) -> tuple[Violation, ...]:
    metadata = (error.trailing_metadata() or ()) if isinstance(error, grpc.Call) else ()
    raw = next((value for key, value in metadata if key == DETAILS), None)
    if not isinstance(raw, bytes):
        return ()
    status = status_pb2.Status()
    try:
        status.ParseFromString(raw)
    except DecodeError:
        return ()
    found = []
    for detail in status.details:
        request = error_details_pb2.BadRequest()
        if detail.Unpack(request):
            found.extend(Violation(each.field, each.reason, each.description) for each in request.field_violations)
    return tuple(found)
