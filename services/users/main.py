"""Starts the users service: `python -m services.users.main`."""

from pathlib import Path

from protomesh.app import serve
from services.users.handlers import Users

if __name__ == "__main__":
    serve("users", {"shop.users.v1.Users": Users}, migrations=Path(__file__).parent / "migrations")
