"""Refusals as events, off the way of the calls: bounded, counted, best effort.

Strangers cause as many refusals as they like, and an event is a write that is flushed to the disk. So a
method tells of some refusals a second, its next event says how many were left out, and a thread of its own
writes them: no answer waits for the database, and none fails with it.
"""

import logging
import threading
from collections import deque
from dataclasses import dataclass

from protomesh.clock import Clock
from protomesh.policy import CallFacts, EventsPolicy, MethodEvents
from protomesh.rpc.call import Call
from protomesh.rpc.encoder import Encoder
from protomesh.store import PendingEvent, SqlDatabase

RATE = 20.0
"""Refusals of one method that are told of in a second, and at most at once."""

WAITING = 1000
BATCH = 100
CLOSE_SECONDS = 10.0


class Bucket:
    """A token bucket of one method. `left_out` counts the refusals that no event has told of yet."""

    def __init__(self, rate: float, now: float) -> None:
        self.left_out = 0
        self._rate = self._tokens = rate
        self._at = now

    def take(self, now: float) -> bool:
        """Whether there is a token at `now`, in seconds on the monotonic clock; if so, it is gone."""
        self._tokens = min(self._rate, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


@dataclass(frozen=True, slots=True)
class _Told:
    """The events of one refusal, and how many refusals they tell of."""

    bucket: Bucket
    refusals: int
    events: list[PendingEvent]


class Denials:
    """Called by the auth interceptor for every refusal. `rate` is for each method, a second."""

    def __init__(
        self,
        policy: EventsPolicy,
        encoder: Encoder,
        database: SqlDatabase,
        clock: Clock,
        log: logging.Logger,
        *,
        rate: float = RATE,
    ) -> None:
        self._policy = policy
        self._encode = encoder.encode
        self._database = database
        self._clock = clock
        self._log = log
        self._rate = rate
        self._buckets: dict[str, Bucket] = {}
        self._waiting: deque[_Told] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="denials", daemon=True)
        self._thread.start()

    def __call__(self, call: Call, facts: CallFacts) -> None:
        """Tell of a refusal, or count it. Never raises, never waits for the database."""
        events = self._policy.for_method(call.method.full_name)
        if not events.denied:
            return
        bucket = self._admit(call.method.full_name, facts)
        if bucket is None:
            return
        try:
            made = self._events(events, call, facts)
        except Exception:  # noqa: BLE001 - best effort, and logged in full
            self._log.exception("%s: the event of a refusal could not be made", call.method.full_name)
            made = []
        with self._changed:
            if made and not self._closed:
                self._waiting.append(_Told(bucket, facts.suppressed + 1, made))
                self._changed.notify()
            else:
                bucket.left_out += facts.suppressed + bool(made)

    def close(self) -> None:
        """Write what waits, and end the thread; calls have ended by then."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(CLOSE_SECONDS)
        for method, bucket in self._buckets.items():
            if bucket.left_out:
                self._log.warning("%s: no event tells of %d refusals", method, bucket.left_out)

    def _admit(self, method: str, facts: CallFacts) -> Bucket | None:
        """The method's bucket, None where this refusal is only counted; the facts take the count along."""
        with self._changed:
            now = self._clock.monotonic()
            bucket = self._buckets.get(method)
            if bucket is None:
                bucket = self._buckets[method] = Bucket(self._rate, now)
            if self._closed or len(self._waiting) >= WAITING or not bucket.take(now):
                bucket.left_out += 1
                return None
            facts.suppressed, bucket.left_out = bucket.left_out, 0
            return bucket

    def _events(self, events: MethodEvents, call: Call, facts: CallFacts) -> list[PendingEvent]:
        """Made here, in the thread that the call belongs to."""
        scope = events.scope(call.identity, facts)
        emissions = [emit.evaluate(scope) for emit in events.denied]
        return [self._encode(each, call) for each in emissions if each is not None]

    def _run(self) -> None:
        while batch := self._next():
            self._write(batch)

    def _next(self) -> list[_Told]:
        """What waits, at most a batch; nothing once all is written and no more can come."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            return [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]

    def _write(self, batch: list[_Told]) -> None:
        try:
            with self._database.unit_of_work() as work:
                for told in batch:
                    for event in told.events:
                        work.add(event)
        except Exception:  # noqa: BLE001 - best effort, and logged in full
            with self._changed:
                for told in batch:
                    told.bucket.left_out += told.refusals
            self._log.exception("the events of %d refusals were not recorded", len(batch))
