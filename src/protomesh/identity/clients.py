"""Clients that speak for a service: `{"clients": {"billing": "$argon2id$…"}}`, names and hashed secrets."""

import json
from collections.abc import Mapping

from protomesh.errors import ConfigError


def read_clients(data: bytes, where: str) -> dict[str, str]:
    """Name to the secret's hash, empty for a client that has none yet. Raises ConfigError."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise ConfigError("not JSON", where=where) from None
    clients = found.get("clients") if isinstance(found, dict) else None
    if not isinstance(clients, dict) or len(found) > 1:
        raise ConfigError("not a list of clients", where=where, fix='write {"clients": {}}')
    for name, hashed in clients.items():
        if not isinstance(hashed, str) or (hashed and not hashed.startswith("$argon2id$")):
            fix = f"protomesh client {name} makes a new secret"
            raise ConfigError("no hashed secret", where=f"{where}: clients.{name}", fix=fix)
    return dict(clients)


def write_clients(clients: Mapping[str, str]) -> bytes:
    """The file's content."""
    return json.dumps({"clients": dict(sorted(clients.items()))}, indent=2).encode() + b"\n"
