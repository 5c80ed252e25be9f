"""Certificates of a mesh: who they name, made for development, read and checked for use."""

from protomesh.certificates.authority import Authority
from protomesh.certificates.files import Files, Material, load
from protomesh.certificates.folder import Made, ensure
from protomesh.certificates.names import COMMAND, FUNCTIONS, GATEWAY, RESERVED, component, spiffe
from protomesh.certificates.renewing import Renewing

__all__ = [
    "COMMAND",
    "FUNCTIONS",
    "GATEWAY",
    "RESERVED",
    "Authority",
    "Files",
    "Made",
    "Material",
    "Renewing",
    "component",
    "ensure",
    "load",
    "spiffe",
]
