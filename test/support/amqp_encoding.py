"""AMQP 0-9-1 properties and field tables as octets, with the type of every field stated: what Pika chooses for itself,
and what it cannot write. It holds nothing back, so it can write what nobody should."""

from __future__ import annotations

import base64
import struct

import pika

BASIC = 60
# In the order of the flags, from bit 15 down (AMQP 0-9-1, 4.2.6.1): names as Pika has them, and field types.
PROPERTIES = {
    "content_type": "s", "content_encoding": "s", "headers": "F", "delivery_mode": "B", "priority": "B",
    "correlation_id": "s", "reply_to": "s", "expiration": "s", "message_id": "s", "timestamp": "T", "type": "s",
    "user_id": "s", "app_id": "s",
}
_NUMBERS = {"t": ">?", "b": ">b", "B": ">B", "s": ">h", "u": ">H", "I": ">i", "i": ">I", "l": ">q", "L": ">Q",
            "f": ">f",
            "d": ">d", "T": ">Q"}


def short_string(text: str | bytes) -> bytes:
    octets = text.encode() if isinstance(text, str) else text
    return bytes([len(octets)]) + octets


def long_string(octets: str | bytes) -> bytes:
    octets = octets.encode() if isinstance(octets, str) else octets
    return struct.pack(">I", len(octets)) + octets


def field(kind: str, value: object = None) -> bytes:
    """A value of a table with its type, by RabbitMQ's letters: ("l", 5), ("S", "text"), ("F", {name: field})."""
    letter = kind.encode()
    if kind in _NUMBERS:
        return letter + struct.pack(_NUMBERS[kind], value)
    if kind in "Sx":
        return letter + long_string(value)
    if kind == "D":  # (scale, value)
        return letter + struct.pack(">Bi", *value)
    if kind == "V":
        return letter
    if kind == "A":
        return letter + long_string(b"".join(field(*entry) for entry in value))
    if kind == "F":
        return letter + table(value)
    raise ValueError(f"no field type {kind!r}")


def table(fields: dict) -> bytes:
    return long_string(b"".join(short_string(name) + field(*value) for name, value in fields.items()))


def properties(**values: object) -> bytes:
    """The property flags and list. `headers` is a table as above, or its octets."""
    flags, octets = 0, b""
    for bit, (name, kind) in enumerate(PROPERTIES.items()):
        if name not in values:
            continue
        flags |= 0x8000 >> bit
        value = values[name]
        if kind == "F":
            octets += value if isinstance(value, bytes) else table(value)
        else:
            octets += short_string(value) if kind == "s" else struct.pack(_NUMBERS[kind], value)
    assert set(values) <= set(PROPERTIES)
    return struct.pack(">H", flags) + octets


def content_header(body_size: int, encoded: bytes) -> bytes:
    """The payload of a content header frame."""
    return struct.pack(">HHQ", BASIC, 0, body_size) + encoded


class Encoded(pika.BasicProperties):
    """Properties for Pika to send as they are."""

    def __init__(self, encoded: bytes):
        super().__init__()
        self._encoded = encoded

    def encode(self) -> list[bytes]:
        return [self._encoded]


class _Octets:
    """Takes values off the front."""

    def __init__(self, octets: bytes):
        self._octets, self._at = octets, 0

    def left(self) -> bool:
        return self._at < len(self._octets)

    def take(self, count: int) -> bytes:
        if count > len(self._octets) - self._at:
            raise ValueError("it ends within a value")
        self._at += count
        return self._octets[self._at - count:self._at]

    def number(self, layout: str) -> object:
        return struct.unpack(layout, self.take(struct.calcsize(layout)))[0]

    def short_string(self) -> str:
        return self.take(self.number(">B")).decode()

    def long_string(self) -> bytes:
        return self.take(self.number(">I"))

    def field(self) -> tuple[str, object]:
        kind = self.take(1).decode()
        if kind in _NUMBERS:
            return kind, self.number(_NUMBERS[kind])
        if kind == "S":
            return kind, self.long_string().decode()
        if kind == "x":
            return kind, self.long_string()
        if kind == "D":
            return kind, [self.number(">B"), self.number(">i")]
        if kind == "V":
            return kind, None
        if kind == "A":
            inner, values = _Octets(self.long_string()), []
            while inner.left():
                values.append(inner.field())
            return kind, values
        if kind == "F":
            return kind, self.table()
        raise ValueError(f"no field type {kind!r}")

    def table(self) -> dict:
        inner, fields = _Octets(self.long_string()), {}
        while inner.left():
            name = inner.short_string()
            fields[name] = inner.field()
        return fields


def decoded(encoded: bytes) -> dict:
    """The properties of these octets, as `properties` takes them."""
    octets, values = _Octets(encoded), {}
    flags = octets.number(">H")
    for bit, (name, kind) in enumerate(PROPERTIES.items()):
        if flags & 0x8000 >> bit:
            read = {"F": octets.table, "s": octets.short_string}.get(kind)
            values[name] = read() if read else octets.number(_NUMBERS[kind])
    return values


def to_json(kind: str, value: object) -> dict:
    """A field with its type, as docs/wire-format.md writes it: what JSON has no number for is text, integers beyond
    2^53 in decimal and bytes in base64."""
    if kind == "F":
        value = {name: to_json(*entry) for name, entry in value.items()}
    elif kind == "A":
        value = [to_json(*entry) for entry in value]
    elif kind == "x":
        value = base64.b64encode(value).decode()
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        value = str(value)
    return {"type": kind, "value": value}
