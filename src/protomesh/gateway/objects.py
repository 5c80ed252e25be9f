"""Envoy's configuration messages in their proto3 JSON form."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias, Union

Json: TypeAlias = Union[str, int, float, bool, Sequence["Json"], Mapping[str, "Json"], None]  # noqa: UP007 - recursive
Object: TypeAlias = dict[str, Json]


def seconds(value: float) -> str:
    """A google.protobuf.Duration."""
    whole, _, rest = f"{value:.3f}".partition(".")
    return f"{whole}.{rest}".rstrip("0").rstrip(".") + "s"


def any_of(message: str, /, **fields: Json) -> Object:
    """A google.protobuf.Any of the message `envoy.…`."""
    return {"@type": f"type.googleapis.com/{message}", **fields}


def typed(name: str, message: str, /, **fields: Json) -> Object:
    """An extension: its name and its configuration."""
    return {"name": name, "typed_config": any_of(message, **fields)}
