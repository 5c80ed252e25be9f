"""Logging in, refreshing and logging out, whatever door the request came through."""

from dataclasses import dataclass

from sqlalchemy import Connection

from protomesh.context import Context, Roles
from protomesh.errors import Aborted, Unauthenticated
from protomesh.identity import LIFETIME, Outcome, Passwords, Token, digest, judge, new_secret, successor
from protomesh.policy import Caller
from protomesh.rpc import Call
from protomesh.tokens import Signer
from services.identity import store
from services.identity.address import address_of
from services.identity.domain import ACCESS_LIFETIME, Credential, is_user_id
from services.identity.keyring import Keyring
from services.identity.throttle import Throttle

WRONG = "user name or password is wrong"
ENDED = "this login has ended: log in again"
MOMENT = 5.0
"""Seconds."""


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """What a login gives."""

    access: str
    refresh: str
    lifetime: int = int(ACCESS_LIFETIME)


class Logins:
    """Belongs to all threads."""

    def __init__(
        self, context: Context, passwords: Passwords, keyring: Keyring, throttle: Throttle, roles: Roles
    ) -> None:
        self._database = context.database
        self._clock = context.clock
        self._audience = context.mesh
        self._passwords = passwords
        self._keyring = keyring
        self._throttle = throttle
        self._roles = roles

    def log_in(self, user_id: str, password: str, call: Call) -> Tokens:
        """Raises Unauthenticated, alike for an unknown user and a wrong password; ResourceExhausted.

        The hash is worked out outside of any transaction: it takes long.
        """
        address = address_of(call)
        self._throttle.enter(user_id, address)
        found = self._find(user_id)
        if not self._passwords.verify(found.hash if found else None, password) or found is None:
            raise Unauthenticated(WRONG)
        self._throttle.succeeded(user_id, address)
        signer = self._keyring.signer()
        now, secret, family = self._clock.now(), new_secret(), new_secret()
        again = store.credential(call.tx, user_id, to_write=True)
        if again is None or again.hash != found.hash:
            raise Unauthenticated(WRONG)  # deleted or replaced while the hash was worked out
        store.add(call.tx, successor(Token("", family, user_id, 0.0), secret, now))
        store.touch(call.tx, user_id, now)
        call.identity = Caller(subject=user_id)
        return Tokens(self._sign(signer, user_id, family), secret)

    def refresh(self, secret: str) -> Tokens:
        """Raises Unauthenticated; Aborted where another refresh with the same token was first by a moment."""
        signer = self._keyring.signer()
        outcome, following, new = self._rotate(secret)
        if outcome is Outcome.RACE:
            raise Aborted("this token was used a moment ago: use the one that it gave")
        if following is None:
            raise Unauthenticated(ENDED)
        return Tokens(self._sign(signer, following.user_id, following.family), new)

    def is_new(self, secret: str) -> bool:
        """Whether a refresh token was given a moment ago: another one would not help who is back already."""
        with self._database.unit_of_work(read_only=True) as work:
            token = store.token(work.tx, digest(secret))
        return token is not None and self._clock.now() - (token.expires - LIFETIME) < MOMENT

    def log_out(self, call: Call) -> None:
        """End the login of the caller's token; without one that names a login nothing is to be ended."""
        family = call.identity.claims.get("sid")
        if isinstance(family, str):
            store.credential(call.tx, call.identity.subject, to_write=True)
            store.revoke_family(call.tx, family)

    def _find(self, user_id: str) -> Credential | None:
        """What no user can be called is looked for nowhere: a database may refuse some characters."""
        if not is_user_id(user_id):
            return None
        with self._database.unit_of_work(read_only=True) as work:
            return store.credential(work.tx, user_id)

    def _rotate(self, secret: str) -> tuple[Outcome, Token | None, str]:
        """In a transaction of its own: a family that is revoked stays so though the call fails."""
        now, new = self._clock.now(), new_secret()
        with self._database.unit_of_work() as work:
            token = _alone(work.tx, digest(secret))
            outcome = judge(token, now)
            if token is None or outcome is not Outcome.ROTATE:
                if token is not None and outcome is Outcome.REVOKE:
                    store.revoke_family(work.tx, token.family)
                return outcome, None, ""
            following = successor(token, new, now)
            store.rotated(work.tx, token, now)
            store.add(work.tx, following)
            store.touch(work.tx, token.user_id, now)
            return outcome, following, new

    def _sign(self, signer: Signer, user_id: str, family: str) -> str:
        return signer.sign(
            user_id,
            self._audience,
            roles=self._roles(user_id),
            lifetime_seconds=ACCESS_LIFETIME,
            claims={"sid": family},
        )


def _alone(tx: Connection, digest: str) -> Token | None:
    """A refresh token, with its user's credential locked: whoever ends or renews a login waits for others.

    Else a deletion could miss the token that a refresh is about to add, and that one would live on.
    """
    token = store.token(tx, digest)
    if token is None or store.credential(tx, token.user_id, to_write=True) is None:
        return None
    return store.token(tx, digest)
