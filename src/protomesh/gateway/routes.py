"""The route table: one route per gRPC method and per HTTP binding, and an answer for all that is neither.

Envoy takes the first route that matches. A REST request keeps the route by which it came in (the transcoder
matches incoming routes), so that it can never fall into a gRPC route, nor a gRPC request into a REST one.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from protomesh.gateway.errors import GRPC_TYPE
from protomesh.gateway.exposure import Binding, Exposed
from protomesh.gateway.objects import Json, Object, any_of
from protomesh.gateway.route_action import action, rest_headers, rpc_headers
from protomesh.settings import LimitSettings

NOWHERE = "nowhere"
"""The cluster without endpoints, of routes that the edge filter answers: should it fail, nothing passes."""

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

GRPC: Object = {"name": "content-type", "string_match": {"prefix": "application/grpc"}}
"""Cheap, and after the first route also exact."""

NO_GRPC: Object = {
    "name": "content-type",
    "string_match": {"safe_regex": {"regex": GRPC_TYPE}},
    "invert_match": True,
}

BAD_TIMEOUT: Object = {
    "name": "grpc-timeout",
    "string_match": {"safe_regex": {"regex": "[0-9]{1,8}[HMSmun]"}},
    "invert_match": True,
}
"""gRPC over HTTP/2, "Timeout". Envoy would quietly put another in its place."""

MALFORMED: Object = {"status": "400", "fault": "malformed grpc-timeout"}


def routes(methods: Iterable[Exposed], bindings: Iterable[Binding], limits: LimitSettings) -> list[Object]:
    """All routes, in the order in which Envoy has to try them."""
    every = sorted(bindings, key=lambda each: (each.template.rank, each.template.shape))
    verbed = [each for each in every if each.http.custom_verb]
    plain = [each for each in every if not each.http.custom_verb]
    return [
        _answer("nearly grpc", {"prefix": "/", "headers": [GRPC, NO_GRPC]}, "answer", status="415"),
        _answer("bad timeout", {"prefix": "/", "headers": [GRPC, BAD_TIMEOUT]}, "no-rpc", **MALFORMED),
        *(_rpc(each, limits) for each in methods),
        _answer("unknown rpc", {"prefix": "/", "headers": [GRPC]}, "no-rpc", status="404"),
        *_paths(verbed, limits),
        *_paths(plain, limits),
        _answer("unknown path", {"prefix": "/"}, "answer", status="404"),
    ]


def _rpc(exposed: Exposed, limits: LimitSettings) -> Object:
    filters = rpc_headers()
    if exposed.method.streams_request:
        filters["envoy.filters.http.body_size_limit"] = any_of(
            "envoy.config.route.v3.FilterConfig", disabled=True
        )
    return {
        "name": exposed.method.full_name,
        "match": {"path": exposed.method.path, "headers": [GRPC]},
        "metadata": _metadata("rpc"),
        "route": action(exposed, limits),
        "typed_per_filter_config": filters,
    }


def _paths(bindings: Sequence[Binding], limits: LimitSettings) -> Iterator[Object]:
    """What is asked often comes first."""
    yield from (_rest(each, each.http.verb, _kind(each), limits) for each in bindings)
    yield from (_rest(each, "HEAD", "head", limits) for each in bindings if "HEAD" in each.verbs)
    yield from _other_verbs(bindings)


def _kind(binding: Binding) -> str:
    stream = binding.exposed.method.streams_response
    return {
        (False, False): "plain",
        (False, True): "stream",
        (True, False): "json",
        (True, True): "json-stream",
    }[binding.json, stream]


def _rest(binding: Binding, verb: str, kind: str, limits: LimitSettings) -> Object:
    own: Object = dict.fromkeys(sorted(binding.query_names), True)
    return {
        "name": f"{verb} {binding.http.template}",
        "match": {"safe_regex": {"regex": binding.template.regex}, "headers": [_verb(verb)]},
        "metadata": _metadata(kind, own=own, **_raw(binding), **_says_json(binding)),
        "route": action(binding.exposed, limits),
        "response_headers_to_remove": ["grpc-accept-encoding"],
        "typed_per_filter_config": rest_headers(stream=binding.exposed.method.streams_response),
    }


def _raw(binding: Binding) -> Object:
    return {"raw": True} if binding.raw else {}


def _says_json(binding: Binding) -> Object:
    return {"json": True} if binding.says_json else {}


def _other_verbs(bindings: Iterable[Binding]) -> Iterator[Object]:
    """For each path of the contract: OPTIONS, and 405 for any verb that it does not have."""
    for shape, group in groupby(bindings, key=lambda each: each.template.shape):
        members = list(group)
        found = {verb for each in members for verb in each.verbs} | {"OPTIONS"}
        allow = ", ".join(verb for verb in VERBS if verb in found)
        path: Object = {"safe_regex": {"regex": members[0].template.regex}}
        options: Object = {**path, "headers": [_verb("OPTIONS")]}
        yield _answer(f"OPTIONS {shape}", options, "answer", status="204", allow=allow)
        yield _answer(f"any {shape}", path, "answer", status="405", allow=allow)


def _answer(name: str, match: Object, kind: str, **told: Json) -> Object:
    return {"name": name, "match": match, "metadata": _metadata(kind, **told), "route": {"cluster": NOWHERE}}


def _metadata(kind: str, **told: Json) -> Object:
    """What the edge filter reads of the route: its beginning says what the kinds and the rest mean."""
    return {"filter_metadata": {"envoy.filters.http.lua": {"kind": kind, **told}}}


def _verb(verb: str) -> Object:
    return {"name": ":method", "string_match": {"exact": verb}}
