"""A group member to be killed: prints how many partitions it holds whenever that changes."""

import sys

from protomesh.broker.kafka_python import KafkaPython
from tests.conformance.broker.backend import TUNING


def main() -> None:
    address, group, topic = sys.argv[1:]
    consumer = KafkaPython(address, TUNING).consumer(group, [topic], lambda _: None, lambda _: None)
    held = 0
    while True:
        consumer.poll(0.1)
        if len(consumer.assignment()) != held:
            held = len(consumer.assignment())
            sys.stdout.write(f"{held}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
