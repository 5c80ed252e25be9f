"""What a method is to a resource, by its path and verb alone; empty where it is nothing to it."""

from protomesh.contract import HttpBinding, Method
from protomesh.rpc.links.address import Segments, segments
from protomesh.rpc.links.target import kebab

OWN = {"GET": "self", "PATCH": "update", "PUT": "update", "DELETE": "delete"}
FIRST = ("self", "up", "collection", "create", "update", "delete")
"""The order in which links stand; all others follow in the contract's order."""


def of_resource(method: Method, binding: HttpBinding, base: Segments) -> str:
    """`base` is where the resource is.

    GET base              self              GET base/word     word, a sub-collection
    PATCH or PUT base     update            POST base/word    the method's name: create-order
    DELETE base           delete            GET of what base lies in, collection
    POST base:verb        verb
    """
    path = segments(binding.pattern)
    if path == base:
        return _own(method, binding)
    if path[:-1] == base and path[-1] != "*":
        return path[-1] if _fetches(binding) else kebab(method.name)
    if base[-1] == "*" and path == base[:-1] and _fetches(binding):
        return "collection"
    return ""


def of_list(method: Method, binding: HttpBinding, base: Segments) -> str:
    """`base` is where the list is.

    POST base is create, base:verb the verb, GET of what base lies in is up; all others are the method's name.
    """
    path = segments(binding.pattern)
    if path == base[:-1] and _fetches(binding):
        return "up"
    if path != base or _fetches(binding):
        return ""
    if binding.custom_verb:
        return kebab(binding.custom_verb)
    return "create" if binding.verb == "POST" else kebab(method.name)


def rank(rel: str) -> int:
    """The place of a link among those of its resource."""
    return FIRST.index(rel) if rel in FIRST else len(FIRST)


def _own(method: Method, binding: HttpBinding) -> str:
    if binding.custom_verb:
        return kebab(binding.custom_verb)
    return OWN.get(binding.verb) or kebab(method.name)


def _fetches(binding: HttpBinding) -> bool:
    return binding.verb == "GET" and not binding.custom_verb
