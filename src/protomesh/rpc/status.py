"""The error tree on the wire: the one place where an exception becomes a gRPC status, and back."""

import logging
import math
from collections.abc import Iterable
from contextlib import suppress
from typing import NoReturn

import grpc
from google.protobuf import duration_pb2
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
    if error.violations or error.retry_after > 0:
        metadata.append((DETAILS, _status(error, message).SerializeToString()))
    if metadata:
        context.set_trailing_metadata(tuple(metadata))
    context.abort(CODES[error.code], message)
    raise AssertionError  # abort has raised


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _status(error: MeshError, message: str) -> status_pb2.Status:
    """google.rpc.Status with a BadRequest that names each field, and a RetryInfo; each where needed."""
    status = status_pb2.Status(code=error.code, message=message)
    if error.violations:
        status.details.add().Pack(_bad_request(error.violations))
    if error.retry_after > 0:
        delay = duration_pb2.Duration(seconds=math.ceil(error.retry_after))
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    return status


def _bad_request(violations: Iterable[Violation]) -> error_details_pb2.BadRequest:
    """As many fields as fit."""
    request = error_details_pb2.BadRequest()
    for each in violations:
        request.field_violations.add(
            field=_cut(each.field, LONGEST_TEXT),
            description=_cut(each.message, LONGEST_TEXT),
            reason=_cut(each.rule, LONGEST_TEXT),
        )
        if request.ByteSize() > LONGEST_DETAILS:
            del request.field_violations[-1]
            break
    return request


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
        violations, retry_after = _details(error)
        return kind(error.details() or "", violations=violations, retry_after=retry_after)
    kind, words = TRANSPORT.get(code, (Internal, "failed"))
    logging.getLogger(__name__).warning("%s: %s: %s", service, error.code().name, error.details())
    return kind(f"{service} {words}")


def _details(error: grpc.RpcError) -> tuple[tuple[Violation, ...], float]:
    """The fields that were wrong, and the seconds after which it may go well."""
    found: list[Violation] = []
    request, retry = error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
    for detail in _wire_status(error).details:
        with suppress(DecodeError):
            detail.Unpack(retry)
            if detail.Unpack(request):
                found.extend(
                    Violation(each.field, each.reason, each.description) for each in request.field_violations
                )
    return tuple(found), max(0.0, retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9)


def _wire_status(error: grpc.RpcError) -> status_pb2.Status:
    """Empty where there is none, or none that can be read."""
    metadata: Iterable[tuple[str, str | bytes]] = error.trailing_metadata() or ()  # type: ignore[assignment] # the stubs do not know that these are tuples
    raw = next((value for key, value in metadata if key == DETAILS), None)
    status = status_pb2.Status()
    if isinstance(raw, bytes):
        with suppress(DecodeError):
            status.ParseFromString(raw)
    return status
