"""A project that is this one but for its policies, which a test may change."""

import shutil
from pathlib import Path

from tests.support.mesh import PROJECT

LINKED = ("mesh.toml", "protos", "gen", "gateway", "services", "functions")


def copy_of_project(folder: Path) -> Path:
    """`folder`, filled: everything is a link, and the policies are copies."""
    for name in LINKED:
        (folder / name).symlink_to(PROJECT / name)
    shutil.copytree(PROJECT / "policies", folder / "policies")
    return folder
