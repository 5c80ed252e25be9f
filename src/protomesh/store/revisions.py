"""The newest revisions of a folder, read from its files without running them."""

import ast
from collections.abc import Iterator
from pathlib import Path

_NAMES = frozenset({"revision", "down_revision"})


def newest(versions: Path) -> frozenset[str] | None:
    """Revisions that no other one follows; None where the files do not say it plainly, or there are none."""
    revisions: set[str] = set()
    followed: set[str] = set()
    for path in versions.glob("*.py"):
        if path.name == "__init__.py":
            continue
        said = dict(_said(path))
        revision, before = said.get("revision"), said.get("down_revision", ())
        if not isinstance(revision, str) or not isinstance(before, str | tuple | list | None):
            return None
        revisions.add(revision)
        followed.update((before,) if isinstance(before, str) else before or ())
    return frozenset(revisions - followed) or None


def _said(path: Path) -> Iterator[tuple[str, object]]:
    """The constants among the two names; an expression counts as Ellipsis, which is none."""
    for node in ast.parse(path.read_bytes()).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and target.id in _NAMES:
                yield target.id, _constant(node)


def _constant(node: ast.stmt) -> object:
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    try:
        return ... if value is None else ast.literal_eval(value)
    except ValueError:
        return ...
