"""Starts the catalog service: `python -m services.catalog.main`."""

from pathlib import Path

from protomesh.app import serve
from services.catalog.handlers import Catalog

if __name__ == "__main__":
    serve("catalog", {"shop.catalog.v1.Catalog": Catalog}, migrations=Path(__file__).parent / "migrations")
