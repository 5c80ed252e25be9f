"""Where a call comes from, as far as attempts are counted by it."""

from protomesh.rpc import Call


def address_of(call: Call) -> str:
    """What the gateway saw, the last entry of `x-forwarded-for`; else the other end of the connection.

    Believed as far as nobody but the gateway and the mesh can reach this service's port.
    """
    forwarded = str(call.metadata.get("x-forwarded-for", "")).rpartition(",")[2].strip()
    if forwarded:
        return forwarded
    kind, _, rest = call.context.peer().partition(":")
    return rest.rpartition(":")[0].strip("[]") if kind in {"ipv4", "ipv6"} else rest
