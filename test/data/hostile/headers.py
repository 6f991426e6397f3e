"""Hostile headers: raw matrices that lie about themselves, tables that are too deep or no tables at all."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Iterator

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from amqp_encoding import field, long_string, properties, short_string, table  # noqa: E402

RAW = "application/x-cv-mat"
DAMAGED, TOO_LARGE, MALFORMED = "CANNOT_DECODE", "LIMIT_EXCEEDED", "MALFORMED_PROPERTIES"
GOOD = {"mat-rows": ("l", 2), "mat-cols": ("l", 2), "mat-type": ("S", "CV_8UC3")}
BODY = bytes(12)

Fields = tuple[str, str, bytes, bytes, bool]  # of bodies.Hostile

WRONG_SIDES = {
    "a text": ("S", "2"), "a text of nothing": ("S", ""), "bytes": ("x", b"\2"), "a double": ("d", 2.0),
    "a float": ("f", 2.0),
    "NaN": ("d", float("nan")), "an endless number": ("d", float("inf")), "a boolean": ("t", True),
    "nothing": ("V", None),
    "a decimal": ("D", (0, 2)), "a time": ("T", 2), "a list": ("A", [("l", 2)]), "a table": ("F", {"2": ("l", 2)}),
    "zero": ("l", 0),
    "minus two": ("l", -2), "the lowest number": ("l", -2**63), "minus one of 8 bits": ("b", -1),
    "a number above 63 bits": ("L", 2**64 - 1),
}
NO_NUMBERS = ("NaN", "an endless number")  # RabbitMQ closes the connection over them
LARGE_SIDES = {"2^31": ("l", 2**31), "2^32": ("l", 2**32), "2^32 + 2": ("l", 2**32 + 2), "2^62": ("l", 2**62),
               "the highest number": ("l", 2**63 - 1)}
WRONG_TYPES = {
    "a number": ("l", 16), "nothing": ("V", None), "bytes": ("x", b"CV_8UC3"), "a text of nothing": ("S", ""),
    "a depth that does not travel": ("S", "CV_16FC1"),
    "an unknown depth": ("S", "CV_128UC1"), "no channels": ("S", "CV_8U"), "0 channels": ("S", "CV_8UC0"),
    "513 channels": ("S", "CV_8UC(513)"),
    "channels beyond all numbers": ("S", "CV_8UC99999999999999999999"), "a channel below 0": ("S", "CV_8UC-3"),
    "a leading zero": ("S", "CV_8UC03"),
    "small letters": ("S", "cv_8uc3"), "a blank behind it": ("S", "CV_8UC3 "), "a zero behind it": ("S", "CV_8UC3\0"),
    "an open parenthesis": ("S", "CV_8UC(3"),
    "a long name": ("S", "CV_8UC" + "3" * 100_000), "octets that are no UTF-8": ("S", b"\xff\xfe\xfd"),
}


def raw_matrices() -> Iterator[Fields]:
    def raw(what: str, code: str, headers: dict, body: bytes = BODY, content_type: str = RAW) -> Fields:
        encoded = properties(content_type=content_type, type="image", headers=headers)
        brokered = not any(what.startswith(number) for number in NO_NUMBERS)
        return f"raw matrix with {what}", code, body, encoded, brokered

    yield raw("no headers", DAMAGED, {})
    for name in GOOD:
        yield raw(f"no {name}", DAMAGED, {other: GOOD[other] for other in GOOD if other != name})
        yield raw(f"{name} in capitals", DAMAGED,
                  {(key.upper() if key == name else key): value for key, value in GOOD.items()})
    for name in ("mat-rows", "mat-cols"):
        for what, value in WRONG_SIDES.items():
            yield raw(f"{what} for {name}", DAMAGED, {**GOOD, name: value})
        for what, value in LARGE_SIDES.items():
            yield raw(f"{what} for {name}", TOO_LARGE, {**GOOD, name: value})
    for what, value in WRONG_TYPES.items():
        yield raw(f"{what} for mat-type", DAMAGED, {**GOOD, "mat-type": value})
    for size in (0, 1, 11, 13, 24, 12_000):
        yield raw(f"{size} bytes instead of 12", DAMAGED, GOOD, bytes(size))
    for rows, cols, kind, code in ((2**31 - 1, 2**31 - 1, "CV_64FC(512)", TOO_LARGE),
                                   (2**16, 2**16, "CV_8UC1", TOO_LARGE), (2**27 + 1, 1, "CV_8UC1", TOO_LARGE),
                                   (2**27, 1, "CV_64FC(512)", TOO_LARGE), (2**26, 2, "CV_8UC(5)", TOO_LARGE),
                                   (2**27, 1, "CV_8UC4", DAMAGED),
                                   (46341, 2000, "CV_8UC1", DAMAGED), (2**33, 2**33, "CV_8UC4", TOO_LARGE)):
        yield raw(f"{rows} x {cols} of {kind}", code,
                  {"mat-rows": ("l", rows), "mat-cols": ("l", cols), "mat-type": ("S", kind)})
    for content_type in ("Application/X-CV-Mat", "application/x-cv-mat; depth=8", "application/x-cv-mat;"):
        yield raw(f"the content type '{content_type}' and no headers", DAMAGED, {}, content_type=content_type)
    # The last of two headers of one name counts. RabbitMQ 3 passes on both, RabbitMQ 4 the first alone.
    twice = long_string(table(GOOD)[4:] + short_string("mat-rows") + field("l", 3))
    yield "raw matrix with mat-rows twice", DAMAGED, BODY, properties(content_type=RAW, headers=twice), False


def nested(levels: int, kind: str) -> bytes:
    """A header table of so many levels, itself included."""
    value = field("V")
    for _ in range(levels - 1):
        value = kind.encode() + long_string((short_string("t") if kind == "F" else b"") + value)
    return long_string(short_string("t") + value)


def tables() -> Iterator[Fields]:
    """All of them on a body that would be a text."""
    for kind, name in (("F", "tables"), ("A", "lists")):
        for levels in (33, 34, 64, 1000, 10_000):
            yield f"{levels} levels of {name}", MALFORMED, b"text", properties(headers=nested(levels, kind)), True

    good = table({"x": ("l", 1)})
    wrong = {
        "a length beyond the frame": b"\0\0\xff\xff" + good[4:], "a length of 4 GiB": b"\xff\xff\xff\xff" + good[4:],
        "a length of one too many": struct.pack(">I", len(good) - 3) + good[4:],
        "a name beyond the table": long_string(b"\xffx"), "a name and no value": long_string(short_string("x")),
        "an unknown type": long_string(short_string("x") + b"Z1234"),
        "a type of zero": long_string(short_string("x") + b"\0"),
        "half a number": long_string(short_string("x") + b"l\0\0\0"),
        "a text of 4 GiB": long_string(short_string("x") + b"S\xff\xff\xff\xffabc"),
        "a text beyond the table": long_string(short_string("x") + b"S\0\0\0\x09abc"),
        "a table beyond the table": long_string(short_string("x") + b"F\0\0\0\x09\1y"),
        "a list beyond the table": long_string(short_string("x") + b"A\0\0\0\x09V"),
        "a list of an unknown type": long_string(short_string("x") + b"A" + long_string(b"?")), "no octets": b"",
        "half a length": b"\0\0",
        "10,000 levels that end nowhere": long_string(b"\1tF\0\xff\xff\xff" * 10_000),
    }
    for what, octets in wrong.items():
        yield f"headers with {what}", MALFORMED, b"text", properties(headers=octets), False
    plain = properties(content_type="text/plain")
    yield "properties with a second word of flags", MALFORMED, b"text", bytes([plain[0],
                                                                               plain[1] | 1]) + plain[2:], False
    yield "properties that are announced and missing", MALFORMED, b"text", b"\xff\xf8", False
    yield "a content type beyond the frame", MALFORMED, b"text", b"\x80\0\xfftext", False
    yield "half a timestamp", MALFORMED, b"text", b"\0\x40\0\0", False
