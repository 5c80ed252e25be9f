"""`@function(…)`: marks a handler and checks its options, so that a mistake shows when the file is read."""

import difflib
import inspect
import re
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal, Never, TypeVar

from google.protobuf.message import Message

from protomesh.errors import ConfigError
from protomesh.functions.event import Event
from protomesh.functions.spec import FunctionSpec
from protomesh.lanes import Retries, seconds

M = TypeVar("M", bound=Message)
F = TypeVar("F", bound=Callable[..., None])

MARK: Final = "__protomesh_function__"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_MOST_CONCURRENCY: Final = 1_000
_PARAMETERS: Final = 2


def function(
    *,
    topic: str,
    type: str,  # noqa: A002 - CloudEvents' own name
    retries: Retries = Retries(),  # noqa: B008 - frozen
    timeout: str | float = "30s",
    concurrency: int = 8,
    order: Literal["key", "none"] = "key",
    **unknown: Never,
) -> Callable[[F], F]:
    """Mark a handler `def name(event: Event[SomeMessage], ctx: FunctionContext) -> None`.

    It is called for every event of `type` (with `*` for anything) on `topic`, at least once. Events of a key
    come one by one and in order, keys side by side, `concurrency` at a time; `order="none"` gives up the
    order. Raises ConfigError naming the file and the option.
    """

    def mark(handler: F) -> F:
        where = f"{inspect.getfile(handler)}: @function {handler.__name__}"
        _refuse_unknown(unknown, where)
        spec = FunctionSpec(
            name=_name(handler.__name__, where),
            topic=_text("topic", topic, where),
            type=_text("type", type, where),
            message=_message(handler, where),
            retries=_retries(retries, where),
            timeout=_timeout(timeout, where),
            concurrency=_concurrency(concurrency, where),
            by_key=_order(order, where) == "key",
            handler=handler,
            file=Path(inspect.getfile(handler)),
        )
        setattr(handler, MARK, spec)
        return handler

    return mark


def spec_of(handler: object) -> FunctionSpec:
    """What `@function` recorded. Raises ConfigError for a handler without it."""
    spec = getattr(handler, MARK, None)
    if not isinstance(spec, FunctionSpec):
        raise ConfigError(f"{handler!r} is no function", fix="mark it with @function(topic=…, type=…)")
    return spec


def _refuse_unknown(unknown: dict[str, Any], where: str) -> None:
    options = [name for name in inspect.signature(function).parameters if name != "unknown"]
    for name in unknown:
        near = difflib.get_close_matches(name, options, n=1, cutoff=0.5)
        fix = f"did you mean {near[0]}?" if near else f"options are {', '.join(options)}"
        raise ConfigError(f"no such option: {name}", where=where, fix=fix)


def _name(name: str, where: str) -> str:
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot name a function", where=where, fix="lower case letters, digits and _"
        )
    return name


def _text(option: str, value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{option} is {value!r}", where=where, fix="a name is wanted")
    return value


def _retries(value: object, where: str) -> Retries:
    if not isinstance(value, Retries):
        raise ConfigError(f"retries is {value!r}", where=where, fix='write Retries(5, first="1s", most="5m")')
    return value


def _timeout(value: str | float, where: str) -> float:
    try:
        timeout = seconds(value)
    except ConfigError as error:
        raise ConfigError(f"timeout: {error.what}", where=where, fix=error.fix) from None
    if not timeout:
        raise ConfigError("timeout is 0", where=where, fix="a function needs some time")
    return timeout


def _concurrency(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_CONCURRENCY:
        raise ConfigError(f"concurrency is {value!r}", where=where, fix=f"from 1 to {_MOST_CONCURRENCY}")
    return value


def _order(value: object, where: str) -> str:
    if value not in {"key", "none"}:
        near = difflib.get_close_matches(str(value), ["key", "none"], n=1)
        fix = f"did you mean {near[0]}?" if near else '"key" or "none"'
        raise ConfigError(f"order is {value!r}", where=where, fix=fix)
    return str(value)


def _message(handler: Callable[..., None], where: str) -> str:
    """The full name of the T in the first parameter's `Event[T]`."""
    fix = "write def name(event: Event[SomeMessage], ctx: FunctionContext) -> None"
    parameters = list(inspect.signature(handler).parameters)
    if len(parameters) != _PARAMETERS:
        raise ConfigError(f"takes {len(parameters)} parameters", where=where, fix=fix)
    try:
        hint = typing.get_type_hints(handler).get(parameters[0])
    except (NameError, TypeError) as error:
        raise ConfigError(f"its annotations cannot be read: {error}", where=where, fix=fix) from error
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is not Event or not _is_message(arguments[0]):
        raise ConfigError(f"its event is annotated {hint!r}", where=where, fix=fix)
    return str(arguments[0].DESCRIPTOR.full_name)


def _is_message(value: object) -> bool:
    return inspect.isclass(value) and issubclass(value, Message)
