"""A mesh's certificates for tests: good ones, and each kind of bad one."""

import logging
import time
from datetime import timedelta
from pathlib import Path

from protomesh.certificates import Authority, Files, Renewing
from protomesh.certificates.pem import certificate_pem, key_pem, new_key

MESH = "shop"
SERVICES = frozenset({"users", "catalog", "orders"})


def put(path: Path, content: bytes) -> None:
    """By rename, as whoever renews certificates does."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(content)
    fresh.rename(path)


class Office:
    """One authority; its certificates are in `folder`."""

    def __init__(self, folder: Path, mesh: str = MESH) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.mesh = folder, mesh
        self.authority = self.new_authority()

    def new_authority(self) -> Authority:
        """Another key, and ca.pem with nobody else in it."""
        self.authority = Authority.new(self.mesh, time.time())
        put(self.folder / "ca.pem", certificate_pem(self.authority.certificate))
        return self.authority

    def issue(self, name: str, *, by: "Office | None" = None, ago: float = 0.0, days: float = 30) -> Files:
        """Write NAME.pem and NAME.key; issued `ago` seconds ago, `by` another authority if one is given."""
        authority = (by or self).authority
        files = Files.of(self.folder, name)
        key = new_key()
        since = time.time() - ago
        certificate = authority.issue(name, key, since, timedelta(days=days))
        put(files.key, key_pem(key))
        put(files.certificate, certificate_pem(certificate))
        return files

    def renewing(self, name: str, files: Files | None = None, *, now: float | None = None) -> Renewing:
        """As a component `name` holds it. `now` stands for a clock that goes wrong."""
        at = time.time if now is None else lambda: now
        log = logging.getLogger(f"tests.{name}")
        return Renewing(files or self.issue(name), mesh=self.mesh, name=name, now=at, log=log)
