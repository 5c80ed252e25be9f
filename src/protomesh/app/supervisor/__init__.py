"""The supervisor: starts the components of a mesh, keeps them up and stops them in order.

It is a program of its own, `python -m protomesh.app.supervisor STATE`, which reads STATE/plan.json and
imports little, so that it stays small. `supervisor.plan` says which components a manifest means, and
`supervisor.prepare` writes what they need; both are imported by name where they are used.
"""

from protomesh.app.supervisor.component import Component, Plan, ReadyRule, Restart
from protomesh.app.supervisor.record import Record, Row

__all__ = ["Component", "Plan", "ReadyRule", "Record", "Restart", "Row"]
