"""mesh.portal.v1.Portal: the entry. Its links follow from contract and policy, as all links do."""

from protomesh.context import Context
from protomesh.rpc import Call
from protomesh_pb.mesh.portal.v1 import portal_pb2 as pb


class Portal:
    """The front door."""

    def __init__(self, context: Context) -> None:
        pass

    def GetEntry(self, _request: pb.GetEntryRequest, _call: Call) -> pb.Entry:
        return pb.Entry()
