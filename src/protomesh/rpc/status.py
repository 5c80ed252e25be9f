"""The error tree on the wire: the one place where an exception becomes a gRPC status, and back."""

import logging
import math
from collections.abc import Iterable
from typing import NoReturn

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

LONGEST_MESSAGE = 300
LONGEST_TEXT = 300
LONGEST_DETAILS = 3000
"""Clients of gRPC refuse an answer with more than 8 KiB of metadata, and then show nothing of it."""

ERRORS: dict[int, type[MeshError]] = {
    error.code: error
    for error in (
        InvalidArgument, DeadlineExceeded, NotFound, AlreadyExists, PermissionDenied, ResourceExhausted,
        FailedPrecondition, Aborted, Unimplemented, Internal, Unavailable, Unauthenticated,
    )
}  # fmt: skip


def abort(
    context: grpc.ServicerContext, error: MeshError, headers: tuple[tuple[str, str], ...] = ()
) -> NoReturn:
    """End the call with the error's status. All headers travel as trailing metadata, set once.

    An answer that failed has sent no initial metadata, so through the gateway these become HTTP headers.
    """
    metadata: list[tuple[str, str | bytes]] = list(headers)
    message = _cut(error.message, LONGEST_MESSAGE)
    if error.http_status is not None:
        metadata.append(("x-http-status", str(error.http_status)))
    if error.retry_after > 0:
        metadata.append(("retry-after", str(math.ceil(error.retry_after))))
    if error.violations:
        metadata.append((DETAILS, _status(error, message).SerializeToString()))
    if metadata:
        context.set_trailing_metadata(tuple(metadata))
    context.abort(CODES[error.code], message)
    raise AssertionError  # abort has raised


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _status(error: MeshError, message: str) -> status_pb2.Status:
    """google.rpc.Status with a BadRequest that names each field, as many as fit."""
    request = error_details_pb2.BadRequest()
    for each in error.violations:
        request.field_violations.add(
            field=_cut(each.field, LONGEST_TEXT),
            description=_cut(each.message, LONGEST_TEXT),
            reason=_cut(each.rule, LONGEST_TEXT),
        )
        if request.ByteSize() > LONGEST_DETAILS:
            del request.field_violations[-1]
            break
    detail = any_pb2.Any()
    detail.Pack(request)
    return status_pb2.Status(code=error.code, message=message, details=[detail])


TRANSPORT: dict[int, tuple[type[MeshError], str]] = {
    1: (Unavailable, "is away; try again"),
    2: (Internal, "failed"),
    13: (Internal, "failed"),
    14: (Unavailable, "is away; try again"),
}
"""CANCELLED, UNKNOWN, INTERNAL and UNAVAILABLE: the codes that the transport makes by itself.

It writes addresses and the like into their texts, so these are told in words of ours (gRPC, "Status codes and
their use in gRPC"). All other codes of our tree come from a service that meant them, with a text for callers.
"""


def from_rpc_error(error: grpc.RpcError, service: str) -> MeshError:
    """What a call of the contract service raised, as a member of our tree; what is left out is logged."""
    code = error.code().value[0]
    kind = ERRORS.get(code)
    if kind is not None and code not in TRANSPORT:
        return kind(error.details() or "", violations=_violations(error))
    kind, words = TRANSPORT.get(code, (Internal, "failed"))
    logging.getLogger(__name__).warning("%s: %s: %s", service, error.code().name, error.details())
    return kind(f"{service} {words}")


def _violations(error: grpc.RpcError) -> tuple[Violation, ...]:
    metadata: Iterable[tuple[str, str | bytes]] = error.trailing_metadata() or ()  # type: ignore[assignment] # the stubs do not know that these are tuples
    raw = next((value for key, value in metadata if key == DETAILS), None)
    if not isinstance(raw, bytes):
        return ()
    status = status_pb2.Status()
    try:
        status.ParseFromString(raw)
    except DecodeError:
        return ()
    found: list[Violation] = []
    for detail in status.details:
        request = error_details_pb2.BadRequest()
        if detail.Unpack(request):
            found.extend(
                Violation(each.field, each.reason, each.description) for each in request.field_violations
            )
    return tuple(found)
