"""Public keys in files, read again when they change: an issuer's, or a folder with one for each service."""

import logging
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from protomesh.errors import ConfigError
from protomesh.tokens.identity import SERVICE
from protomesh.tokens.issuers import Issuer
from protomesh.tokens.keys import Key, parse_jwks

NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}")
"""What services and functions are called."""

Signature = tuple[int, int, int] | None
"""Time of change in nanoseconds, bytes and inode; None for a file that is not there."""


class KeyFile:
    """A key set in a file. Raises ConfigError when made; one that becomes wrong keeps its last good keys."""

    def __init__(self, path: Path, *, where: str, fix: str, log: logging.Logger) -> None:
        self._path, self._where, self._fix, self._log = path, where, fix, log
        self._seen = _signature(path)
        self.keys = _read(path, where, fix)

    def look(self) -> bool:
        """Read the file if it has changed; whether its keys may be others now."""
        seen = _signature(self._path)
        if seen == self._seen:
            return False
        self._seen = seen
        try:
            self.keys = _read(self._path, self._where, self._fix)
        except ConfigError as error:
            self._log.error("the last good keys stay: %s", error)
            return False
        self._log.info("%s: read anew, %s", self._path, ", ".join(key.kid for key in self.keys))
        return True


class ServiceKeys:
    """The keys of services: NAME.json yields `service:NAME` and nothing else.

    Where a name stands in several folders, the keys of all count. Raises ConfigError when made; later, a file
    that became wrong keeps its last good keys, and one that is gone takes its keys along.
    """

    def __init__(
        self, folders: Sequence[Path], audiences: Iterable[str], *, where: str, log: logging.Logger
    ) -> None:
        self._folders, self._where, self._log = folders, where, log
        self._audiences = frozenset(audiences)
        self._complaint = ""
        self._seen = self._found()
        self._files = {path: _read(path, where, "") for path in self._seen}
        self.issuers = self._issuers()

    def look(self) -> bool:
        """Read what has changed; whether anything may be different now."""
        try:
            found = self._found()
        except ConfigError as error:
            self._complain(str(error))
            return False
        self._complaint = ""
        if found == self._seen:
            return False
        self._files = {path: keys for path in found if (keys := self._again(path, found[path]))}
        self._seen = found
        self.issuers = self._issuers()
        return True

    def _complain(self, what: str) -> None:
        """Once, although this is looked at twice a second."""
        if what != self._complaint:
            self._log.error("the last good keys of services stay: %s", what)
        self._complaint = what

    def _again(self, path: Path, signature: Signature) -> tuple[Key, ...]:
        before = self._files.get(path, ())
        if self._seen.get(path) == signature:
            return before
        try:
            keys = _read(path, self._where, "")
        except ConfigError as error:
            self._log.error("the last good keys of '%s' stay: %s", path.stem, error)
            return before
        self._log.info("%s: read anew, %s", path, ", ".join(key.kid for key in keys))
        return keys

    def _found(self) -> dict[Path, Signature]:
        """Raises ConfigError for a file that names no service."""
        paths = [path for folder in self._folders for path in sorted(folder.glob("*.json"))]
        for path in paths:
            if not NAME.fullmatch(path.stem):
                fix = "call it NAME.json after its service or function"
                raise ConfigError("names no service", where=f"{self._where}: {path}", fix=fix)
        return {path: _signature(path) for path in paths}

    def _issuers(self) -> tuple[Issuer, ...]:
        keys: dict[str, dict[str, Key]] = {}
        for path, found in self._files.items():
            keys.setdefault(path.stem, {}).update({key.kid: key for key in found})
        return tuple(self._issuer(name, tuple(found.values())) for name, found in keys.items())

    def _issuer(self, name: str, keys: tuple[Key, ...]) -> Issuer:
        return Issuer(f"{SERVICE}{name}", self._audiences, keys, services=True, only=name)


def _signature(path: Path) -> Signature:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read(path: Path, where: str, fix: str) -> tuple[Key, ...]:
    """Raises ConfigError, with `fix` for a file that cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", where=where, fix=fix) from None
    return parse_jwks(content, f"{where}: {path}")
