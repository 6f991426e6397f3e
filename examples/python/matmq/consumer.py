"""Receives text, bytes and images."""

from __future__ import annotations

import ssl
import threading
import time
from collections import deque
from typing import Iterable, Iterator

import numpy as np
import pika
import pika.spec

from .connection import DEFAULT_URL, Channel, ConnectionThread
from .errors import EndOfTransmission, ImageError
from .formats import USUAL_FORMATS, Limits, decodable
from .message import Message
from .segments import Assembler, Ended


class Consumer:
    """A thread of its own fills a queue, which `prefetch` bounds; `receive*` take from it, and wait while it is empty.

    With `auto_ack`, a message is acknowledged when the program comes back for the next one or exits in order.
    Without, the program calls `message.ack()` or `message.nack()`.
    """

    def __init__(self, url: str = DEFAULT_URL, name: str = "consumer", *, exchange: str = "my_exchange_1",
                 exchange_type: str = "direct", routing_key: str | Iterable[str] = "my_key_1", queue: str | None = None,
                 durable: bool = False, declare: bool = True, prefetch: int = 16, auto_ack: bool = True,
                 heartbeat: int = 30, connect_timeout: float = 10, limits: Limits = Limits(),
                 formats: Iterable[str] = USUAL_FORMATS, tls: ssl.SSLContext | None = None,
                 login: str = "plain"):
        self._exchange, self._exchange_type, self._durable, self._declare = exchange, exchange_type, durable, declare
        self._routing_keys = [routing_key] if isinstance(routing_key, str) else list(routing_key)
        self._queue_name, self._prefetch, self._auto_ack = queue, prefetch, auto_ack
        self._limits = limits
        self._formats = decodable(formats)
        self._inbox: deque[Message | Exception] = deque()
        self._assembler = Assembler(limits.message_bytes)
        self._room = self._room_needed = 0  # for segments, beyond `prefetch`
        self._previous: Message | None = None
        self._ended = False
        self._changed = threading.Condition()
        self._channel: Channel | None = None
        self._thread = ConnectionThread(url, name, heartbeat, connect_timeout, tls, login, self._setup,
                                        lambda _: None, self._end)

    def receive(self, timeout: float | None = None) -> Message:
        """The next message. Raises EndOfTransmission, TimeoutError after so many seconds, or ImageError for a body
        that is larger than the limits, which was rejected; the next one can be received then."""
        self._acknowledge_previous()
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            remaining = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not self._changed.wait_for(lambda: self._inbox or self._ended, remaining):
                raise TimeoutError(f"no message within {timeout} s")
            if not self._inbox:
                raise self._thread.closed_error()
            message = self._inbox.popleft()
        if isinstance(message, Exception):
            raise message
        if message.error:
            raise message.error
        if message.is_eot:
            message.ack()
            raise EndOfTransmission("the sender has ended the transmission")
        if self._auto_ack:
            self._previous = message
        return message

    def receive_image(self, timeout: float | None = None) -> np.ndarray:
        """The next message as a matrix. Raises ImageError when it is no image; the next one can be received then."""
        return self.receive(timeout).image(self._limits, self._formats)

    def messages(self) -> Iterator[Message]:
        """All messages until the end of transmission."""
        try:
            while True:
                yield self.receive()
        except EndOfTransmission:
            return

    def images(self) -> Iterator[np.ndarray]:
        """All images until the end of transmission."""
        for message in self.messages():
            yield message.image(self._limits, self._formats)

    def exit(self) -> None:
        """Closes. What was received and not acknowledged goes back to the queue."""
        self._acknowledge_previous()
        with self._changed:
            self._ended = True
            self._inbox.clear()
            self._changed.notify_all()
        self._thread.close()

    def __enter__(self) -> Consumer:
        return self

    def __exit__(self, error_type: type | None, *_: object) -> None:
        if error_type:
            self._previous = None
        self.exit()

    def _acknowledge_previous(self) -> None:
        previous, self._previous = self._previous, None
        if previous:
            previous.ack()

    # From here on everything runs on the connection's thread.

    def _setup(self, channel: Channel) -> None:
        self._channel = channel
        if self._declare:
            channel.exchange_declare(self._exchange, self._exchange_type, durable=self._durable)
        name = self._queue_name or ""
        queue = channel.queue_declare(name, durable=bool(name), exclusive=not name, auto_delete=not name).method.queue
        for key in self._routing_keys:
            channel.queue_bind(queue, self._exchange, key)
        channel.basic_qos(prefetch_count=self._prefetch)
        channel.basic_consume(queue, self._on_message)
        self._queue = queue

    def _on_message(self, channel: Channel, method: pika.spec.Basic.Deliver, properties: pika.BasicProperties,
                    body: bytes) -> None:
        for ended in self._assembler.overtaken(properties):
            self._on_ended(channel, method, ended)
        if not self._assembler.is_segment(properties):
            self._deliver(channel, method, [method.delivery_tag], properties, body, 0)
            return
        for ended in self._assembler.add(method.delivery_tag, properties, body, method.redelivered):
            self._on_ended(channel, method, ended)
        if properties.headers.get("segment-index") == 0 and self._assembler.is_open(properties.message_id):
            self._make_room(channel, properties)

    def _on_ended(self, channel: Channel, method: pika.spec.Basic.Deliver, ended: Ended) -> None:
        if ended.body is not None:
            self._deliver(channel, method, ended.tags, ended.properties, ended.body, ended.room)
            return
        self._room_needed -= ended.room
        for tag in ended.tags:
            if ended.useless:
                channel.basic_ack(tag)
            else:
                channel.basic_nack(tag, requeue=False)
        if ended.error:
            with self._changed:
                self._inbox.append(ended.error)
                self._changed.notify()

    def _make_room(self, channel: Channel, properties: pika.BasicProperties) -> None:
        """A message in segments counts as one against the prefetch: another subscription has room for the others.

        It stays for those that follow: when Pika cancels one, it gives messages back that came meanwhile, out of order.
        """
        self._room_needed += properties.headers["segment-count"] - 1
        if self._room_needed > self._room:
            channel.basic_qos(prefetch_count=self._room_needed - self._room)
            self._room = self._room_needed
            channel.basic_consume(self._queue, self._on_message)

    def _deliver(self, channel: Channel, method: pika.spec.Basic.Deliver, tags: list[int],
                 properties: pika.BasicProperties, body: bytes | bytearray, room: int) -> None:
        def settle(positive: bool, requeue: bool) -> None:
            def say() -> None:
                for tag in tags:
                    if positive:
                        channel.basic_ack(tag)
                    else:
                        channel.basic_nack(tag, requeue=requeue)
                self._room_needed -= room

            self._thread.call(say)

        error = None
        if len(body) > self._limits.message_bytes:
            error = ImageError(f"expected a body of at most {self._limits.message_bytes} bytes "
                               f"but received {len(body)}; "
                               "it was rejected")
            body = b""
            channel.basic_nack(tags[0], requeue=False)
        with self._changed:
            self._inbox.append(Message(body, properties, method.redelivered, settle, error))
            self._changed.notify()

    def _end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
