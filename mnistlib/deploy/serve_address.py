"""The address of the service, IPv4 or IPv6."""

import ipaddress
import socket

from mnistlib.ground.errors import ServeError


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address.

    Args:
        host: an address, or a name, of which an IPv4 address is preferred.
        port: 0 for a free one.

    Raises:
        ServeError: the address is none, is not of this machine, or is taken.
    """
    try:
        known = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, *_, address = min(known, key=lambda one: one[0] != socket.AF_INET)
        listening = socket.create_server(address, family=family, backlog=512)
    except (OSError, OverflowError, UnicodeError) as error:
        # What is in brackets says the address again.
        why = str(getattr(error, "strerror", None) or error).split(" (")[0]
        raise ServeError(
            "the service needs an address of this machine that is free. Received: "
            f"{_in_url(host)}:{port} ({why}); choose another --port or --host"
        ) from None
    # asyncio leaves it out for a socket that it did not make; an answer, which goes out in
    # two parts, would wait 40 ms for the client's word on the first.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def url(listening: socket.socket) -> str:
    """Return where a socket is reached, as a browser takes it."""
    host, port = listening.getsockname()[:2]
    return f"http://{_in_url(host)}:{port}/"


def is_local(host: str) -> bool:
    """Tell whether this machine alone reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
