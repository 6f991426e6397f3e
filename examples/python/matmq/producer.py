"""Sends text, bytes and images."""

from __future__ import annotations

import secrets
import ssl
import threading
import time
from collections import deque

import numpy as np
import pika
import pika.exceptions

from . import image as images
from . import segments
from .connection import DEFAULT_URL, Channel, ConnectionThread
from .errors import PublishError, SegmentError
from .message import EOT_BODY


def _reason(error: Exception) -> str:
    if isinstance(error, pika.exceptions.UnroutableError):
        return "no queue is bound for it: start the consumer first, and check exchange and routing key"
    if isinstance(error, pika.exceptions.NackError):
        return "the broker refused it: is a queue full?"
    return str(error)


class Producer:
    """`send*` put messages into a bounded queue, and wait while it is full; a thread of its own publishes them."""

    def __init__(self, url: str = DEFAULT_URL, name: str = "producer", *, exchange: str = "my_exchange_1",
                 exchange_type: str = "direct", routing_key: str = "my_key_1", durable: bool = False,
                 declare: bool = True, confirm: bool = True, persistent: bool = False, mandatory: bool = False,
                 high_water_mark: int = 1024, max_message_size: int | None = None, heartbeat: int = 30,
                 connect_timeout: float = 10,
                 tls: ssl.SSLContext | None = None, login: str = "plain"):
        self._name, self._exchange, self._exchange_type, self._routing_key = name, exchange, exchange_type, routing_key
        self._durable, self._declare, self._confirm = durable, declare, confirm
        self._persistent, self._mandatory, self._high_water_mark = persistent, mandatory, high_water_mark
        self._max_message_size = max_message_size
        self._instance = secrets.token_hex(8)
        self._number = 0
        self._queue: deque[tuple[bytes, pika.BasicProperties]] = deque()
        self._unconfirmed = 0
        self._failed: list[Exception] = []
        self._ended = False
        self._changed = threading.Condition()
        self._thread = ConnectionThread(url, name, heartbeat, connect_timeout, tls, login, self._setup,
                                        self._publish, self._end)

    def send(self, body: str | bytes) -> None:
        """Sends a text or bytes."""
        if isinstance(body, str):
            self._put(body.encode(), "text", "text/plain; charset=utf-8", {})
        elif not isinstance(body, (bytes, bytearray, memoryview)):
            # bytes(5) would be five zeros.
            raise TypeError(f"expected a str or bytes but received {type(body).__name__}: send_image() sends matrices")
        else:
            self._put(bytes(body), "binary", "application/octet-stream", {})

    def send_image(self, image: np.ndarray, encoding: str = ".png", params: list[int] | None = None) -> None:
        """Sends a matrix, encoded by OpenCV with these parameters, or 'raw'."""
        body, headers = images.encode(image, encoding, params)
        self._put(body, "image", images.content_type(encoding), headers)

    def send_eot(self, consumers: int = 1) -> None:
        """Says that nothing follows; once for each consumer when several share a queue."""
        for _ in range(consumers):
            self._put(EOT_BODY, "eot", None, {})

    def flush(self) -> None:
        """Waits until the broker has confirmed all that was sent so far; raises when it did not take something."""
        with self._changed:
            self._changed.wait_for(lambda: self._unconfirmed == 0 or self._ended)
            if self._failed:
                failed, self._failed = self._failed, []
                messages = "1 message was" if len(failed) == 1 else f"{len(failed)} messages were"
                raise PublishError(f"{messages} not taken, the first because {_reason(failed[0])}") from failed[0]
            if self._unconfirmed:
                raise self._thread.closed_error()

    def exit(self) -> None:
        """Closes at once and drops what is still queued."""
        with self._changed:
            self._ended = True
            self._unconfirmed -= len(self._queue)
            self._queue.clear()
            self._changed.notify_all()
        self._thread.close()

    def flush_and_exit(self) -> None:
        """Sends what is queued, then closes."""
        try:
            self.flush()
        finally:
            self.exit()

    def __enter__(self) -> Producer:
        return self

    def __exit__(self, error_type: type | None, *_: object) -> None:
        if error_type:
            self.exit()
        else:
            self.flush_and_exit()

    def _put(self, body: bytes, kind: str, content_type: str | None, headers: dict) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._queue) < self._high_water_mark or self._ended)
            if self._ended:
                raise self._thread.closed_error()
            self._number += 1
            properties = pika.BasicProperties(
                content_type=content_type,
                type=kind,
                app_id=self._name,
                message_id=f"{self._instance}-{self._number}",
                delivery_mode=2 if self._persistent else 1,
                headers={**headers, "sent-at": time.time_ns() // 1000},
            )
            self._queue.append((body, properties))
            self._unconfirmed += 1
            first = len(self._queue) == 1
        if first:
            self._thread.wake()

    # From here on everything runs on the connection's thread.

    def _setup(self, channel: Channel) -> None:
        if self._declare:
            channel.exchange_declare(self._exchange, self._exchange_type, durable=self._durable)
        if self._confirm:
            channel.confirm_delivery()

    def _publish(self, channel: Channel) -> None:
        while True:
            with self._changed:
                if not self._queue:
                    return
                body, properties = self._queue.popleft()
                self._changed.notify_all()
            limit = self._max_message_size or segments.largest_body(self._thread.server)
            parts = [(body, properties)] if len(body) <= limit else segments.cut(body, properties, limit)
            try:
                # With confirms on, Pika comes back when the broker has answered, and serves heartbeats meanwhile.
                for part, own in parts:
                    channel.basic_publish(self._exchange, self._routing_key, bytes(part), own, self._mandatory)
            except (pika.exceptions.UnroutableError, pika.exceptions.NackError, SegmentError) as error:
                self._failed.append(error)
            with self._changed:
                self._unconfirmed -= 1
                self._changed.notify_all()

    def _end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
