"""Functions found in a folder: `<folder>/<name>/main.py` each."""

import difflib
import hashlib
import importlib
import importlib.machinery
import importlib.util
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from types import ModuleType

from protomesh.contract import Contract
from protomesh.errors import ConfigError
from protomesh.functions.decorator import MARK, function
from protomesh.functions.spec import FunctionSpec


def discover(folder: Path) -> tuple[FunctionSpec, ...]:
    """Import every main.py and read the marked callables, in order of their names. Raises ConfigError.

    Each folder is a package of its own, so that main.py may import its neighbours relatively.
    """
    if not folder.is_dir():
        raise ConfigError("no such folder", where=str(folder))
    root = _package_of(folder.resolve())
    specs = [spec for main in sorted(folder.glob("*/main.py")) for spec in _read(root, main)]
    _refuse_twins(specs)
    return tuple(sorted(specs, key=lambda spec: spec.name))


def check_messages(specs: Iterable[FunctionSpec], contract: Contract) -> None:
    """Every function's message must be one of the contract's. Raises ConfigError."""
    for spec in specs:
        try:
            contract.message(spec.message)
        except KeyError:
            raise ConfigError(
                f"the contract has no message {spec.message}", where=_where(spec), fix="run make gen"
            ) from None


def check_topics(specs: Iterable[FunctionSpec], topics: Collection[str]) -> None:
    """Every function's topic must be a declared one. Raises ConfigError with the nearest name."""
    for spec in specs:
        if spec.topic not in topics:
            near = difflib.get_close_matches(spec.topic, topics, n=1)
            fix = f"did you mean {near[0]}?" if near else f"topics are {', '.join(sorted(topics)) or 'none'}"
            raise ConfigError(f"no such topic: {spec.topic}", where=_where(spec), fix=fix)


def _where(spec: FunctionSpec) -> str:
    return f"{spec.file}: @{function.__name__} {spec.name}"


def _package_of(folder: Path) -> str:
    """A package for the folder, named by its path, so that two folders never share modules."""
    name = f"protomesh_functions_{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
    if name not in sys.modules:
        spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        sys.modules[name] = importlib.util.module_from_spec(spec)
    return name


def _read(root: str, main: Path) -> list[FunctionSpec]:
    module = _load(f"{root}.{main.parent.name}.main", main)
    found = list(_marked(module))
    if not found:
        raise ConfigError("nothing in it is marked with @function", where=str(main))
    return found


def _load(name: str, main: Path) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ConfigError:
        raise
    except (Exception, SystemExit) as error:
        raise ConfigError(f"cannot be imported: {type(error).__name__}: {error}", where=str(main)) from error


def _marked(module: ModuleType) -> Iterator[FunctionSpec]:
    """Those defined there: one that is only imported belongs elsewhere."""
    for value in vars(module).values():
        spec = getattr(value, MARK, None)
        if isinstance(spec, FunctionSpec) and value.__module__ == module.__name__:
            yield spec


def _refuse_twins(specs: Iterable[FunctionSpec]) -> None:
    seen: dict[str, FunctionSpec] = {}
    for spec in specs:
        twin = seen.setdefault(spec.name, spec)
        if twin is not spec:
            raise ConfigError(f"{spec.name} is also in {twin.file}", where=str(spec.file), fix="rename one")
