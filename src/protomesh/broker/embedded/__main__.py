"""A Kafka-protocol broker for development. Prints `ready HOST:PORT` when it listens; SIGTERM ends it."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from protomesh.broker.embedded.options import Options
from protomesh.broker.embedded.server import EmbeddedBroker
from protomesh.errors import ConfigError


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 when stopped, 2 when it cannot start."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        asyncio.run(_serve(_options(arguments)))
    except ConfigError as error:
        sys.stderr.write(f"embedded broker: {error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"embedded broker: cannot start: {error}\n")
        return 2
    return 0


async def _serve(options: Options) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with EmbeddedBroker(options) as broker:
        sys.stdout.write(f"ready {broker.address}\n")
        sys.stdout.flush()
        await stop.wait()


def _options(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m protomesh.broker.embedded", description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, required=True, help="directory for records, topics and offsets")
    add("--host", default="127.0.0.1", help="a loopback address")
    add("--port", type=int, default=0, help="0: the system chooses")
    add("--partitions", type=int, default=1, help="of topics that do not say")
    add("--fsync", action="store_true", help="survive a power loss, not only a kill")
    add("--initial-delay", type=float, default=0.1, help="seconds a new group waits for more members")
    add("--grace", type=float, default=0.5, help="seconds a member lives on without its connection")
    add("--auto-create", action="store_true", help="create topics that are asked for")
    return Options(**vars(parser.parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
