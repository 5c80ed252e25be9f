"""Certificates renewed under running processes: nothing is started again, and no call is lost."""

import threading
from collections.abc import Iterator
from typing import Any

from protomesh.rpc import Call, MeshClients
from tests.integration.tls.conftest import Open, credentials, tls_of
from tests.support.answers import ask
from tests.support.certificates import Office
from tests.support.contracts import RING, stub_class
from tests.support.house import House


def shown(call: Call) -> bytes:
    """The certificate that the caller of `call` showed."""
    about: Any = call.context.auth_context()
    return bytes(about["x509_pem_cert"][0])


def test_a_whole_new_authority_needs_no_restart(office: Office, open_house: Open) -> None:
    seen: list[bytes] = []

    def note(request: Any, call: Call) -> Any:
        seen.append(shown(call))
        return request

    users = open_house("users", note)
    own = office.renewing("orders")
    clients = MeshClients(
        users.contract, {RING: users.address}, lambda: "", tls=tls_of(office, own.current).client
    )
    stub, new = clients.stub(stub_class(users.contract, RING)), users.contract.message("ring.v1.Note")
    stub.Say(new())
    before = office.issue("catalog").ca.read_bytes(), credentials(office.issue("catalog"))
    office.new_authority()
    files = [office.issue(name) for name in ("users", "orders")]
    stub.Say(new())
    assert seen[1] == files[1].certificate.read_bytes() != seen[0]
    assert before[0] != files[0].ca.read_bytes()
    with users.open_channel(before[1]) as channel:
        old = ask(users.contract, channel, users.contract.methods[f"{RING}/Say"], new(), timeout=5)
    assert old.code == "UNAVAILABLE", "whom the old authority vouched for is a stranger now"
    clients.close()


def test_a_stream_under_way_goes_on(office: Office, open_house: Open) -> None:
    more = threading.Event()

    def watch(request: Any, _call: Call) -> Iterator[Any]:
        yield request
        assert more.wait(30)
        yield request

    users: House = open_house("users", watch)
    own = office.renewing("orders")
    clients = MeshClients(
        users.contract, {RING: users.address}, lambda: "", tls=tls_of(office, own.current).client
    )
    stub, new = clients.stub(stub_class(users.contract, RING)), users.contract.message("ring.v1.Note")
    stream = stub.Count(new())
    next(stream)
    office.issue("orders")
    second = stub.Count(new())
    next(second)
    more.set()
    assert len(list(stream)) == len(list(second)) == 1
    clients.close()
