"""The composition root: the only module that knows every room.

Parts are loaded when they are used, so that the supervisor stays small.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from protomesh.app.service import serve

__all__ = ["serve"]


def __getattr__(name: str) -> Any:
    if name == "serve":
        from protomesh.app.service import serve  # noqa: PLC0415 - see the module

        return serve
    raise AttributeError(f"module 'protomesh.app' has no attribute '{name}'")
