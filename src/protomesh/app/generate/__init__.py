"""`protomesh gen`: everything that follows from the contract, written anew."""

from protomesh.app.generate.files import generate, stale

__all__ = ["generate", "stale"]
