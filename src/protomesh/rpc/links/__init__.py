"""Links (RFC 8288): planned once for each method from the contract, offered call by call by the policy."""

from protomesh.rpc.links.address import turned
from protomesh.rpc.links.check import problems
from protomesh.rpc.links.header import header
from protomesh.rpc.links.offers import Offer, Offers, Reader
from protomesh.rpc.links.plan import ListPlan, ResourcePlan, plan_of
from protomesh.rpc.links.target import Target

__all__ = [
    "ListPlan",
    "Offer",
    "Offers",
    "Reader",
    "ResourcePlan",
    "Target",
    "header",
    "plan_of",
    "problems",
    "turned",
]
