"""A repair of the client's group membership.

kafka-python (3.0.12) runs a join as a task and waits for it inside `poll`. When the task ends between two
polls, the next one throws its outcome away and joins again. The others must then join again too: members that
poll in short turns can go on like that for ever, without reading a record.
"""

from typing import Any

from kafka import KafkaConsumer


def keep_finished_joins(consumer: KafkaConsumer) -> KafkaConsumer:
    """The consumer, which now uses what a join brought whenever it ended."""
    coordinator = consumer._coordinator  # noqa: SLF001 - there is no public way in; the version is pinned
    join = coordinator.join_group_async

    async def join_or_use(timeout_ms: float | None = None) -> Any:
        finished = coordinator._join_task  # noqa: SLF001 - as above
        if finished is not None and finished.is_done:
            # Not done as the client sees it, yet done as soon as it waits.
            coordinator._join_task = coordinator._manager.call_soon(_outcome, finished)  # noqa: SLF001 - as above
        return await join(timeout_ms=timeout_ms)

    coordinator.join_group_async = join_or_use
    return consumer


async def _outcome(finished: Any) -> Any:
    return await finished
