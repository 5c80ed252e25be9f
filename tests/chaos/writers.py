"""Writers that note what they were told, and the account that is drawn up against it."""

import http.client
import itertools
import threading
from dataclasses import dataclass, field

from tests.support.mesh import Rest


@dataclass(slots=True)
class Notes:
    """What one writer was told of each user id it used."""

    created: set[str] = field(default_factory=set)
    """Answered 201."""
    deleted: set[str] = field(default_factory=set)
    """Answered 204."""
    tried: set[str] = field(default_factory=set)
    """Every id that a creation was tried with, whatever came of it."""
    refused: int = 0
    """Creations of an id that was there already: rolled back."""
    unknown: int = 0
    """Calls without a definite answer."""


class Writer:
    """Creates users, creates some of them again, and deletes every third, until told to stop."""

    def __init__(self, number: int, rest: Rest, admin: str, stopping: threading.Event) -> None:
        self._thread = threading.Thread(target=self._run, name=f"writer-{number}")
        self.notes = Notes()
        self.in_call = False
        self._prefix = f"w{number}"
        self._rest = rest
        self._admin = admin
        self._stopping = stopping

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
            if self._create(user_id) == http.client.CREATED:
                self.notes.created.add(user_id)
            if count % 5 == 0 and self._create(user_id) == http.client.CONFLICT:
                self.notes.refused += 1
            if count % 3 == 0 and self._delete(user_id) == http.client.NO_CONTENT:
                self.notes.deleted.add(user_id)

    def _create(self, user_id: str) -> int:
        body = {"userId": user_id, "user": {"displayName": user_id, "email": f"{user_id}@mail.example"}}
        return self._call("POST", "/api/users", body)

    def _delete(self, user_id: str) -> int:
        return self._call("DELETE", f"/api/users/{user_id}", None)

    def _call(self, method: str, path: str, body: object) -> int:
        """The status; 0 where nobody can tell what became of the call."""
        self.in_call = True
        try:
            status = self._rest(method, path, body, token=self._admin).status
        except (OSError, http.client.HTTPException):
            status = 0
        finally:
            self.in_call = False
        if status == 0 or status >= http.client.INTERNAL_SERVER_ERROR:
            self.notes.unknown += 1
            self._stopping.wait(0.05)
            return 0
        return status


def merged(writers: list[Writer]) -> Notes:
    """All notes as one."""
    whole = Notes()
    for writer in writers:
        whole.created |= writer.notes.created
        whole.deleted |= writer.notes.deleted
        whole.tried |= writer.notes.tried
        whole.refused += writer.notes.refused
        whole.unknown += writer.notes.unknown
    return whole
