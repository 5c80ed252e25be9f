"""Tokens for clients that speak for a service."""

from protomesh.context import Context
from protomesh.errors import ConfigError, Unauthenticated, Unavailable
from protomesh.identity import Passwords, read_clients
from protomesh.rpc import Call
from services.identity.address import address_of
from services.identity.domain import ACCESS_LIFETIME
from services.identity.keyring import Keyring
from services.identity.throttle import Throttle

WRONG = "client id or secret is wrong"


class Clients:
    """Belongs to all threads. The file is read for each token: a secret taken out of it counts no more."""

    def __init__(self, context: Context, passwords: Passwords, keyring: Keyring, throttle: Throttle) -> None:
        self._file = context.project / context.identity.clients
        self._audience = context.mesh
        self._log = context.log
        self._passwords = passwords
        self._keyring = keyring
        self._throttle = throttle

    def token(self, client_id: str, secret: str, call: Call) -> str:
        """Raises Unauthenticated, alike for an unknown client and a wrong secret; ResourceExhausted."""
        account, address = f"service:{client_id}", address_of(call)
        self._throttle.enter(account, address)
        if not self._passwords.verify(self._known().get(client_id), secret):
            raise Unauthenticated(WRONG)
        self._throttle.succeeded(account, address)
        return self._keyring.signer().sign(account, self._audience, lifetime_seconds=ACCESS_LIFETIME)

    def _known(self) -> dict[str, str]:
        try:
            return read_clients(self._file.read_bytes(), str(self._file))
        except FileNotFoundError:
            return {}
        except (ConfigError, OSError) as error:
            self._log.error("clients cannot be read: %s", error)
            raise Unavailable("clients cannot be told apart just now") from None
