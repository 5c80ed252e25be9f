"""The links that a method's response may carry, read from the contract once.

A resource's own address is the GET that returns it; whatever lies on that path or one word below leads to a
link. A response with links that is neither resource nor list, and is got without any variable, is the entry:
it links to whatever lies one word below it, and to the caller's own resource.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from protomesh.contract import Contract, HttpBinding, Kind, Method
from protomesh.errors import ConfigError
from protomesh.policy import Availability
from protomesh.rpc.links import rels
from protomesh.rpc.links.address import Segments, segments
from protomesh.rpc.links.target import Target, linkable, target

LINK = "mesh.link.v1.Link"
CALLER = "user_id"
"""The path variable that a token's subject is a value for."""

Rel = Callable[[Method, HttpBinding, Segments], str]


@dataclass(frozen=True, slots=True)
class ResourcePlan:
    """`fields` of the resource are the values of the path's variables; `own` are of the caller's subject."""

    fields: tuple[str, ...]
    targets: tuple[Target, ...]
    has_field: bool
    own: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class ListPlan:
    """`items` is the field that holds the resources, `listed` the list itself."""

    items: str
    item: ResourcePlan | None
    listed: Target
    targets: tuple[Target, ...]
    has_field: bool


def plan_of(method: Method, contract: Contract) -> ResourcePlan | ListPlan | None:
    """The plan of a method's response, None where it carries no links.

    Raises ConfigError for an `available` that is wrong.
    """
    if method.streams_response:
        return None
    if method.response in contract.resources:
        return resource_plan(method.response, contract)
    first = method.bindings[0] if method.bindings else None
    if first is None or method.kind is not Kind.UNARY or not linkable(contract, method, first):
        return None
    if "next_page_token" in contract.descriptor(method.response).fields_by_name:
        return _list_plan(method, first, contract)
    return _entry_plan(method, first, contract)


def resource_plan(message: str, contract: Contract) -> ResourcePlan | None:
    """The plan of a resource wherever it appears; None for one without a GET, or without its ids."""
    found = home(message, contract)
    if found is None:
        return None
    fields = _fields(message, found, contract)
    if fields is None:
        return None
    base = segments(found.pattern)
    targets = _targets(contract, base, rels.of_resource, message)
    return ResourcePlan(fields, targets, _has_links(message, contract))


def home(message: str, contract: Contract) -> HttpBinding | None:
    """The address of a resource: that of the GET which returns it."""
    count = len(contract.resources[message].variables)
    return next(
        (
            binding
            for method in contract.methods.values()
            for binding in method.bindings
            if method.response == message
            and not method.streams_response
            and (binding.verb, binding.custom_verb) == ("GET", "")
            and len(binding.variables) == count
        ),
        None,
    )


def available(method: Method, message: str) -> Availability | None:
    """Compile a method's `available` for a resource. Raises ConfigError."""
    if not method.available:
        return None
    try:
        return Availability(method.available, message)
    except ConfigError as error:
        where = f"{method.full_name} (mesh.link.v1.available)"
        raise ConfigError(error.what, where=where, fix=error.fix) from None


def _fields(message: str, found: HttpBinding, contract: Contract) -> tuple[str, ...] | None:
    """A variable's value stands in the field of its name; that of the last one may stand in `id`."""
    known = contract.descriptor(message).fields_by_name
    last = len(found.variables) - 1
    fields = tuple(
        "id" if at == last and name not in known else name for at, name in enumerate(found.variables)
    )
    return fields if all(name in known for name in fields) else None


def _list_plan(method: Method, binding: HttpBinding, contract: Contract) -> ListPlan | None:
    fields = contract.descriptor(method.response).fields
    held = [(each.name, each.message_type) for each in fields if each.is_repeated]
    items = next(
        ((name, of) for name, of in held if of is not None and of.full_name in contract.resources), None
    )
    if items is None:
        return None
    return ListPlan(
        items=items[0],
        item=resource_plan(items[1].full_name, contract),
        listed=target(contract, method, binding, "self"),
        targets=_targets(contract, segments(binding.pattern), rels.of_list, ""),
        has_field=_has_links(method.response, contract),
    )


def _entry_plan(method: Method, binding: HttpBinding, contract: Contract) -> ResourcePlan | None:
    if binding.variables or binding.verb != "GET" or not _has_links(method.response, contract):
        return None
    base = segments(binding.pattern)
    elsewhere = tuple(_named(contract, base))
    return ResourcePlan(
        (), (*_targets(contract, base, rels.of_resource, ""), *elsewhere), has_field=True, own=_own(contract)
    )


def _named(contract: Contract, base: Segments) -> Iterator[Target]:
    """What the contract gives a name, and stands elsewhere: /docs."""
    for method in contract.methods.values():
        for binding in method.bindings[:1]:
            if method.rel and not binding.variables and segments(binding.pattern)[:1] != base[:1]:
                yield target(contract, method, binding, method.rel)


def _own(contract: Contract) -> tuple[Target, ...]:
    """The resource that a token's subject is the id of."""
    found = [home(name, contract) for name, each in contract.resources.items() if each.variables == (CALLER,)]
    addresses = {binding.template for binding in found if binding is not None}
    return tuple(
        target(contract, method, binding, "me")
        for method in contract.methods.values()
        for binding in method.bindings
        if binding.verb == "GET" and binding.template in addresses and linkable(contract, method, binding)
    )


def _targets(contract: Contract, base: Segments, rel_of: Rel, message: str) -> tuple[Target, ...]:
    """The targets around a place; `message` is the resource there, for what its path has of `available`."""
    found: list[Target] = []
    for method in contract.methods.values():
        for binding in method.bindings:
            rel = rel_of(method, binding, base)
            if rel and linkable(contract, method, binding):
                on_it = message and segments(binding.pattern) == base
                condition = available(method, message) if on_it else None
                found.append(target(contract, method, binding, rel, condition))
                break
    return tuple(sorted(found, key=lambda each: rels.rank(each.rel)))


def _has_links(message: str, contract: Contract) -> bool:
    field = contract.descriptor(message).fields_by_name.get("links")
    kind = field.message_type if field is not None and field.is_repeated else None
    return kind is not None and kind.full_name == LINK
