"""Record batches as a client makes them."""

from collections.abc import Sequence

from kafka.record.default_records import DefaultRecordBatchBuilder

GZIP = 1


def batch(  # noqa: PLR0917 - the header's fields, in its order
    values: Sequence[bytes],
    producer: int = -1,
    epoch: int = -1,
    sequence: int = -1,
    first_ms: int = 1000,
    codec: int = 0,
) -> bytes:
    """One batch of records without keys; timestamps go up by one."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=codec,
        is_transactional=False,
        producer_id=producer,
        producer_epoch=epoch,
        base_sequence=sequence,
        batch_size=1 << 20,
    )
    for offset, value in enumerate(values):
        builder.append(offset, timestamp=first_ms + offset, key=None, value=value, headers=[])
    return bytes(builder.build())
