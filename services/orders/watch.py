"""An order seen again each time it changes."""

from collections.abc import Iterator

from protomesh.context import Context
from protomesh.rpc import Call
from services.orders import store
from services.orders.domain import Order

LOOK_SECONDS = 0.2
LONGEST_SECONDS = 240.0
"""A watch holds a server's place for no longer than this; the client resumes with the last cursor."""


def watch(call: Call, context: Context, order_id: str, user_id: str, after: str) -> Iterator[Order]:
    """The order now unless its etag is `after`, and each later version seen.

    Ends when the caller leaves, the process drains, the deadline comes or the longest time is over. Raises
    NotFound, also when the order is removed meanwhile.
    """
    seen = after
    end = context.clock.monotonic() + LONGEST_SECONDS
    while call.active and not context.stopping.is_set() and context.clock.monotonic() < end:
        with call.unit_of_work(read_only=True) as work:
            order = store.get(work.tx, order_id, user_id)
        if order.etag != seen:
            seen = order.etag
            yield order
        context.clock.sleep(LOOK_SECONDS, context.stopping)
