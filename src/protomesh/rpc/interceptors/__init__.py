"""The interceptors, outermost first: status, links, telemetry, auth, conditions, validation, events."""

from protomesh.rpc.interceptors.auth import Auth
from protomesh.rpc.interceptors.conditions import Conditions
from protomesh.rpc.interceptors.denials import Denials
from protomesh.rpc.interceptors.events import Events
from protomesh.rpc.interceptors.links import Links
from protomesh.rpc.interceptors.status import Status
from protomesh.rpc.interceptors.telemetry import Telemetry
from protomesh.rpc.interceptors.validation import Validation

__all__ = ["Auth", "Conditions", "Denials", "Events", "Links", "Status", "Telemetry", "Validation"]
