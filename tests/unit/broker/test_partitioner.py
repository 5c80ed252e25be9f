"""The hash against the vectors of Kafka's own test (UtilsTest.testMurmur2), and against kafka-python's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner import murmur2 as theirs

from protomesh.broker import murmur2, partition_for


@pytest.mark.parametrize(
    ("key", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_vectors_of_kafka(key: bytes, signed: int) -> None:
    assert murmur2(key) == signed & 0xFFFFFFFF


@given(st.binary(max_size=64), st.integers(1, 1000))
def test_it_agrees_with_kafka_python(key: bytes, partitions: int) -> None:
    assert murmur2(key) == theirs(key)
    assert partition_for(key, partitions) == (theirs(key) & 0x7FFFFFFF) % partitions
