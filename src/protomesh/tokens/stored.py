"""A copy on disk of the last good key set of an issuer, for a start while the issuer is away."""

import hashlib
import json
import os
import re
import tempfile
from pathlib import Path

from protomesh.errors import ConfigError


class StoredKeys:
    """One file in a folder: `STATE/jwks/login-example-1f2e….json`. Several processes may write it."""

    def __init__(self, folder: Path, issuer: str, source: str) -> None:
        name = re.sub(r"[^a-z0-9]+", "-", issuer.lower()).strip("-")[:40]
        digest = hashlib.sha256(f"{issuer}\0{source}".encode()).hexdigest()[:16]
        self.path = folder / f"{name}-{digest}.json"
        self._origin = {"issuer": issuer, "source": source}

    def read(self) -> bytes | None:
        """The key set as it came, None where there is no copy. Raises ConfigError for a broken one."""
        try:
            found = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(f"cannot be read: {error.strerror}", where=str(self.path)) from None
        except (ValueError, RecursionError):
            raise ConfigError("is not JSON", where=str(self.path)) from None
        if not isinstance(found, dict) or any(found.get(name) != it for name, it in self._origin.items()):
            raise ConfigError("is no copy of this issuer's keys", where=str(self.path))
        return json.dumps(found.get("jwks")).encode()

    def write(self, content: bytes) -> None:
        """Replace the copy as a whole. Raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        whole = {**self._origin, "jwks": json.loads(content)}
        descriptor, fresh = tempfile.mkstemp(dir=self.path.parent, prefix=".new-")  # for its owner alone
        try:
            with os.fdopen(descriptor, "w") as file:
                json.dump(whole, file)
                file.flush()
                os.fsync(file.fileno())
            Path(fresh).replace(self.path)
        except BaseException:
            Path(fresh).unlink(missing_ok=True)
            raise
