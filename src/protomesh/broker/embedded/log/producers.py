"""What each idempotent producer wrote last, so that a repeated batch is not written again (KIP-98)."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from protomesh.broker.embedded.codes import Code, Refused
from protomesh.broker.embedded.log.batch import BatchHeader

_REMEMBERED_BATCHES = 5
"""As many as a client may have in flight at a time."""
_REMEMBERED_PRODUCERS = 10_000
_SEQUENCES = 2**31


@dataclass(slots=True)
class _Written:
    epoch: int
    last_sequence: int = -1
    batches: deque[tuple[int, int, int]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_BATCHES))
    """First sequence, last sequence, offset."""


class ProducerTable:
    """One partition's producers; the longest silent are forgotten first."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, _Written] = OrderedDict()

    def seen_at(self, header: BatchHeader) -> int | None:
        """The offset of this very batch if it is already in the log, None if it is new.

        Raises Refused for a fenced epoch and for a sequence with a gap before it. A producer that is not
        known (its records have been deleted) may begin anywhere.
        """
        known = self._known.get(header.producer_id) if header.idempotent else None
        if known is None:
            return None
        if header.producer_epoch < known.epoch:
            raise Refused(Code.INVALID_PRODUCER_EPOCH)
        if header.producer_epoch > known.epoch:
            if header.base_sequence != 0:
                raise Refused(Code.OUT_OF_ORDER_SEQUENCE_NUMBER)
            return None
        for first, last, offset in known.batches:
            if (first, last) == (header.base_sequence, header.last_sequence):
                return offset
        if known.last_sequence >= 0 and header.base_sequence != (known.last_sequence + 1) % _SEQUENCES:
            raise Refused(Code.OUT_OF_ORDER_SEQUENCE_NUMBER)
        return None

    def wrote(self, header: BatchHeader, offset: int) -> None:
        """Take note of a batch that is now in the log at `offset`."""
        if not header.idempotent:
            return
        known = self._known.get(header.producer_id)
        if known is None or header.producer_epoch > known.epoch:
            known = self._known[header.producer_id] = _Written(header.producer_epoch)
        known.last_sequence = header.last_sequence
        known.batches.append((header.base_sequence, header.last_sequence, offset))
        self._known.move_to_end(header.producer_id)
        if len(self._known) > _REMEMBERED_PRODUCERS:
            self._known.popitem(last=False)
