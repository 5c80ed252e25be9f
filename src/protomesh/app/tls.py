"""Which certificate files a process uses, by manifest and environment."""

from pathlib import Path

from protomesh.certificates import COMMAND, FUNCTIONS, GATEWAY, Files
from protomesh.errors import ConfigError
from protomesh.settings import Manifest, ProcessSettings

DEFAULT = "certs"
"""The folder in the state directory."""


def enabled(manifest: Manifest, settings: ProcessSettings) -> bool:
    """Whether the components of this mesh speak TLS."""
    return manifest.tls.enabled if settings.tls_enabled == "" else settings.tls_enabled == "true"


def made_here(manifest: Manifest, settings: ProcessSettings) -> bool:
    """Whether the certificates are those of development, in the state directory."""
    told = (manifest.tls.ca, manifest.tls.folder, settings.tls_ca, settings.tls_folder)
    return not any((*told, settings.tls_certificate))


def components(manifest: Manifest) -> tuple[str, ...]:
    """Everyone who has a certificate."""
    return (*manifest.services, FUNCTIONS, GATEWAY, COMMAND)


def files(manifest: Manifest, settings: ProcessSettings, project: Path, state: Path, name: str) -> Files:
    """The files of component `name`; what the environment says comes first. Raises ConfigError."""
    folder = settings.tls_folder or manifest.tls.folder
    found = Files.of(project / folder if folder else state / DEFAULT, name)
    ca = settings.tls_ca or manifest.tls.ca
    if bool(settings.tls_certificate) != bool(settings.tls_key):
        raise ConfigError(
            "a certificate and its key are told together",
            where="environment",
            fix="set both PROTOMESH_TLS_CERTIFICATE and PROTOMESH_TLS_KEY, or neither",
        )
    return Files(
        project / ca if ca else found.ca,
        project / settings.tls_certificate if settings.tls_certificate else found.certificate,
        project / settings.tls_key if settings.tls_key else found.key,
    )
