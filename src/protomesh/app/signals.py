"""Signals that ask a process to stop, heard whatever its main thread is doing."""

import signal
import socket
import threading

ASKS_TO_STOP = (signal.SIGTERM, signal.SIGINT)


def stop_on_signal(stopping: threading.Event) -> None:
    """Set `stopping` when a signal asks this process to stop. Called in the main thread.

    A handler in Python runs when the main thread comes back to Python: one that is about to wait for a lock
    has looked for the last time, and would wait for ever. So a thread listens to the descriptor that the
    interpreter's own handler writes to at once.
    """
    ears, mouth = socket.socketpair()
    mouth.setblocking(False)
    signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
    for each in ASKS_TO_STOP:
        signal.signal(each, lambda _number, _frame: None)
    threading.Thread(target=_listen, args=(ears, mouth, stopping), name="signals", daemon=True).start()


def _listen(ears: socket.socket, mouth: socket.socket, stopping: threading.Event) -> None:
    """A byte for each signal, its number. `mouth` is held open as long as somebody listens."""
    with ears, mouth:
        while heard := ears.recv(64):
            if not set(ASKS_TO_STOP).isdisjoint(heard):
                stopping.set()
