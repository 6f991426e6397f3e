"""Messages above the broker's limit: cut into segments, and put together again. docs/wire-format.md has the rules."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import Iterator

import crc32c
import pika

from .errors import SegmentError

MAX_SEGMENTS = 65535
HEADERS = ("segment-index", "segment-count", "segment-offset", "segment-total", "segment-crc32c")
MIB = 1024 * 1024


def largest_body(server: dict) -> int:
    """The limit of a broker that says so of itself at login, unless its `max_message_size` is another."""
    text = lambda name: (lambda v: v.decode() if isinstance(v, bytes) else str(v))(server.get(name, ""))
    version = re.match(r"(\d+)\.(\d+)", text("version"))
    if text("product") != "RabbitMQ" or not version:
        return 512 * MIB
    release = (int(version[1]), int(version[2]))
    return 16 * MIB if release >= (4, 0) else 128 * MIB if release >= (3, 8) else 512 * MIB


def cut(body: bytes, properties: pika.BasicProperties, size: int) -> Iterator[tuple[memoryview, pika.BasicProperties]]:
    """The segments of a body, with their properties. The body is not copied."""
    count = -(-len(body) // size)
    if count > MAX_SEGMENTS:
        raise SegmentError(f"{len(body)} bytes are more than {MAX_SEGMENTS} segments of {size}")
    checksum = 0
    for index in range(count):
        part = memoryview(body)[index * size:(index + 1) * size]
        checksum = crc32c.crc32c(part, checksum)
        values = (index, count, index * size, len(body), checksum)
        headers = dict(zip(HEADERS if index + 1 == count else HEADERS[:-1], values))
        segment = copy.copy(properties)
        segment.headers = {**(properties.headers or {}), **headers}
        yield part, segment


@dataclass
class _Open:
    """A message some of whose segments are here."""

    geometry: tuple[int, int, int]
    body: bytearray
    properties: pika.BasicProperties
    redelivered: bool = False  # its segment 0
    tags: dict[int, int] = field(default_factory=dict)
    summed: int = 0
    checksum: int = 0
    expected: int | None = None

    @property
    def room(self) -> int:
        """What it takes beyond one message of the prefetch."""
        return self.geometry[0] - 1


@dataclass
class Ended:
    """What became of deliveries: a whole message, an error of one, or neither: told before, or `useless`."""

    tags: list[int]
    message_id: str | None = None
    body: bytearray | None = None
    properties: pika.BasicProperties | None = None
    error: SegmentError | None = None
    useless: bool = False  # doubled, or torn: its sender began anew
    room: int = 0  # of a message that was open: its segments but one


class Assembler:
    """Puts messages together. It is fed with deliveries and needs no connection."""

    def __init__(self, message_bytes: int = 512 * MIB, open_messages: int = 64):
        self._message_bytes, self._open_messages = message_bytes, open_messages
        self._open: dict[str, _Open] = {}  # the one that was fed last is the last
        self._refused: dict[str, None] = {}

    def is_segment(self, properties: pika.BasicProperties) -> bool:
        """Whether a message came in segments: its headers alone tell."""
        return any(name in (properties.headers or {}) for name in HEADERS)

    def add(self, tag: int, properties: pika.BasicProperties, body: bytes, redelivered: bool = False) -> list[Ended]:
        """Takes one segment."""
        message_id = properties.message_id
        try:
            if not message_id:
                raise SegmentError("a segment without message_id")
            return self._add(tag, message_id, properties, body, redelivered)
        except SegmentError as error:
            opened = self._open.pop(message_id, None)
            said = message_id in self._refused
            if message_id:
                self._refused[message_id] = None
                if len(self._refused) > 64:
                    del self._refused[next(iter(self._refused))]
            tags = [*(opened.tags[index] for index in sorted(opened.tags)), tag] if opened else [tag]
            return [Ended(tags, message_id, error=None if said else error, room=opened.room if opened else 0)]

    def is_open(self, message_id: str) -> bool:
        """Whether some of this message's segments are here."""
        return message_id in self._open

    def overtaken(self, properties: pika.BasicProperties) -> list[Ended]:
        """Gives up what the sender of this message had begun before: it lacks a segment. Not what has another priority,
        or was given back (which a queue does one segment at a time): there another message may come in between."""
        instance, _, number = (properties.message_id or "").rpartition("-")
        ended = []
        for other, opened in list(self._open.items()):
            if opened.redelivered or (opened.properties.priority or 0) != (properties.priority or 0):
                continue
            of, _, before = other.rpartition("-")
            if instance and of == instance and before.isdigit() and number.isdigit() and int(before) < int(number):
                ended.append(self._give_up(other, "a later message of the same sender is here"))
        return ended

    def _add(self, tag: int, message_id: str, properties: pika.BasicProperties, body: bytes,
             redelivered: bool) -> list[Ended]:
        index, offset, geometry, checksum = self._read(properties.headers, len(body))
        count, total, size = geometry
        ended = []
        if total > self._message_bytes:
            raise SegmentError(f"expected a body of at most {self._message_bytes} bytes but received one of {total}")
        if index == 0:
            torn = self._open.pop(message_id, None)
            if torn:
                ended.append(Ended([torn.tags[i] for i in sorted(torn.tags)], message_id, useless=True,
                                   room=torn.room))
            self._refused.pop(message_id, None)
            if len(self._open) >= self._open_messages:
                ended.append(self._give_up(next(iter(self._open)), "it made room for a newer one"))
            own = copy.copy(properties)
            own.headers = {name: value for name, value in properties.headers.items() if name not in HEADERS}
            self._open[message_id] = _Open(geometry, bytearray(total), own, redelivered)
        opened = self._open.pop(message_id, None)
        if not opened:
            raise SegmentError(f"segment {index} of {count} came but segment 0 of {message_id!r} is missing")
        self._open[message_id] = opened
        if opened.geometry != geometry:
            raise SegmentError(f"segment {index} of {message_id!r} is foreign: {geometry} instead of {opened.geometry}")
        if index in opened.tags:
            return [*ended, Ended([tag], useless=True)]
        opened.body[offset:offset + len(body)] = body
        opened.tags[index] = tag
        opened.expected = checksum if checksum is not None else opened.expected
        while opened.summed in opened.tags:
            part = memoryview(opened.body)[opened.summed * size:(opened.summed + 1) * size]
            opened.checksum = crc32c.crc32c(part, opened.checksum)
            opened.summed += 1
        if opened.summed < count:
            return ended
        if opened.checksum != opened.expected:
            del opened.tags[index]  # add() adds it
            raise SegmentError(f"{message_id!r} has the CRC32C {opened.checksum} instead of {opened.expected}")
        del self._open[message_id]
        return [*ended, Ended([opened.tags[i] for i in range(count)], message_id, opened.body, opened.properties,
                              room=opened.room)]

    @staticmethod
    def _read(headers: dict, body_size: int) -> tuple[int, int, tuple[int, int, int], int | None]:
        values = []
        for name in HEADERS[:-1]:
            value = headers.get(name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise SegmentError(f"expected the header {name} to be a natural number but received {value!r}")
            values.append(value)
        index, count, offset, total = values
        last = index + 1 == count
        checksum = headers.get(HEADERS[-1])
        if last != isinstance(checksum, int) or (not last and checksum is not None):
            raise SegmentError(f"expected {HEADERS[-1]} in the last segment alone but segment {index} has {checksum!r}")
        if not 2 <= count <= MAX_SEGMENTS or index >= count:
            raise SegmentError(f"there is no segment {index} of {count}")
        size = offset // (count - 1) if last else body_size
        if size == 0 or offset != size * index or not size * (count - 1) < total <= size * count or \
                body_size != (total - offset if last else size):
            raise SegmentError(f"segment {index} of {count} with {body_size} bytes at {offset} is no part of {total}")
        return index, offset, (count, total, size), checksum

    def _give_up(self, message_id: str, because: str) -> Ended:
        opened = self._open.pop(message_id)
        missing = [index for index in range(opened.geometry[0]) if index not in opened.tags]
        self._refused[message_id] = None
        return Ended([opened.tags[i] for i in sorted(opened.tags)], message_id,
                     error=SegmentError(f"segments {missing[:8]} of {message_id!r} did not come: {because}"),
                     room=opened.room)
