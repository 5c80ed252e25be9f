"""Mutual TLS (1.2 and later, gRPC's own rule) from certificates that may be renewed at any time."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import grpc

from protomesh.certificates import FUNCTIONS, GATEWAY, RESERVED, Material, component
from protomesh.errors import Unauthenticated
from protomesh.rpc.call import Call
from protomesh.tokens import Identity

Current = Callable[[], Material]
"""The certificate as it is now: the same object until it is renewed."""

URI, DNS = "peer_uri", "peer_dns"
"""Keys of grpc.ServicerContext.auth_context, see grpc_security_constants.h."""


def server_credentials(current: Current) -> grpc.ServerCredentials:
    """Every client must show a certificate of the same authority.

    Renewed files count from the next handshake.
    """
    used = [current()]

    def fetch() -> grpc.ServerCertificateConfiguration | None:
        found = current()
        if found is used[0]:
            return None
        used[0] = found
        return _configuration(found)

    return grpc.dynamic_ssl_server_credentials(
        _configuration(used[0]),
        fetch,  # type: ignore[arg-type]  # None is allowed, and means no change
        require_client_authentication=True,
    )


def channel_credentials(material: Material) -> grpc.ChannelCredentials:
    """For the client's end."""
    return grpc.ssl_channel_credentials(material.ca, material.key, material.certificate)


def _configuration(material: Material) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration(
        [(material.key, material.certificate)], root_certificates=material.ca
    )


@dataclass(frozen=True, slots=True)
class Peers:
    """Who calls, by certificate: called by the auth interceptor of a server with TLS.

    `services` are the names of `[services.NAME]`. The certificate of a service is its identity, as its token
    would be. Those of the gateway, of the functions' process and of the command give none: others speak
    through them, by tokens.
    """

    mesh: str
    services: Collection[str]

    def __call__(self, call: Call, token: Identity | None) -> Identity | None:
        """The calling service, where `token` is what its service token says.

        Raises Unauthenticated for a certificate of nobody here, and for a token that contradicts it.
        """
        name = self._name(call)
        if name != GATEWAY:
            call.rest = False  # nobody else may say that a call came as REST
        if name in self.services:
            if token is not None and token.service != name:
                raise Unauthenticated(f"x-service-authorization is not that of '{name}', who calls")
            return token or Identity(service=name)
        if name == FUNCTIONS and token is not None and token.service in self.services:
            raise Unauthenticated("x-service-authorization is that of a service, and a function calls")
        return token

    def _name(self, call: Call) -> str:
        about: Any = call.context.auth_context()  # its values are lists, whatever its types say
        uris, names = (
            [value.decode("utf-8", "replace") for value in about.get(key, ())] for key in (URI, DNS)
        )
        found = component(self.mesh, {*self.services, *RESERVED}, uris, names)
        if not found:
            raise Unauthenticated("the client's certificate names no component of this mesh")
        return found
