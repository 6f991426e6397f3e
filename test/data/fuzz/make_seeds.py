#!/usr/bin/python3
"""Writes the seeds of the fuzz targets: small inputs that are what they should be, for libFuzzer to change.

    /usr/bin/python3 test/data/fuzz/make_seeds.py [folder]

The folders have the names of the targets (targets.cpp). OpenCV makes the images and Pika the frames, not MatMQ.
"""

import struct
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pika
from pika import frame, spec

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from amqp_encoding import content_header  # noqa: E402
from image_files import chunk, encoded, ihdr, png  # noqa: E402

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "seeds"
RIGHT_CHECKSUMS = 0x40
LOGGED_IN, PRODUCER = 0x10, 0x08
WHOLE = 6  # reads of 100,000 octets


def write(target: str, name: str, data: bytes) -> None:
    folder = FOLDER / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def picture(channels: int, dtype: str = "u1", rows: int = 9, cols: int = 11) -> np.ndarray:
    y, x, c = np.ogrid[:rows, :cols, :channels]
    image = ((y * 7 + x * 13 + c * 50 + (y * x) % 5) * (1 if dtype == "u1" else 199)).astype(dtype)
    return image[:, :, 0] if channels == 1 else image


def png_of(bits: int, color: int, interlace: int, rows: bytes, *chunks: bytes, size: tuple[int, int] = (8, 8)) -> bytes:
    header = ihdr(*size, bits, color, interlace=interlace)
    return png(header, *chunks, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND"))


def exif(orientation: int, order: str = "<") -> bytes:
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HIH", 42, 8, 1)
    return head + entry + struct.pack(order + "I", 0)


def images() -> None:
    for name, body in {"png": encoded(".png", np.zeros((2048, 2048), "u1")),
                       "webp": encoded(".webp", np.zeros((2048, 2048, 3), "u1")),
                       "jpeg": encoded(".jpg", np.zeros((2048, 2048), "u1"), cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
                       "tiff": encoded(".tiff", np.zeros((2048, 2048), "u1"))}.items():
        write(name, "large", b"\x80" + body)
        write(name, "cut", b"\x20" + encoded({"jpeg": ".jpg"}.get(name, f".{name}"), picture(3, rows=40))[:-300])
    for channels in (1, 3, 4):
        body = encoded(".png", picture(channels))
        write("png", f"{channels}-channels", bytes([RIGHT_CHECKSUMS]) + body)
        write("png", f"{channels}-channels-16-bit",
              bytes([RIGHT_CHECKSUMS | 1]) + encoded(".png", picture(channels, "u2")))
        write("bmp", f"{channels}-channels", b"\0" + encoded(".bmp", picture(channels)))
        write("webp", f"{channels}-channels", b"\0" + encoded(".webp", picture(channels)))
        write("webp", f"{channels}-channels-lossy",
              b"\x0a" + encoded(".webp", picture(channels), cv2.IMWRITE_WEBP_QUALITY, 50))
        if channels == 4:
            continue
        for name, params in {"": [], "-progressive": [cv2.IMWRITE_JPEG_PROGRESSIVE, 1],
                             "-restarts": [cv2.IMWRITE_JPEG_RST_INTERVAL, 1],
                             "-optimised": [cv2.IMWRITE_JPEG_OPTIMIZE, 1]}.items():
            write("jpeg", f"{channels}-channels{name}",
                  bytes([channels * 8]) + encoded(".jpg", picture(channels), *params))
    for channels in (1, 3):
        for dtype in ("u1", "u2"):
            image = picture(channels, dtype)
            write("tiff", f"{channels}-channels-{dtype}", bytes([channels]) + encoded(".tiff", image))
            write("tiff", f"{channels}-channels-{dtype}-unpacked",
                  b"\0" + encoded(".tiff", image, cv2.IMWRITE_TIFF_COMPRESSION, 1))
            write("pnm", f"{channels}-channels-{dtype}",
                  bytes([channels]) + encoded(".pgm" if channels == 1 else ".ppm", image))
    big = struct.pack("<2sHHHQQ", b"II", 43, 8, 0, 16, 9)
    for tag, value in ((256, 2), (257, 1), (258, 8), (259, 1), (262, 1), (273, 212), (277, 1), (278, 1), (279, 2)):
        big += struct.pack("<HHQQ", tag, 4 if tag in (273, 279) else 3, 1, value)
    write("tiff", "big", b"\0" + big + bytes(8) + b"\x10\x20")
    write("tiff", "float", b"\0" + encoded(".tiff", picture(3).astype("f4")))
    write("tiff", "alpha", b"\0" + encoded(".tiff", picture(4)))
    write("pnm", "bits", b"\0P4\n# a comment\n9 2\n" + bytes(4))
    write("pnm", "text", b"\0P2 3 1 255 1 2 3")
    palette = chunk(b"PLTE", bytes(range(48)))
    write("png", "palette-interlaced", b"\x40" + png_of(4, 3, 1, bytes(100), palette, chunk(b"tRNS", bytes(5))))
    write("png", "one-bit", b"\x42" + png_of(1, 0, 0, bytes(16)))
    write("png", "grey-alpha-exif", b"\x41" + png_of(8, 4, 0, bytes(8 * 17), chunk(b"eXIf", exif(6))))
    write("png", "profile", b"\x42" + png_of(8, 0, 0, bytes(8 * 9), chunk(b"gAMA", struct.pack(">I", 45455)),
                                        chunk(b"iCCP", b"name\0\0" + zlib.compress(bytes(200)))))
    jpeg = encoded(".jpg", picture(3))
    app1 = b"Exif\0\0" + exif(8, ">")
    write("jpeg", "exif", b"\x01" + jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(app1) + 2) + app1 + jpeg[2:])
    for bits, masks in ((16, (0xF800, 0x7E0, 0x1F)), (32, (0xFF0000, 0xFF00, 0xFF))):
        header = struct.pack("<IiiHHIIiiII", 40, 4, -3, 1, bits, 3, 0, 0, 0, 0, 0) + struct.pack("<III", *masks)
        body = bytes(range(4 * 3 * bits // 8))
        write("bmp", f"{bits}-bits",
              b"\0BM" + struct.pack("<IHHI", 14 + len(header) + len(body), 0, 0, 14 + len(header)) + header + body)
    for bits in (1, 4, 8):
        palette = bytes(range(4 << bits)) if bits < 8 else bytes(1024)
        header = struct.pack("<IiiHHIIiiII", 40, 9, 2, 1, bits, 0, 0, 0, 0, 1 << bits, 0) + palette
        body = bytes(12 if bits == 8 else 8) * 2
        write("bmp", f"{bits}-bits",
              b"\1BM" + struct.pack("<IHHI", 14 + len(header) + len(body), 0, 0, 14 + len(header)) + header + body)
    for orientation in (1, 6):
        for order in "<>":
            write("exif", f"{orientation}{'ii' if order == '<' else 'mm'}", exif(orientation, order))


ALL_TYPES = {"text": "text", "bytes": b"bytes", "int": 7, "long": 2**40, "bool": True, "none": None,
             "list": [1, "two", [3]], "table": {"deeper": {"deepest": -1}}}


def header_of(size: int, **properties: object) -> bytes:
    return content_header(size, b"".join(spec.BasicProperties(**properties).encode()))


def method(id_: type, **fields: object) -> bytes:
    return frame.Method(1, id_(**fields)).marshal()[7:-1]


def amqp() -> None:
    tables = {"empty": {}, "all": ALL_TYPES, "raw": {"mat-rows": 2, "mat-cols": 3, "mat-type": "CV_8UC3"}}
    deep: dict = {}
    for _ in range(31):
        deep = {"t": deep}
    tables["deep"] = deep
    for name, table in tables.items():
        pieces: list = []
        pika.data.encode_table(pieces, table)
        write("table", name, b"".join(pieces))
    everything = {"content_type": "text/plain", "content_encoding": "gzip", "headers": ALL_TYPES, "delivery_mode": 2,
                  "priority": 3, "correlation_id": "c", "reply_to": "r", "expiration": "1000", "message_id": "m-1",
                  "timestamp": 1, "type": "text", "user_id": "guest", "app_id": "camera-1"}
    write("properties", "none", header_of(0))
    write("properties", "all", header_of(5, **everything))
    raw = {"content_type": "application/x-cv-mat", "type": "image", "headers": tables["raw"]}
    messages = {"raw": (header_of(18, **raw), bytes(range(18))), "eot": (header_of(1, type="eot"), b"\x04"),
                "without-properties": (header_of(1), b"\x04"),
                "png": (header_of(1, content_type="image/png"), encoded(".png", picture(3)))}
    for name, (header, body) in messages.items():
        write("message", name, b"\0" + struct.pack(">H", len(header)) + header + body)
    for id_, fields in ((spec.Basic.Deliver,
                         {"consumer_tag": "c", "delivery_tag": 1, "exchange": "e", "routing_key": "k"}),
                        (spec.Basic.Ack, {"delivery_tag": 1, "multiple": True}), (spec.Basic.Nack, {"delivery_tag": 1}),
                        (spec.Basic.Return,
                         {"reply_code": 312, "reply_text": "NO_ROUTE", "exchange": "e", "routing_key": "k"}),
                        (spec.Basic.Cancel, {"consumer_tag": "c"}),
                        (spec.Channel.Close, {"reply_code": 404, "reply_text": "no", "class_id": 50, "method_id": 10}),
                        (spec.Connection.Close,
                         {"reply_code": 320, "reply_text": "bye", "class_id": 0, "method_id": 0}),
                        (spec.Connection.Start, {"version_major": 0, "version_minor": 9, "server_properties": ALL_TYPES,
                                                 "mechanisms": "PLAIN", "locales": "en_US"}),
                        (spec.Connection.Tune, {"channel_max": 1, "frame_max": 4096, "heartbeat": 1}),
                        (spec.Connection.Blocked, {"reason": "low on memory"})):
        write("method", id_.__name__ + str(id_.INDEX), method(id_, **fields))
    deliver = frame.Method(1, spec.Basic.Deliver("c", 1, False, "e", "k")).marshal()
    header = frame.Header(1, 5, spec.BasicProperties(type="text", headers=ALL_TYPES)).marshal()
    body = frame.Body(1, b"he").marshal() + frame.Body(1, b"llo").marshal()
    empty = frame.Header(1, 0, spec.BasicProperties()).marshal()
    beat = frame.Heartbeat().marshal()
    write("frames", "delivery", bytes([LOGGED_IN | WHOLE]) + deliver + header + body + beat + deliver + empty)
    write("frames", "delivery-octet-by-octet", bytes([LOGGED_IN]) + deliver + header + body)
    big = frame.Header(1, 1 << 40, spec.BasicProperties()).marshal()
    write("frames", "delivery-too-large",
          bytes([LOGGED_IN | WHOLE]) + deliver + big + frame.Body(1, bytes(100)).marshal())
    returned = frame.Method(1, spec.Basic.Return(312, "NO_ROUTE", "e", "k")).marshal()
    acks = frame.Method(1, spec.Basic.Ack(2, True)).marshal() + frame.Method(1, spec.Basic.Nack(3)).marshal()
    write("frames", "answers", bytes([LOGGED_IN | PRODUCER | WHOLE]) + acks + returned + header + body + acks)
    blocked = frame.Method(0, spec.Connection.Blocked("low on disk")).marshal()
    close = frame.Method(0, spec.Connection.Close(320, "bye", 0, 0)).marshal()
    write("frames", "blocked", bytes([LOGGED_IN | PRODUCER | WHOLE]) + blocked + close)
    start = frame.Method(0, spec.Connection.Start(0, 9, {"product": "RabbitMQ", "version": "3.10.8"}, "PLAIN", "en_US"))
    tune = frame.Method(0, spec.Connection.Tune(1, 4096, 1))
    opened = frame.Method(0, spec.Connection.OpenOk()).marshal() + frame.Method(1, spec.Channel.OpenOk()).marshal()
    write("frames", "login", bytes([WHOLE]) + start.marshal() + tune.marshal() + opened)


def segments() -> None:
    """See segments.cpp: 0x1f is an honest segment, then message, segments, their bytes, the last one's, index."""
    whole = [bytes([0x1F, 1, 3, 10, 4, index]) for index in range(3)]
    other = [bytes([0x1F, 2, 2, 200, 200, index]) for index in range(2)]
    write("segments", "in-order", b"".join(whole))
    write("segments", "last-first", whole[0] + whole[2] + whole[1])
    write("segments", "two-messages", whole[0] + other[0] + whole[1] + other[1] + whole[2])
    write("segments", "doubled-and-begun-anew", whole[0] + whole[1] + whole[1] + whole[0] + whole[1] + whole[2])
    write("segments", "stray-then-late", whole[2] + whole[0] + b"\xf0" + b"\x04\2" + b"\5" + whole[1])
    write("segments", "lies", whole[0] + bytes([0x0F, 1, 3, 10, 4, 1, 8]) + b"\x7f" + b"\xff" * 7)


def senders() -> None:
    """See senders.cpp: 0 is sender a's next segment, 0xc0 its next four; a new message has a count and a size."""
    write("senders", "one", bytes([0x00, 1, 9, 0xC0, 0xC0]) + bytes([6] * 8))
    write("senders", "three-mixed", bytes([0, 2, 5, 1, 3, 7, 2, 0, 255]) + bytes([0, 1, 2, 0x40, 0x41, 0x42]) * 6)
    write("senders", "begun-anew", bytes([0, 5, 20, 0xC0, 0x20, 5, 20, 0xC0, 0xC0]) + bytes(20))
    write("senders", "whole-between", bytes([0, 4, 20, 0x18, 30, 0x19, 0, 0xC0, 0xC0]) + bytes([2] * 20))
    write("senders", "strays", bytes([7, 0x0F, 0, 5, 0, 9, 1]) * 20)
    forged = bytes([0, 9, 50, 7, 4, 0, 3, 0x40, 7, 0x20, 0xFF, 0xFF, 40, 0xC0, 0xC0])
    write("senders", "forged-among-honest", forged * 3)


images()
amqp()
segments()
senders()
