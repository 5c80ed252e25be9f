"""mesh.toml read, with errors that name the file, the key and what to do."""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ValidationError

from protomesh.errors import ConfigError
from protomesh.settings.manifest import Manifest


def load_manifest(path: Path) -> Manifest:
    """Read the manifest. Raises ConfigError."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError("no such file", where=str(path), fix="run in the folder of mesh.toml, or name it with --manifest") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"not TOML: {error}", where=str(path)) from None
    try:
        return Manifest.model_validate(data)
    except ValidationError as error:
        raise ConfigError(_explain(error, data), where=str(path)) from None


def _explain(error: ValidationError, data: Mapping[str, object]) -> str:
    """All problems in one line each: `gateway.prt: unknown key, did you mean 'port'?`."""
    lines = []
    for problem in error.errors():
        where = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            lines.append(f"{where}: unknown key{_nearest(problem['loc'])}")
        else:
            lines.append(f"{where}: {problem['msg']}" if where else problem["msg"])
    return "; ".join(lines)


def _nearest(location: tuple[int | str, ...]) -> str:
    fields = Manifest.model_fields
    for part in location[:-1]:
        annotation = fields[str(part)].annotation if str(part) in fields else None
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            fields = annotation.model_fields
    near = difflib.get_close_matches(str(location[-1]), list(fields), n=1)
    return f", did you mean '{near[0]}'?" if near else ""
