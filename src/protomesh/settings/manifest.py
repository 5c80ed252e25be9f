"""The records of mesh.toml."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]


class Section(BaseModel):
    """A table of mesh.toml: unknown keys are refused, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MeshSettings(Section):
    """The table `[mesh]`."""

    name: Name = "mesh"
    environment: Literal["development", "production"] = "development"


class ContractSettings(Section):
    """`[contract]`: where the .proto files are and under which package their Python code is generated."""

    protos: str = "protos"
    generated: str = "gen"
    python: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$")] = "app_pb"


class CorsSettings(Section):
    """`[gateway.cors]`: origins are exact (`https://app.example`) or a regular expression (`~https://.*`)."""

    origins: tuple[str, ...] = ()
    credentials: bool = True
    max_age_seconds: int = 600

    @model_validator(mode="after")
    def _no_open_credentials(self) -> "CorsSettings":
        if self.credentials and "*" in self.origins:
            raise ValueError(
                "origins may not be '*' while credentials is true: any page could act as the user"
            )
        return self


class LimitSettings(Section):
    """The table `[gateway.limits]`. Rates are for one address, and for one token; 0 is off."""

    body_bytes: Annotated[int, Field(gt=0)] = 4 * 1024 * 1024
    timeout_seconds: Annotated[float, Field(gt=0)] = 15.0
    stream_seconds: Annotated[float, Field(gt=0)] = 300.0
    connections: Annotated[int, Field(gt=0)] = 10_000
    header_kilobytes: Annotated[int, Field(ge=1, le=8192)] = 32
    headers: Annotated[int, Field(ge=10, le=10_000)] = 100
    request_seconds: Annotated[float, Field(gt=0)] = 30.0
    idle_seconds: Annotated[float, Field(gt=0)] = 300.0
    requests_per_second: Annotated[int, Field(ge=0)] = 5_000
    burst: Annotated[int, Field(ge=0)] = 10_000
    identity_requests_per_second: Annotated[int, Field(ge=0)] = 5_000
    identity_burst: Annotated[int, Field(ge=0)] = 10_000


class GatewaySettings(Section):
    """The table `[gateway]`."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    host: str = "127.0.0.1"
    public: Annotated[str, Field(pattern=r"^(https?://[^/?#\s]+)?$")] = ""
    """Where clients find the mesh, `https://shop.example`; empty: `http://localhost:<port>`."""
    cors: CorsSettings = CorsSettings()
    limits: LimitSettings = LimitSettings()


class BrokerSettings(Section):
    """`[broker]`: an empty bootstrap means the embedded broker."""

    bootstrap: str = ""
    fsync: bool = False


class ServiceSettings(Section):
    """`[services.NAME]`. `serves` names packages or services of the contract; by default `*.NAME.v*`."""

    command: str = ""
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    database: str = ""
    replicas: Annotated[int, Field(ge=1, le=32)] = 1
    serves: tuple[str, ...] = ()
    engine: Literal["grpcio", "native"] = "grpcio"
    threads: Annotated[int, Field(ge=1, le=512)] = 32
    streams: Annotated[int, Field(ge=0, le=512)] = 16


class FunctionsSettings(Section):
    """The table `[functions]`."""

    folder: str = "functions"


class TlsSettings(Section):
    """`[tls]`: mutual TLS between components. Paths are relative to the project.

    `folder` holds NAME.pem and NAME.key of each component, empty: STATE/certs, which `protomesh up` fills in
    development. `ca` is the authority that all trust, empty: ca.pem in that folder. With `gateway` clients
    come in over https.
    """

    enabled: bool = False
    ca: str = ""
    folder: str = ""
    gateway: bool = False


class IdentitySettings(Section):
    """The table `[identity]`. `clients` is relative to the project; `key_days` is how long a key signs."""

    clients: str = "policies/clients.json"
    key_days: Annotated[float, Field(ge=1, le=365)] = 30.0


NO_SERVICE = frozenset({"gateway", "functions", "protomesh"})
"""Names of certificates that no service may have."""


class Manifest(Section):
    """The whole of mesh.toml."""

    mesh: MeshSettings = MeshSettings()
    contract: ContractSettings = ContractSettings()
    gateway: GatewaySettings = GatewaySettings()
    broker: BrokerSettings = BrokerSettings()
    services: dict[Name, ServiceSettings] = {}
    functions: FunctionsSettings = FunctionsSettings()
    tls: TlsSettings = TlsSettings()
    identity: IdentitySettings = IdentitySettings()
    flows: dict[Name, tuple[Name, ...]] = {}

    @model_validator(mode="after")
    def _flows_name_services(self) -> "Manifest":
        for caller, callees in self.flows.items():
            for name in (caller, *callees):
                if name not in self.services and name != "functions":
                    raise ValueError(f"flows names '{name}', which is no service of this mesh")
        return self

    @model_validator(mode="after")
    def _tls_is_possible(self) -> "Manifest":
        if not self.tls.enabled:
            if self.tls.gateway:
                raise ValueError("tls.gateway: set tls.enabled = true too")
            return self
        for name, service in self.services.items():
            if name in NO_SERVICE:
                raise ValueError(
                    f"services.{name}: with tls.enabled this name belongs to another certificate"
                )
            if service.engine == "native":
                raise ValueError(
                    f"services.{name}.engine: 'native' cannot serve TLS; use 'grpcio', or tls.enabled = false"
                )
        return self
