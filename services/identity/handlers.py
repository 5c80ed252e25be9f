"""mesh.identity.v1.Identity: requests in, logins and credentials asked, messages and pages out."""

import json

from google.api import httpbody_pb2
from google.protobuf import empty_pb2

from protomesh.context import Context
from protomesh.identity import Passwords, Rotation
from protomesh.rpc import Call
from protomesh_pb.mesh.identity.v1 import identity_pb2 as pb
from services.identity import sessions
from services.identity.clients import Clients
from services.identity.credentials import Credentials
from services.identity.door import Door
from services.identity.keyring import Keyring
from services.identity.logins import Logins, Tokens
from services.identity.throttle import Throttle
from services.identity.upkeep import Upkeep

JSON = "application/json"
DAY = 86_400.0
KEPT = (("cache-control", "public, max-age=300"),)
"""Less than a key is published before it signs."""


class Identity:
    """Logs people in."""

    def __init__(
        self, context: Context, passwords: Passwords | None = None, registering: Passwords | None = None
    ) -> None:
        self._public = context.public
        hashes = passwords or Passwords()
        self._keyring = Keyring(
            context.database, context.clock, context.public, Rotation(context.identity.key_days * DAY)
        )
        self._upkeep = Upkeep(context.database, context.clock)
        throttle = Throttle(context.database, context.clock, self._upkeep)
        self._logins = Logins(context, hashes, self._keyring, throttle, context.roles)
        self._door = Door(self._logins, context.public, context.clock)
        # In a line of their own: registrations are not throttled by account, and must not keep logins out.
        self._credentials = Credentials(context, registering or passwords or Passwords(at_once=2, in_line=10))
        self._clients = Clients(context, hashes, self._keyring, throttle)

    def Login(self, request: pb.LoginRequest, call: Call) -> pb.TokenPair:
        return _pair(self._logins.log_in(request.user_id, request.password, call))

    def Refresh(self, request: pb.RefreshRequest, _call: Call) -> pb.TokenPair:
        self._upkeep.now_and_then()
        return _pair(self._logins.refresh(request.refresh_token))

    def Logout(self, _request: pb.LogoutRequest, call: Call) -> empty_pb2.Empty:
        self._logins.log_out(call)
        sessions.forget(call)
        return empty_pb2.Empty()

    def LoginPage(self, request: pb.LoginPageRequest, call: Call) -> httpbody_pb2.HttpBody:
        return self._door.show(request.return_to, call)

    def SubmitLogin(self, request: pb.SubmitLoginRequest, call: Call) -> httpbody_pb2.HttpBody:
        return self._door.take(request.form.content_type, request.form.data, call)

    def GetJwks(self, _request: pb.GetJwksRequest, call: Call) -> httpbody_pb2.HttpBody:
        call.respond(200, KEPT)
        return httpbody_pb2.HttpBody(content_type=JSON, data=json.dumps(self._keyring.jwks()).encode())

    def GetConfiguration(self, _request: pb.GetConfigurationRequest, call: Call) -> httpbody_pb2.HttpBody:
        call.respond(200, KEPT)
        return httpbody_pb2.HttpBody(
            content_type=JSON, data=json.dumps(_configuration(self._public)).encode()
        )

    def IssueServiceToken(self, request: pb.IssueServiceTokenRequest, call: Call) -> pb.TokenPair:
        token = self._clients.token(request.client_id, request.client_secret, call)
        return _pair(Tokens(token, ""))

    def PutCredential(self, request: pb.PutCredentialRequest, _call: Call) -> empty_pb2.Empty:
        self._credentials.put(request.user_id, request.password)
        return empty_pb2.Empty()

    def DeleteCredential(self, request: pb.DeleteCredentialRequest, call: Call) -> empty_pb2.Empty:
        self._credentials.delete(call.tx, request.user_id)
        return empty_pb2.Empty()

    def PurgeCredentials(self, _request: pb.PurgeCredentialsRequest, call: Call) -> empty_pb2.Empty:
        self._upkeep.forget(call.tx)
        return empty_pb2.Empty()


def _pair(tokens: Tokens) -> pb.TokenPair:
    return pb.TokenPair(
        access_token=tokens.access,
        refresh_token=tokens.refresh,
        expires_in=tokens.lifetime,
        token_type="Bearer",  # noqa: S106 - the scheme's name, RFC 6750
    )


def _configuration(public: str) -> dict[str, object]:
    """OpenID Connect Discovery 1.0, section 3, as far as it is true of us."""
    return {
        "issuer": public,
        "jwks_uri": f"{public}/.well-known/jwks.json",
        "token_endpoint": f"{public}/api/login",
        "id_token_signing_alg_values_supported": ["ES256"],
        "subject_types_supported": ["public"],
        "response_types_supported": ["token"],
    }
