"""The contracts that tests run on: the shop's, and a small one with all four kinds of RPC."""

from pathlib import Path
from typing import Any

import grpc

from protomesh.app.generate.compile import descriptors
from protomesh.contract import Contract, Kind, Method

ROOT = Path(__file__).parents[2]
RING = "ring.v1.Ring"


def compile_ring(folder: Path) -> Contract:
    """`ring.proto`, compiled as a project's own files are; classes come out of the descriptors."""
    out = folder / "ring.binpb"
    descriptors(Path(__file__).parent / "protos", out)
    return Contract.load(out)


def load_shop() -> Contract:
    return Contract.load(ROOT / "gen/descriptors.binpb", "shop_pb")


OPEN = {
    Kind.UNARY: "unary_unary",
    Kind.SERVER_STREAM: "unary_stream",
    Kind.CLIENT_STREAM: "stream_unary",
    Kind.BIDI: "stream_stream",
}


def callable_of(contract: Contract, method: Method, channel: grpc.Channel) -> Any:
    """What a generated stub has for the method. Requests given as bytes go out as they are."""
    return getattr(channel, OPEN[method.kind])(
        method.path,
        request_serializer=lambda message: (
            message if isinstance(message, bytes) else message.SerializeToString()
        ),
        response_deserializer=contract.message(method.response).FromString,
    )


def stub_class(contract: Contract, service: str) -> type[Any]:
    """A class as protoc generates them, for a contract that has no generated code."""

    class Stub:
        def __init__(self, channel: grpc.Channel) -> None:
            for method in contract.services[service].methods:
                setattr(self, method.name, callable_of(contract, method, channel))

    return Stub
