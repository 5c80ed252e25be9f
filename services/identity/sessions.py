"""What a browser keeps of a login: the access token, and for the login page alone the refresh token."""

from protomesh.identity import LIFETIME
from protomesh.rpc import Call
from protomesh.tokens import COOKIE, token_of_cookie
from services.identity.logins import Tokens

RENEWAL = "protomesh_renewal"
GUARDED = "HttpOnly; Secure; SameSite=Lax"
EVERYWHERE, AT_LOGIN = "/", "/login"


def keep(call: Call, tokens: Tokens) -> None:
    """The browser is logged in from here on."""
    call.set_cookie(_cookie(COOKIE, tokens.access, EVERYWHERE, tokens.lifetime))
    call.set_cookie(_cookie(RENEWAL, tokens.refresh, AT_LOGIN, int(LIFETIME)))


def forget(call: Call) -> None:
    """The browser is logged in no more."""
    call.set_cookie(_cookie(COOKIE, "", EVERYWHERE, 0))
    forget_renewal(call)


def forget_renewal(call: Call) -> None:
    """The browser's refresh token counts no more."""
    call.set_cookie(_cookie(RENEWAL, "", AT_LOGIN, 0))


def renewal(call: Call) -> str:
    """The browser's refresh token, where it asks for the page itself; "" for none."""
    header = call.metadata.get("cookie")
    if not isinstance(header, str) or call.metadata.get("x-envoy-original-method") != "GET":
        return ""
    return token_of_cookie(header, RENEWAL)


def _cookie(name: str, value: str, path: str, seconds: int) -> str:
    return f"{name}={value}; {GUARDED}; Path={path}; Max-Age={seconds}"
