"""The command `protomesh`: one file per command, each imported only when it is run."""

from protomesh.cli.group import main

__all__ = ["main"]
