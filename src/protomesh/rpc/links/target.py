"""A method that a link may lead to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from google.protobuf.message import Message

from protomesh.contract import Contract, HttpBinding, Method
from protomesh.policy import Availability
from protomesh.rpc.links.address import Address

WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Target:
    """`rel` is what the link is called, `method` the full name of what it leads to.

    `request` makes the message that the policy is asked about, of which only `variables` are set; `available`
    tells whether the operation makes sense for a resource, None where it always does.
    """

    rel: str
    title: str
    verb: str
    method: str
    address: Address
    request: type[Message]
    variables: tuple[str, ...]
    available: Availability | None = None

    def asked(self, values: Sequence[str]) -> Message:
        """The request with its path variables, in the template's order."""
        return self.request(**dict(zip(self.variables, values, strict=True)))


def target(
    contract: Contract,
    method: Method,
    binding: HttpBinding,
    rel: str,
    available: Availability | None = None,
) -> Target:
    """The target of a binding; `rel` counts where the contract names no other."""
    return Target(
        rel=method.rel or rel,
        title=" ".join(WORDS.split(method.name)).capitalize(),
        verb=binding.verb,
        method=method.full_name,
        address=Address(binding.template),
        request=contract.message(method.request),
        variables=binding.variables,
        available=available,
    )


def linkable(contract: Contract, method: Method, binding: HttpBinding) -> bool:
    """Whether the path variables are plain strings of the request, as ids are."""
    fields = contract.descriptor(method.request).fields_by_name
    return all(
        name in fields and fields[name].type == fields[name].TYPE_STRING and not fields[name].is_repeated
        for name in binding.variables
    )


def kebab(name: str) -> str:
    """`CreateOrder` and `rotateSecret` give `create-order` and `rotate-secret`."""
    return "-".join(WORDS.split(name)).lower()
