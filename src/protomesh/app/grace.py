"""How long a process may take to end, in seconds. Whoever ends it waits longer than it takes by itself."""

from typing import Final

DRAIN_SECONDS: Final = 10.0
"""What a process gives its calls and handlers that are under way when it is told to stop."""

CLOSING_SECONDS: Final = 5.0
"""And then itself, to say goodbye to brokers, databases and other services."""

KILL_SECONDS: Final = DRAIN_SECONDS + CLOSING_SECONDS + 5.0
"""Between SIGTERM and SIGKILL: one that uses all of its time is not killed, even on a busy machine."""
