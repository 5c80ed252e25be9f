"""The contract of a project, for a process that was not started with its generated code on the path."""

import sys

from protomesh.app.supervisor.paths import Paths
from protomesh.contract import Contract
from protomesh.settings import Manifest


def load_contract(paths: Paths, manifest: Manifest) -> Contract:
    """The contract, with the project's own generated classes. Raises ConfigError."""
    generated = paths.project / manifest.contract.generated
    if str(generated / "python") not in sys.path:
        sys.path.append(str(generated / "python"))
    return Contract.load(generated / "descriptors.binpb", manifest.contract.python)
