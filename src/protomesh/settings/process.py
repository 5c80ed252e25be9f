"""What one process is told by its environment: `PROTOMESH_STATE_DIR`, `PROTOMESH_PORT_BASE` and so on."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ProcessSettings(BaseSettings):
    """Set by `protomesh up` for each process it starts; by the deployment elsewhere. All have defaults."""

    model_config = SettingsConfigDict(env_prefix="PROTOMESH_", frozen=True, extra="ignore")

    manifest: Path = Path("mesh.toml")
    state_dir: Path = Path(".mesh")
    port_base: int = 0
    """0: the gateway's port of the manifest."""
    replica: int = 1
    host: str = "127.0.0.1"
    port: int = 0
    """The port to serve on; 0: the one that the manifest's rule gives this replica."""
    bootstrap: str = ""
    """Kafka's address; empty: that of the manifest, else the embedded broker's."""
    databases: dict[str, str] = Field(default_factory=dict)
    """SQLAlchemy URLs by service, as JSON; by default those of the manifest, else SQLite files."""
    addresses: dict[str, str] = Field(default_factory=dict)
    """Where other services are, as JSON `{"users": "dns:///users:9000"}`; by default the ports' rule."""
    environment: Literal["", "development", "production"] = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    metrics_port: int = -1
    """Prometheus port; -1: none."""
    note_file: Path | None = None
    """Where to say what is wrong while the process runs; `protomesh up` reads it."""
    keys_dir: str = ""
    """Where NAME.pem is, the private key that service or function NAME signs with; in development by default
    `keys/services` of the state directory, elsewhere it must be told."""
    keys_refresh_seconds: Annotated[float, Field(ge=1)] = 300.0
    """Between two looks at the keys of an issuer that lives elsewhere."""
    tls_enabled: Literal["", "true", "false"] = ""
    """Instead of the manifest's `[tls] enabled`."""
    tls_folder: str = ""
    """Instead of `[tls] folder`: where NAME.pem and NAME.key are."""
    tls_ca: str = ""
    """Instead of `[tls] ca`."""
    tls_certificate: str = ""
    """This process's own certificate, wherever the folder is; with it `tls_key`."""
    tls_key: str = ""
