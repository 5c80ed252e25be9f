"""The rules written in the .proto (`buf.validate`), for every request; all violations in one answer."""

from collections.abc import Iterator
from typing import Any

from protomesh import errors
from protomesh.contract import Contract, Method
from protomesh.errors import InvalidArgument
from protomesh.rpc.call import Call
from protomesh.rpc.interceptor import Handler


class Validation:
    """See the module. Rules are compiled when the server is built, so that the first call pays nothing."""

    def __init__(self, contract: Contract) -> None:
        from protovalidate import Validator  # noqa: PLC0415 - 12 MB that a process without a server never needs

        self._contract = contract
        self._validator = Validator()

    def wrap(self, method: Method, handler: Handler) -> Handler:
        """See `Interceptor`."""
        collect = self._validator.collect_violations
        collect(self._contract.message(method.request)())
        if method.streams_request:
            return lambda requests, call: handler(_each(requests, collect), call)

        def checked(request: Any, call: Call) -> Any:
            if violations := collect(request):
                raise _error(violations)
            return handler(request, call)

        return checked


def _each(requests: Iterator[Any], collect: Any) -> Iterator[Any]:
    for request in requests:
        if violations := collect(request):
            raise _error(violations)
        yield request


def _error(violations: list[Any]) -> InvalidArgument:
    found = tuple(
        errors.Violation(_path(each.proto), each.proto.rule_id or "", each.proto.message or "")
        for each in violations
    )
    return InvalidArgument("; ".join(f"{each.field}: {each.message}" for each in found[:5]), violations=found)


def _path(violation: Any) -> str:
    """`lines[0].quantity`, from the field path of the violation."""
    elements = violation.field.elements if violation.field is not None else ()
    return ".".join(f"{each.field_name}{_subscript(each)}" for each in elements)


def _subscript(element: Any) -> str:
    if element.subscript is None:
        return ""
    key = element.subscript.value
    return f'["{key}"]' if isinstance(key, str) else f"[{key}]"
