from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from protomesh.certificates import Files, Material, Renewing
from protomesh.contract import Contract
from protomesh.rpc import ClientTls, Peers
from tests.support.certificates import MESH, SERVICES, Office
from tests.support.contracts import RING
from tests.support.house import House, Tls
from tests.support.ring import Do, Rings

Open = Callable[..., House]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "certs")


def credentials(files: Files) -> grpc.ChannelCredentials:
    """Whatever is in the files, good or bad."""
    return grpc.ssl_channel_credentials(
        files.ca.read_bytes(), files.key.read_bytes(), files.certificate.read_bytes()
    )


def tls_of(office: Office, own: Callable[[], Material], **servers: str) -> Tls:
    return Tls(
        own,
        ClientTls(own, {RING: "users", **servers}),
        Peers(MESH, SERVICES),
        credentials(office.issue("gateway")),
    )


@pytest.fixture
def open_house(tmp_path: Path, ring_contract: Contract, office: Office) -> Iterator[Open]:
    """A server of the ring called `name`, with that component's certificate or another."""
    rings = Rings(tmp_path, ring_contract, "grpcio")

    def open_(name: str, do: Do | None = None, own: Renewing | None = None, **options: Any) -> House:
        tls = tls_of(office, (own or office.renewing(name)).current)
        return rings(do, name=name, tls=tls, **options)

    yield open_
    rings.close()
