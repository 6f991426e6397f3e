"""A file of the corpus, and what can be done to a sound one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """`kind` is the row of the table; files of one kind are alike in what a reader has to know."""

    name: str  # without its extension, unique in its format
    kind: str
    made: str  # how, and by what
    body: bytes
    damaged: bool = False
    same_as: str = ""  # the name of a sound file that shows the same colours


def flipped(body: bytes, at: int, mask: int = 1) -> bytes:
    at %= len(body)
    return body[:at] + bytes([body[at] ^ mask]) + body[at + 1:]


def patched(body: bytes, at: int, octets: bytes) -> bytes:
    return body[:at] + octets + body[at + len(octets):]


def replaced(body: bytes, old: bytes, new: bytes, count: int = 1) -> bytes:
    assert old in body, f"{old!r} is not in the file"
    return body.replace(old, new, count)


def truncations(name: str, body: bytes, parts: tuple[float, ...] = (0.4, 0.75, 0.95)) -> list[Entry]:
    """The file without its end, cut at several places."""
    return [Entry(f"{name}-cut-{round(part * 100)}", "truncated", f"the first {round(part * 100)} % of {name}",
                  body[:int(len(body) * part)], damaged=True) for part in parts]


def with_garbage(name: str, body: bytes, same_as: str) -> list[Entry]:
    """What transports and cameras leave behind an image. The image itself is whole."""
    tails = {"zeros": bytes(100), "text": b"end of file\r\n" * 3, "itself": body, "one-byte": b"\0"}
    return [Entry(f"{name}-then-{tail}", "garbage behind the end", f"{name} with {tail} behind it", body + octets,
                  same_as=same_as)
            for tail, octets in tails.items()]
