"""Certificates that are read again when their files change, so that a renewal needs no restart."""

import logging
import threading
from collections.abc import Callable

from protomesh.certificates.files import Files, Material, load
from protomesh.certificates.names import component
from protomesh.errors import ConfigError

Stamp = tuple[tuple[int, int, int], ...]


class Renewing:
    """The last good content of the files; thread safe.

    Made with `name`, the component they must name. Raises ConfigError where they are wrong at the start;
    later a change that is wrong is told to the log once, and what was good before stays.
    """

    def __init__(
        self, files: Files, *, mesh: str, name: str, now: Callable[[], float], log: logging.Logger
    ) -> None:
        self._files = files
        self._mesh, self._name = mesh, name
        self._now = now
        self._log = log
        self._lock = threading.Lock()
        self._stamp = self._look()
        self._material = self._load()

    def current(self) -> Material:
        """The same object until a file changes. Costs a look at three files' dates."""
        stamp = self._look()
        if stamp != self._stamp:
            with self._lock:
                if stamp != self._stamp:
                    self._stamp = stamp
                    self._read_again()
        return self._material

    def _read_again(self) -> None:
        try:
            self._material = self._load()
        except ConfigError as error:
            self._log.warning("the changed certificate is not used: %s", error)
        else:
            self._log.info("certificate %s was read again", self._files.certificate)

    def _load(self) -> Material:
        found = load(self._files, self._now())
        if component(self._mesh, [self._name], found.uris, found.names) != self._name:
            said = ", ".join((*found.uris, *found.names)) or "nobody"
            raise ConfigError(
                f"names {said}, not '{self._name}' of mesh '{self._mesh}'",
                where=str(self._files.certificate),
                fix=f"use the certificate of {self._name}",
            )
        return found

    def _look(self) -> Stamp:
        """Taken before the files are read: what changes in between is read once more."""
        found = []
        for path in (self._files.ca, self._files.certificate, self._files.key):
            try:
                about = path.stat()
            except OSError:
                found.append((0, 0, 0))
            else:
                found.append((about.st_ino, about.st_mtime_ns, about.st_size))
        return tuple(found)
