"""Ports that somebody else has."""

import os
import socket
from contextlib import closing

import pytest

from protomesh.app.supervisor import Component
from protomesh.app.supervisor.ports import check, free, free_base
from protomesh.errors import ConfigError


def listener(*, shared: bool = False) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind(("127.0.0.1", 0))
    made.listen()
    return made


@pytest.mark.parametrize("shared", [False, True])
def test_a_taken_port_names_who_wants_it_and_who_has_it(shared: bool) -> None:
    with closing(listener(shared=shared)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError) as refused:
            check([Component("users", ("x",), address=f"127.0.0.1:{port}"), Component("relay", ("x",))])
    said = str(refused.value)
    assert f"port {port}, which users wants, is taken by pid {os.getpid()} (" in said
    assert "--port-base" in said


def test_the_wildcard_address_takes_it_too() -> None:
    with closing(socket.create_server(("0.0.0.0", 0))) as taken:  # noqa: S104 - the case under test
        assert not free(f"127.0.0.1:{taken.getsockname()[1]}")


def test_a_port_is_free_again_after_its_connections_closed() -> None:
    with closing(listener()) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()
        client.close()
    assert free(f"127.0.0.1:{port}")


def test_a_free_block_is_free() -> None:
    base = free_base((0, 1, 10))
    assert all(free(f"127.0.0.1:{base + offset}") for offset in (0, 1, 10))
