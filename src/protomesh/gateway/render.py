"""The contract, the manifest and the addresses as files for Envoy. Nothing is read or written here."""

import hashlib
import json
from collections.abc import Mapping
from typing import TypeAlias

from protomesh.contract import Contract
from protomesh.gateway.addresses import Addresses
from protomesh.gateway.bootstrap import discovery, dynamic, file_source, static
from protomesh.gateway.extras import Extras
from protomesh.gateway.model import ROUTE_TABLE, Model
from protomesh.gateway.objects import Json, Object
from protomesh.gateway.script import script
from protomesh.gateway.tls import GatewayTls, secrets
from protomesh.gateway.transcoder import descriptor_set
from protomesh.settings import Manifest, Ports

GatewayFiles: TypeAlias = Mapping[str, bytes]
"""Name of a file in its folder to its content, in the order in which they are to be renamed into place."""


def render_static(
    contract: Contract,
    manifest: Manifest,
    *,
    folder: str = "gateway",
    extras: str = "",
    tls: GatewayTls | None = None,
) -> GatewayFiles:
    """`envoy.yaml` at the manifest's addresses, and the two files beside it that it names.

    It runs from the directory that `folder` is relative to: `envoy -c gateway/envoy.yaml`. `extras` is the
    text of envoy.extras.yaml. With `tls` there are also the files of its secrets. Raises ConfigError.
    """
    addresses = Addresses.local(manifest, Ports(manifest, manifest.gateway.port))
    model = Model.build(contract, manifest, addresses, Extras.parse(extras), folder=folder, tls=tls)
    routing: Object = {"route_config": model.route_table()}
    listener = model.listener(routing, f"{folder}/descriptors.binpb", f"{folder}/edge.lua")
    bootstrap = static(listener, model.clusters(), manifest.gateway.limits.connections)
    return {
        "descriptors.binpb": descriptor_set(contract),
        "edge.lua": script().encode(),
        **_secrets(tls),
        "envoy.yaml": _json(model.extras.over("bootstrap", bootstrap)),
    }


def render_dynamic(
    contract: Contract,
    manifest: Manifest,
    addresses: Addresses,
    *,
    folder: str,
    admin: str = "",
    extras: str = "",
    tls: GatewayTls | None = None,
) -> GatewayFiles:
    """`bootstrap.json` and what it watches in `folder`: `cds.json`, `lds.json`, `rds.json`.

    The descriptors and the edge filter's script carry the hash of their content in their names, since Envoy
    reads them again only when another is named. Written again by rename in the order given, all but
    bootstrap.json take effect in the running gateway. `admin` is the path of a Unix socket for Envoy's
    administration, "" for none. Raises ConfigError.
    """
    model = Model.build(contract, manifest, addresses, Extras.parse(extras), folder=folder, tls=tls)
    descriptors, code = descriptor_set(contract), script().encode()
    names = f"descriptors-{_hash(descriptors)}.binpb", f"edge-{_hash(code)}.lua"
    rds: Json = {"route_config_name": ROUTE_TABLE, "config_source": file_source(folder, "rds.json")}
    listener = model.listener({"rds": rds}, *(f"{folder}/{name}" for name in names))
    bootstrap = dynamic(folder, manifest.gateway.limits.connections, admin)
    return {
        names[0]: descriptors,
        names[1]: code,
        **_secrets(tls),
        "cds.json": _discovery("envoy.config.cluster.v3.Cluster", model.clusters()),
        "rds.json": _discovery("envoy.config.route.v3.RouteConfiguration", [model.route_table()]),
        "lds.json": _discovery("envoy.config.listener.v3.Listener", [listener]),
        "bootstrap.json": _json(model.extras.over("bootstrap", bootstrap)),
    }


def _secrets(tls: GatewayTls | None) -> GatewayFiles:
    return {name: _json(secret) for name, secret in secrets(tls).items()} if tls else {}


def _discovery(message: str, resources: list[Json]) -> bytes:
    return _json(discovery(_hash(_json(resources)), message, resources))


def _json(value: Json) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
