"""mesh.toml read, with errors that name the file, the key and what to do."""

import difflib
import tomllib
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_settings import SettingsError

from protomesh.errors import ConfigError
from protomesh.settings.manifest import Manifest
from protomesh.settings.process import ProcessSettings


def load_manifest(path: Path) -> Manifest:
    """Read the manifest. Raises ConfigError."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError(
            "no such file", where=str(path), fix="run in the folder of mesh.toml, or name it with --manifest"
        ) from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"not TOML: {error}", where=str(path)) from None
    try:
        return Manifest.model_validate(data)
    except ValidationError as error:
        raise ConfigError(_explain(error), where=str(path)) from None


def load_process() -> ProcessSettings:
    """Read the environment. Raises ConfigError naming each variable that is wrong."""
    try:
        return ProcessSettings()
    except ValidationError as error:
        problems = "; ".join(f"{_variable(each['loc'])}: {each['msg']}" for each in error.errors())
        raise ConfigError(problems, where="environment") from None
    except SettingsError as error:
        raise ConfigError(str(error), where="environment", fix="write JSON") from None


def _variable(location: tuple[int | str, ...]) -> str:
    return f"PROTOMESH_{location[0]}".upper()


def _explain(error: ValidationError) -> str:
    """All problems in one line each: `gateway.prt: unknown key, did you mean 'port'?`."""
    lines = []
    for problem in error.errors():
        where = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            lines.append(f"{where}: unknown key{_nearest(problem['loc'])}")
        else:
            message = problem["msg"].removeprefix("Value error, ")
            lines.append(f"{where}: {message}" if where else message)
    return "; ".join(lines)


def _nearest(location: tuple[int | str, ...]) -> str:
    annotation: Any = Manifest
    for part in location[:-1]:
        fields = getattr(annotation, "model_fields", None)
        # `services` is a table of tables: under any of its names stands the same kind
        annotation = fields[str(part)].annotation if fields else get_args(annotation)[-1]
    near = difflib.get_close_matches(str(location[-1]), list(annotation.model_fields), n=1)
    return f", did you mean '{near[0]}'?" if near else ""
