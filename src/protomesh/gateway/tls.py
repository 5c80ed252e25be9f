"""TLS of the gateway: towards the services, and if asked towards clients.

Certificates are named by path in files of secrets, one in each (Envoy's SDS): renewed ones need no restart.
"""

from dataclasses import dataclass
from pathlib import PurePath

from protomesh.certificates import spiffe
from protomesh.gateway.bootstrap import discovery, file_source
from protomesh.gateway.objects import Json, Object, typed

OWN, TRUSTED = "own", "trusted"
KIND = "envoy.extensions.transport_sockets.tls.v3"
SOCKET = "envoy.transport_sockets.tls"
PROTOCOL: Object = {"tls_minimum_protocol_version": "TLSv1_2"}


@dataclass(frozen=True, slots=True)
class GatewayTls:
    """The gateway's own certificate and whom it trusts, as paths that Envoy sees. `mesh` is the mesh's name.

    With `downstream` clients come in over https, and see the same certificate.
    """

    mesh: str
    ca: str
    certificate: str
    key: str
    downstream: bool = False


def upstream(tls: GatewayTls, folder: str, name: str) -> Object:
    """To the service `name`, and nobody else: by SPIFFE ID, or by the DNS name of a CA that knows no such."""
    allowed: list[Json] = [
        {"san_type": "URI", "matcher": {"exact": spiffe(tls.mesh, name)}},
        {"san_type": "DNS", "matcher": {"exact": name}},
    ]
    validation: Object = {
        "default_validation_context": {"match_typed_subject_alt_names": allowed},
        "validation_context_sds_secret_config": _secret(folder, TRUSTED),
    }
    common: Object = {
        "tls_params": PROTOCOL,
        "alpn_protocols": ["h2"],
        "tls_certificate_sds_secret_configs": [_secret(folder, OWN)],
        "combined_validation_context": validation,
    }
    return typed(SOCKET, f"{KIND}.UpstreamTlsContext", sni=name, common_tls_context=common)


def downstream(folder: str) -> Object:
    """From clients, who show no certificate: they have tokens."""
    common: Object = {
        "tls_params": PROTOCOL,
        "alpn_protocols": ["h2", "http/1.1"],
        "tls_certificate_sds_secret_configs": [_secret(folder, OWN)],
    }
    return typed(SOCKET, f"{KIND}.DownstreamTlsContext", common_tls_context=common)


def secrets(tls: GatewayTls) -> dict[str, Object]:
    """The files of secrets by name; Envoy reads the files again when something is renamed beside them."""
    own: Object = {
        "certificate_chain": {"filename": tls.certificate},
        "private_key": {"filename": tls.key},
        "watched_directory": {"path": _folder(tls.certificate)},
    }
    trusted: Object = {
        "trusted_ca": {"filename": tls.ca},
        "watched_directory": {"path": _folder(tls.ca)},
    }
    found: dict[str, Object] = {OWN: {"tls_certificate": own}, TRUSTED: {"validation_context": trusted}}
    return {
        _file(name): discovery("1", f"{KIND}.Secret", [{"name": name, **secret}])
        for name, secret in found.items()
    }


def _secret(folder: str, name: str) -> Object:
    return {"name": name, "sds_config": file_source(folder, _file(name))}


def _file(name: str) -> str:
    return f"secret-{name}.json"


def _folder(path: str) -> str:
    return str(PurePath(path).parent)
