"""The thread that owns a Pika connection. Nothing else may touch it; others put calls into its loop."""

from __future__ import annotations

import ssl
import threading
from typing import Callable

import pika
import pika.adapters.blocking_connection
import pika.credentials
import pika.exceptions

from .errors import ClosedError, explained

DEFAULT_URL = "amqp://guest:guest@localhost:5672/"
Channel = pika.adapters.blocking_connection.BlockingChannel


def _read(url: str) -> pika.URLParameters:
    """Pika's own errors show a part of the URL, which may be of the password."""
    try:
        if url.startswith(("amqp:", "amqps:")):
            return pika.URLParameters(url)
    except ValueError:
        pass
    raise ValueError("expected a URL of the form amqp://user:password@host:port/vhost, "
                     "special characters percent-encoded")


class ConnectionThread:
    """Connects, runs `setup` on the channel, then serves the connection, heartbeats included, until `close`."""

    def __init__(self, url: str, name: str, heartbeat: int, connect_timeout: float,
                 tls: ssl.SSLContext | None, login: str,
                 setup: Callable[[Channel], None], work: Callable[[Channel], None], ended: Callable[[], None]):
        self._parameters = _read(url)
        if url.startswith("amqps:"):
            # Python's default context checks the certificate and its name, as Pika's own does not.
            context = tls or ssl.create_default_context()
            self._parameters.ssl_options = pika.SSLOptions(context, self._parameters.host)
        elif tls:
            raise ValueError("tls belongs to an amqps: URL")
        if login == "external":
            if not tls:
                raise ValueError("login='external' needs tls with a certificate: context.load_cert_chain(...)")
            self._parameters.credentials = pika.credentials.ExternalCredentials()
        elif login != "plain":
            raise ValueError(f"expected 'plain' or 'external' for login but received {login!r}")
        self._parameters.heartbeat = heartbeat
        self._parameters.socket_timeout = connect_timeout
        self._parameters.blocked_connection_timeout = None
        self._parameters.client_properties = {"connection_name": name, "product": "matmq-python"}
        self._setup, self._work, self._ended = setup, work, ended
        self._ready = threading.Event()
        self._closing = False
        self._connection: pika.BlockingConnection | None = None
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()
        self._ready.wait()
        if self.error:
            raise self.error

    @property
    def server(self) -> dict:
        """What the broker says of itself."""
        return self._connection._impl.server_properties or {}  # pylint: disable=protected-access

    def call(self, function: Callable[[], None]) -> bool:
        """Has the thread call a function soon; False when the connection is closed already."""
        try:
            self._connection.add_callback_threadsafe(function)
            return True
        except pika.exceptions.ConnectionWrongStateError:
            return False

    def wake(self) -> None:
        """Has the thread do its work soon."""
        self.call(lambda: None)

    def close(self) -> None:
        """Closes the connection and waits for the thread to end. What was put in by `call` before is done first."""
        # Through the thread's own queue, so that an acknowledgement put in before is not overtaken.
        self.call(self._stop)
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=5)

    def closed_error(self) -> ClosedError:
        """What to raise when the connection is needed and gone."""
        return ClosedError(f"the connection was lost: {self.error}" if self.error else "it was closed by this program")

    def _stop(self) -> None:
        self._closing = True

    def _run(self) -> None:
        try:
            self._connection = pika.BlockingConnection(self._parameters)
            channel = self._connection.channel()
            self._setup(channel)
            self._ready.set()
            while not self._closing:
                self._work(channel)
                # Returns as soon as anything has happened, a `wake` included.
                self._connection.process_data_events(time_limit=None)
            self._work(channel)
            self._connection.close()
        except Exception as error:  # pylint: disable=broad-except  -- handed to whoever uses the connection next
            self.error = explained(error, f"{self._parameters.host}:{self._parameters.port}")
        finally:
            self._ready.set()
            self._ended()
