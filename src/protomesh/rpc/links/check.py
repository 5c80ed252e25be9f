"""What is wrong with what the contract says of links, found before anything starts."""

from collections.abc import Iterator

from protomesh.contract import Contract, Method
from protomesh.errors import ConfigError
from protomesh.rpc.links.address import segments
from protomesh.rpc.links.plan import available, home


def problems(contract: Contract) -> list[ConfigError]:
    """Every `available` that is wrong, or stands where no resource is."""
    return [
        error for method in contract.methods.values() if method.available for error in _of(method, contract)
    ]


def _of(method: Method, contract: Contract) -> Iterator[ConfigError]:
    message = _resource_of(method, contract)
    if not message:
        yield ConfigError(
            "the method's path is that of no resource",
            where=f"{method.full_name} (mesh.link.v1.available)",
            fix="remove it, or give the resource a GET",
        )
        return
    try:
        available(method, message)
    except ConfigError as error:
        yield error


def _resource_of(method: Method, contract: Contract) -> str:
    """The message whose address a method's path is, empty for none."""
    paths = {segments(binding.pattern) for binding in method.bindings}
    homes = ((name, home(name, contract)) for name in contract.resources)
    return next((name for name, found in homes if found and segments(found.pattern) in paths), "")
