"""What an event rule means where it says nothing: key, subject and data out of the contract's resources."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from protomesh.contract import Contract, Resource
from protomesh.policy.scope import Scope

Text = Callable[[Scope], str]


@dataclass(frozen=True, slots=True)
class Found:
    """A resource in a message: where its id is read, and where each variable of its pattern."""

    resource: Resource
    id: Text
    variables: Mapping[str, Text]
    """Incomplete where the message names the resource's id but not all of its parents."""


def default_key(contract: Contract, messages: Mapping[str, str]) -> Text:
    """The innermost resource id, of the response before the request, else the identity's subject.

    `messages` has the types of `response` and `request`, where there are any. Empty values are passed over.
    """
    texts = [found.id for found in _resources(contract, messages)]
    return _first([*texts, attrgetter("principal.subject")])


def default_subject(contract: Contract, messages: Mapping[str, str]) -> Text:
    """The path of that resource, `users/u1/orders/o1`; empty where a part of it is not known."""
    paths = [
        _path(found)
        for found in _resources(contract, messages)
        if set(found.variables) >= set(found.resource.variables)
    ]
    return _first(paths)


def _resources(contract: Contract, messages: Mapping[str, str]) -> list[Found]:
    """Resources found in the response, then in the request, each time the innermost first."""
    found: list[Found] = []
    for root in ("response", "request"):
        if root in messages:
            message = contract.descriptor(messages[root])
            own = contract.resources.get(messages[root])
            found.extend([_own(root, own, message)] if own else _named(root, contract, message))
    return found


def _own(root: str, resource: Resource, message: Descriptor) -> Found:
    """A message that is the resource: its `id`, and its parents' ids by their names."""
    variables = _texts(root, message, resource.variables[:-1])
    if "id" in message.fields_by_name and resource.variables:
        variables[resource.variables[-1]] = attrgetter(f"{root}.id")
    read = variables.get(resource.variables[-1]) if resource.variables else None
    return Found(resource, read or _nothing, variables)


def _named(root: str, contract: Contract, message: Descriptor) -> list[Found]:
    """The resources whose id a message names: those with all their parents first, then the deeper ones."""
    found = []
    for resource in contract.resources.values():
        variables = _texts(root, message, resource.variables)
        if resource.variables and (read := variables.get(resource.variables[-1])) is not None:
            found.append(Found(resource, read, variables))
    return sorted(
        found, key=lambda each: (len(each.resource.variables) > len(each.variables), -len(each.variables))
    )


def _texts(root: str, message: Descriptor, names: Sequence[str]) -> dict[str, Text]:
    """The names that are single strings of the message, with how to read them."""
    fields = message.fields_by_name
    return {
        name: attrgetter(f"{root}.{name}")
        for name in names
        if name in fields
        and fields[name].cpp_type == FieldDescriptor.CPPTYPE_STRING
        and not fields[name].is_repeated
        and not fields[name].GetOptions().debug_redact
    }


def _path(found: Found) -> Text:
    """`users/{user_id}` filled in; empty where a variable is."""
    variables = [(f"{{{name}}}", found.variables[name]) for name in found.resource.variables]

    def path(scope: Scope) -> str:
        text = found.resource.pattern
        for name, read in variables:
            value = read(scope)
            if not value:
                return ""
            text = text.replace(name, value, 1)
        return text

    return path


def _first(texts: Sequence[Text]) -> Text:
    """The first that is not empty."""

    def first(scope: Scope) -> str:
        return next((value for text in texts if (value := text(scope))), "")

    return texts[0] if len(texts) == 1 else first


def _nothing(_scope: Scope) -> str:
    return ""
