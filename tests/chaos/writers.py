"""Writers that note what they were told, and which calls nobody answered."""

import http.client
import itertools
import threading
from dataclasses import dataclass, field

from tests.support.mesh import Rest


@dataclass(slots=True)
class Sent:
    """One call. `outcome` is the status, UNKNOWN where nobody can tell what became of it, None while open."""

    verb: str
    user_id: str
    outcome: int | None = None
    code: str = ""
    """The error's name, for instance UNAVAILABLE; empty without an answer."""

    @property
    def unavailable(self) -> bool:
        """It ended without an answer of the service."""
        return self.outcome == UNKNOWN and self.code == "UNAVAILABLE"


UNKNOWN = 0


@dataclass(slots=True)
class Notes:
    """What one writer was told of each user id it used."""

    created: set[str] = field(default_factory=set)
    """Answered 201."""
    deleted: set[str] = field(default_factory=set)
    """Answered 204."""
    tried: set[str] = field(default_factory=set)
    """Every id that a creation was tried with, whatever came of it."""
    refused: set[str] = field(default_factory=set)
    """Ids of which a creation was rolled back, since they were there already."""
    unknown: list[Sent] = field(default_factory=list)
    """Calls without a definite answer."""

    def unknown_ids(self, verb: str) -> set[str]:
        """The ids of calls of this kind without a definite answer."""
        return {call.user_id for call in self.unknown if call.verb == verb}


class Writer:
    """Creates users, creates some of them again, and deletes every third, until told to stop."""

    def __init__(self, number: int, rest: Rest, admin: str, stopping: threading.Event) -> None:
        self._thread = threading.Thread(target=self._run, name=f"writer-{number}")
        self.notes = Notes()
        self.open: Sent | None = None
        """The call that waits for its answer now."""
        self._prefix = f"w{number}"
        self._rest = rest
        self._admin = admin
        self._stopping = stopping

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        for count in itertools.count():
            if self._stopping.is_set():
                return
            user_id = f"{self._prefix}-{count}"
            self.notes.tried.add(user_id)
            self._create(user_id)
            if count % 5 == 0:
                self._create(user_id)
            if count % 3 == 0:
                self._delete(user_id)

    def _create(self, user_id: str) -> None:
        user = {"displayName": user_id, "email": f"{user_id}@mail.example"}
        body = {"userId": user_id, "user": user, "password": "correct horse"}
        status = self._call(Sent("POST", user_id), "/api/users", body)
        if status == http.client.CREATED:
            self.notes.created.add(user_id)
        elif status == http.client.CONFLICT:
            self.notes.refused.add(user_id)

    def _delete(self, user_id: str) -> None:
        if self._call(Sent("DELETE", user_id), f"/api/users/{user_id}", None) == http.client.NO_CONTENT:
            self.notes.deleted.add(user_id)

    def _call(self, call: Sent, path: str, body: object) -> int:
        """The outcome."""
        self.open = call
        outcome = UNKNOWN
        try:
            answer = self._rest(call.verb, path, body, token=self._admin)
            if answer.status < http.client.INTERNAL_SERVER_ERROR:
                outcome = answer.status
            else:
                call.code = str(answer.json()["code"])
        except (OSError, http.client.HTTPException) as error:
            call.code = type(error).__name__
        call.outcome = outcome
        self.open = None
        if outcome == UNKNOWN:
            self.notes.unknown.append(call)
            self._stopping.wait(0.05)
        return outcome


def merged(writers: list[Writer]) -> Notes:
    """All notes as one."""
    whole = Notes()
    for writer in writers:
        whole.created |= writer.notes.created
        whole.deleted |= writer.notes.deleted
        whole.tried |= writer.notes.tried
        whole.refused |= writer.notes.refused
        whole.unknown += writer.notes.unknown
    return whole
