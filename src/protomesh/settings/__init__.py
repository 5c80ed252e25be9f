"""Settings: mesh.toml, the environment and flags as frozen, typed records. Read only in `app` and `cli`."""

from protomesh.settings.load import load_manifest, load_process
from protomesh.settings.manifest import (
    BrokerSettings,
    CorsSettings,
    FunctionsSettings,
    GatewaySettings,
    IdentitySettings,
    LimitSettings,
    Manifest,
    ServiceSettings,
    TlsSettings,
)
from protomesh.settings.ports import Ports
from protomesh.settings.process import ProcessSettings

__all__ = [
    "BrokerSettings",
    "CorsSettings",
    "FunctionsSettings",
    "GatewaySettings",
    "IdentitySettings",
    "LimitSettings",
    "Manifest",
    "Ports",
    "ProcessSettings",
    "ServiceSettings",
    "TlsSettings",
    "load_manifest",
    "load_process",
]
