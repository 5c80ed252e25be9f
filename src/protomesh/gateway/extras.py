"""gateway/envoy.extras.yaml: what a user adds to the rendered objects, merged last."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from protomesh.errors import ConfigError
from protomesh.gateway.objects import Json, Object

FILE = "gateway/envoy.extras.yaml"
MERGED = ("bootstrap", "listener", "connection_manager", "virtual_host")
LISTS = ("routes", "http_filters", "clusters")


@dataclass(frozen=True, slots=True)
class Extras:
    """The content of that file.

    `bootstrap`, `listener`, `connection_manager` and `virtual_host` are merged over what is rendered: objects
    key by key, all else replaced. `routes` come before all others, `http_filters` between the edge filter and
    the transcoder, `clusters` after all others.
    """

    content: Mapping[str, Json]

    @classmethod
    def parse(cls, text: str) -> "Extras":
        """JSON, with lines that start with `#` left out; empty is nothing. Raises ConfigError."""
        lines = ("" if line.lstrip().startswith("#") else line for line in text.splitlines())
        try:
            content = json.loads("\n".join(lines).strip() or "{}")
        except ValueError as error:
            raise ConfigError(f"not JSON: {error}", where=FILE) from None
        if not isinstance(content, dict):
            raise ConfigError("must be one JSON object", where=FILE)
        _check(content)
        return cls(content)

    def over(self, key: str, rendered: Object) -> Object:
        """One of the merged keys, over the rendered object."""
        return merge(rendered, cast("Mapping[str, Json]", self.content.get(key, {})))

    def list(self, key: str) -> Sequence[Json]:
        """One of the keys that hold lists."""
        return cast("Sequence[Json]", self.content.get(key, []))


def merge(below: Mapping[str, Json], above: Mapping[str, Json]) -> Object:
    """Objects are merged key by key; any other value of `above` stands in place of that of `below`."""
    result: Object = dict(below)
    for key, value in above.items():
        old = result.get(key)
        result[key] = merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return result


def _check(content: Mapping[str, object]) -> None:
    for key, value in content.items():
        if key not in (*MERGED, *LISTS):
            known = ", ".join((*MERGED, *LISTS))
            raise ConfigError(f"unknown key '{key}'", where=FILE, fix=f"known: {known}")
        if not isinstance(value, dict if key in MERGED else list):
            raise ConfigError(f"must be {'an object' if key in MERGED else 'a list'}", where=f"{FILE}: {key}")
