"""Starts the identity service: `python -m services.identity.main`."""

from pathlib import Path

from protomesh.app import serve
from services.identity.handlers import Identity

if __name__ == "__main__":
    serve(
        "identity", {"mesh.identity.v1.Identity": Identity}, migrations=Path(__file__).parent / "migrations"
    )
