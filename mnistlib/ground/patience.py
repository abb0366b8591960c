"""Wait for what may hang, but not for ever.

A socket's time-out starts anew with every byte, and looking up a host's name has none; so
what may hang happens in a thread that can be left behind.
"""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread


def in_thread(function: Callable, *args: object, **kwargs: object) -> Future:
    """Call a function in a thread that nobody has to wait for, not even at exit.

    Returns:
        Its result or exception, to come; waiting for it ends at once on Ctrl-C.
    """
    future: Future = Future()

    def work() -> None:
        try:
            future.set_result(function(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    return future
