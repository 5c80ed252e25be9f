"""Starts the portal: `python -m services.portal.main`."""

from protomesh.app import serve
from services.portal.handlers import Portal

if __name__ == "__main__":
    serve("portal", {"mesh.portal.v1.Portal": Portal})
