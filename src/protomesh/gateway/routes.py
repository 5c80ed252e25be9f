"""The route table: one route per gRPC method and per HTTP binding, and an answer for all that is neither.

Envoy takes the first route that matches. A REST request keeps the route by which it came in (the transcoder
matches incoming routes), so that it can never fall into a gRPC route, nor a gRPC request into a REST one.
"""

from collections.abc import Iterable, Iterator, Mapping
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


def routes(methods: Iterable[Exposed], bindings: Iterable[Binding], limits: LimitSettings) -> list[Object]:
    """All routes, in the order in which Envoy has to try them."""
    every = sorted(bindings, key=lambda each: (each.template.rank, each.template.shape))
    verbed = [each for each in every if each.http.custom_verb]
    plain = [each for each in every if not each.http.custom_verb]
    malformed: Object = {"prefix": "/", "headers": [GRPC, BAD_TIMEOUT]}
    return [
        _answer("nearly grpc", {"prefix": "/", "headers": [GRPC, NO_GRPC]}, answer="415"),
        _answer("bad timeout", malformed, rpc=True, answer="400", fault="malformed grpc-timeout"),
        *(_rpc(each, limits) for each in methods),
        _answer("unknown rpc", {"prefix": "/", "headers": [GRPC]}, answer="404", rpc=True),
        *(_rest(each, limits) for each in verbed),
        *_other_verbs(verbed),
        *(_rest(each, limits) for each in plain),
        *_other_verbs(plain),
        _answer("unknown path", {"prefix": "/"}, answer="404"),
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
        "metadata": _metadata(rpc=True),
        "route": action(exposed, limits),
        "typed_per_filter_config": filters,
    }


def _rest(binding: Binding, limits: LimitSettings) -> Object:
    told: Object = {"own": dict.fromkeys(sorted(binding.query_names), True)}
    told |= {"json": True} if binding.json else {}
    told |= {"stream": True} if binding.exposed.method.streams_response else {}
    return {
        "name": f"{binding.http.verb} {binding.http.template}",
        "match": {"safe_regex": {"regex": binding.template.regex}, "headers": [_verbs(*binding.verbs)]},
        "metadata": _metadata(**told),
        "route": action(binding.exposed, limits),
        "typed_per_filter_config": rest_headers(stream=binding.exposed.method.streams_response),
    }


def _other_verbs(bindings: Iterable[Binding]) -> Iterator[Object]:
    """For each path of the contract: OPTIONS, and 405 for any verb that it does not have."""
    for shape, group in groupby(bindings, key=lambda each: each.template.shape):
        members = list(group)
        found = {verb for each in members for verb in each.verbs} | {"OPTIONS"}
        allow = ", ".join(verb for verb in VERBS if verb in found)
        path: Object = {"safe_regex": {"regex": members[0].template.regex}}
        yield _answer(f"OPTIONS {shape}", {**path, "headers": [_verbs("OPTIONS")]}, answer="204", allow=allow)
        yield _answer(f"any {shape}", path, answer="405", allow=allow)


def _answer(name: str, match: Mapping[str, Json], **told: Json) -> Object:
    return {"name": name, "match": match, "metadata": _metadata(**told), "route": {"cluster": NOWHERE}}


def _metadata(**told: Json) -> Object:
    """What the edge filter reads of the route."""
    return {"filter_metadata": {"envoy.filters.http.lua": told}}


def _verbs(*verbs: str) -> Object:
    match: Object = {"exact": verbs[0]} if len(verbs) == 1 else {"safe_regex": {"regex": "|".join(verbs)}}
    return {"name": ":method", "string_match": match}
