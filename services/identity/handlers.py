"""mesh.identity.v1.Identity: requests in, logins and credentials asked, messages and pages out."""

import json

from google.api import httpbody_pb2
from google.protobuf import empty_pb2

from protomesh.context import Context
from protomesh.errors import InvalidArgument, MeshError, PermissionDenied, ResourceExhausted, Unauthenticated
from protomesh.identity import (
    CONTENT_TYPE,
    HEADERS,
    LoginForm,
    Passwords,
    login_page,
    must_be_ours,
    read_form,
    safe_return,
)
from protomesh.policy import Caller
from protomesh.rpc import Call
from protomesh.tokens import COOKIE
from protomesh_pb.mesh.identity.v1 import identity_pb2 as pb
from services.identity.clients import Clients
from services.identity.credentials import Credentials
from services.identity.keyring import Keyring
from services.identity.logins import Logins, Tokens
from services.identity.throttle import Throttle

JSON = "application/json"
KEPT = (("cache-control", "public, max-age=300"),)
"""Less than a key is published before it signs."""
STATUSES: dict[type[MeshError], int] = {
    Unauthenticated: 401,
    ResourceExhausted: 429,
    InvalidArgument: 400,
    PermissionDenied: 403,
}


class Identity:
    """Logs people in."""

    def __init__(self, context: Context, passwords: Passwords | None = None) -> None:
        self._public = context.public
        hashes = passwords or Passwords()
        self._keyring = Keyring(context.database, context.clock, context.public)
        throttle = Throttle(context.database, context.clock)
        self._logins = Logins(context, hashes, self._keyring, throttle, lambda _user: ())
        self._credentials = Credentials(context, hashes)
        self._clients = Clients(context, hashes, self._keyring, throttle)

    def Login(self, request: pb.LoginRequest, call: Call) -> pb.TokenPair:
        return _pair(self._logins.log_in(request.user_id, request.password, call))

    def Refresh(self, request: pb.RefreshRequest, _call: Call) -> pb.TokenPair:
        return _pair(self._logins.refresh(request.refresh_token))

    def Logout(self, _request: pb.LogoutRequest, call: Call) -> empty_pb2.Empty:
        self._logins.log_out(call)
        return empty_pb2.Empty()

    def LoginPage(self, request: pb.LoginPageRequest, call: Call) -> httpbody_pb2.HttpBody:
        return _page(call, 200, LoginForm(return_to=request.return_to))

    def SubmitLogin(self, request: pb.SubmitLoginRequest, call: Call) -> httpbody_pb2.HttpBody:
        form = LoginForm()
        try:
            must_be_ours(call.metadata, self._public)
            form = read_form(request.form.content_type, request.form.data)
            tokens = self._logins.log_in(form.user_id, form.password, call)
        except (Unauthenticated, ResourceExhausted, InvalidArgument, PermissionDenied) as error:
            call.identity = Caller()  # nobody, for the events of this call: whoever sent the form has failed
            call.changed = not isinstance(error, ResourceExhausted)
            return _page(call, STATUSES[type(error)], form, error)
        return self._welcome(call, tokens, form.return_to)

    def _welcome(self, call: Call, tokens: Tokens, return_to: str) -> httpbody_pb2.HttpBody:
        cookie = (
            f"{COOKIE}={tokens.access}; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age={tokens.lifetime}"
        )
        target = safe_return(return_to)
        call.respond(303, (("location", target), ("set-cookie", cookie), ("cache-control", "no-store")))
        return httpbody_pb2.HttpBody(content_type=CONTENT_TYPE)

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
        self._credentials.purge(call.tx)
        return empty_pb2.Empty()


def _pair(tokens: Tokens) -> pb.TokenPair:
    return pb.TokenPair(
        access_token=tokens.access,
        refresh_token=tokens.refresh,
        expires_in=tokens.lifetime,
        token_type="Bearer",  # noqa: S106 - the scheme's name, RFC 6750
    )


def _page(call: Call, status: int, form: LoginForm, error: MeshError | None = None) -> httpbody_pb2.HttpBody:
    """The form, with what went wrong above it."""
    later = (("retry-after", str(int(error.retry_after) + 1)),) if error and error.retry_after else ()
    call.respond(status, (*HEADERS, *later))
    fault = f"{error.message[:1].upper()}{error.message[1:]}." if error else ""
    return httpbody_pb2.HttpBody(
        content_type=CONTENT_TYPE, data=login_page(safe_return(form.return_to), form.user_id, fault)
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
