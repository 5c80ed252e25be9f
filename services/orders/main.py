"""Starts the orders service: `python -m services.orders.main`."""

from pathlib import Path

from protomesh.app import serve
from services.orders.handlers import Orders

if __name__ == "__main__":
    serve("orders", {"shop.orders.v1.Orders": Orders}, migrations=Path(__file__).parent / "migrations")
