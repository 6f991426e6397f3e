#!/usr/bin/python3
"""Writes the test vectors of docs/wire-format.md: make_vectors.py [folder]

The octets of the properties come from test/support/amqp_encoding.py, the image files from OpenCV; nothing here is
MatMQ's. A test holds the committed files against what this script makes.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from amqp_encoding import content_header, properties, to_json  # noqa: E402

HERE = Path(__file__).parent
SENDER = {"app_id": "camera-1", "message_id": "0123456789abcdef-1", "delivery_mode": 1}
SENT_AT = ("l", 1795469749661331)
RAW = "application/x-cv-mat"
DEPTHS = {"8U": "u1", "8S": "i1", "16U": "<u2", "16S": "<i2", "32S": "<i4", "32F": "<f4", "64F": "<f8"}


def type_name(depth: str, channels: int) -> str:
    return f"CV_{depth}C{channels}" if channels <= 4 else f"CV_{depth}C({channels})"


def matrix(depth: str, channels: int, rows: int = 2, cols: int = 3) -> np.ndarray:
    """Numbers of every sign that the depth has, its lowest and highest among them."""
    dtype = np.dtype(DEPTHS[depth])
    count = rows * cols * channels
    if dtype.kind == "f":
        values = np.arange(count) * 0.5 - 1
        values[0], values[-1] = np.finfo(dtype).min, np.finfo(dtype).max
    else:
        values = np.arange(count) * 7 % 100 - (50 if dtype.kind == "i" else 0)
        values = values.astype(dtype)
        values[0], values[-1] = np.iinfo(dtype).min, np.iinfo(dtype).max
    return values.astype(dtype).reshape(rows, cols, channels)


def picture(channels: int, depth: str = "8U") -> np.ndarray:
    y, x, c = np.ogrid[:5, :7, :channels]
    return ((y * 30 + x * 20 + c * 40) % 256 * (257 if depth == "16U" else 1)).astype(DEPTHS[depth])


def stated(props: dict) -> dict:
    """The properties in JSON."""
    headers = props.get("headers", {})
    return {**props, "headers": {key: to_json(*value) for key, value in headers.items()}} if headers else props


def encoded(props: dict, body: bytes) -> bytes:
    """The payload of a content header frame; headers in the order of their names, as MatMQ writes them."""
    headers = props.get("headers", {})
    return content_header(len(body),
                          properties(**({**props, "headers": dict(sorted(headers.items()))} if headers else props)))


class Folder:
    """Where the vectors go, one folder each."""

    def __init__(self, path: Path):
        self._path = path

    def write(self, name: str, description: str, body: bytes, props: dict, expect: dict, *, send: dict | None = None,
              pixels: np.ndarray | None = None, source: np.ndarray | None = None,
              segments: list[tuple[dict, bytes]] | None = None) -> None:
        folder = self._path / name
        folder.mkdir(parents=True)
        vector = {"description": description, "properties": stated(props), "expect": expect}
        if send is not None:
            vector["send"] = send
        if segments is not None:
            vector["segments"] = [stated(own) for own, _ in segments]
            for index, (own, part) in enumerate(segments):
                (folder / f"header-{index}.bin").write_bytes(encoded(own, part))
                (folder / f"body-{index}.bin").write_bytes(part)
        (folder / "vector.json").write_text(json.dumps(vector, indent=2, ensure_ascii=False) + "\n", "utf-8")
        (folder / "header.bin").write_bytes(encoded(props, body))
        (folder / "body.bin").write_bytes(body)
        for file, array in (("pixels.bin", pixels), ("source.bin", source)):
            if array is not None:
                (folder / file).write_bytes(array.tobytes())


def sent(kind: str, content_type: str | None = None, headers: dict | None = None, **more: object) -> dict:
    """The properties of MatMQ."""
    content = {} if content_type is None else {"content_type": content_type}
    return {**content, **SENDER, "type": kind, "headers": {**(headers or {}), "sent-at": SENT_AT}, **more}


def texts(out: Folder) -> None:
    for name, text, description in (("text", "Grüße, 世界 🌍\n", "A text of several scripts and lines"),
                                    ("text-empty", "", "A text of nothing"),
                                    ("text-of-byte-4", "\x04",
                                     "A program's own text of one byte 0x04: no end of transmission")):
        out.write(name, description, text.encode(), sent("text", "text/plain; charset=utf-8"),
                  {"type": "text", "eot": False, "text": text},
                  send={"kind": "text"})
    for name, body, description in (("binary", bytes(range(256)), "Every byte"), ("binary-empty", b"", "No bytes"),
                                    ("binary-of-byte-4", b"\x04", "A program's own byte 0x04: no end of transmission")):
        out.write(name, description, body, sent("binary", "application/octet-stream"), {"type": "binary", "eot": False},
                  send={"kind": "binary"})
    out.write("eot", "The end of transmission, as MatMQ marks it", b"\x04", sent("eot"), {"type": "eot", "eot": True},
              send={"kind": "eot"})
    out.write("eot-unmarked", "The end of transmission, as the original classes send it: no property at all", b"\x04",
              {},
              {"type": "unmarked", "eot": True})
    out.write("eot-of-two-bytes", "Marked as the end of transmission, but not its one byte", b"\x04\x04", sent("eot"),
              {"type": "unmarked", "eot": False})
    out.write("unmarked-text", "From a program that sets no property", "plain words".encode(), {},
              {"type": "unmarked", "eot": False, "text": "plain words"})


def all_field_types(out: Folder) -> None:
    written = {"text": ("S", "Grüße"), "empty text": ("S", ""), "bytes": ("x", bytes([0, 255, 4])), "yes": ("t", True),
               "no": ("t", False),
               "nothing": ("V", None), "small": ("l", -1), "largest": ("l", 2**63 - 1), "lowest": ("l", -2**63),
               "fraction": ("d", 0.1),
               "time": ("T", 1795469749), "list": ("A", [("S", "one"), ("l", 2), ("A", []), ("d", -0.5)]),
               "table": ("F", {"inner": ("F", {"innermost": ("l", 3)}), "text": ("S", "x")})}
    program = {"priority": 5, "correlation_id": "c-1", "reply_to": "answers", "expiration": "60000",
               "timestamp": 1795469749, "content_encoding": "identity"}
    out.write("headers-written", "Every type of header that MatMQ writes, and the properties that are the program's",
              b"body",
              sent("binary", "application/octet-stream", written, **program), {"type": "binary", "eot": False},
              send={"kind": "binary", "headers": [name for name in written], "properties": list(program)})
    read = {"int8": ("b", -128), "uint8": ("B", 255), "int16": ("s", -32768), "uint16": ("u", 65535),
            "int32": ("I", -2**31), "uint32": ("i", 2**32 - 1),
            "int64": ("l", -2**63), "uint64": ("L", 2**63 - 1), "float": ("f", 0.5), "double": ("d", 0.1),
            "decimal": ("D", [2, 314])}
    out.write("headers-read", "The other types of header that MatMQ reads", b"body", {"headers": read},
              {"type": "unmarked", "eot": False})
    deep: dict = {}
    for _ in range(31):
        deep = {"t": ("F", deep)}
    out.write("headers-32-deep", "As deeply nested as is allowed", b"body", {"headers": deep},
              {"type": "unmarked", "eot": False})


def raw_matrices(out: Folder) -> None:
    kinds = [("8U", channels) for channels in (1, 2, 3, 4, 5, 512)]
    kinds += [(depth, 1) for depth in DEPTHS if depth != "8U"]
    kinds += [("64F", 3), ("16S", 5)]
    for depth, channels in kinds:
        image = matrix(depth, channels)
        write_raw(out, f"raw-{depth.lower()}-c{channels}", f"A raw matrix of {type_name(depth, channels)}", image,
                  type_name(depth, channels))
    part = matrix("16U", 3, 3, 5)
    write_raw(out, "raw-region", "A raw matrix that is a part of a larger one: its rows are packed", part, "CV_16UC3",
              {"x": 2, "y": 1, "rows": 6, "cols": 9})
    image = matrix("8U", 3)
    headers = {"mat-rows": ("B", 2), "mat-cols": ("I", 3), "mat-type": ("S", "CV_8UC(3)")}
    out.write("raw-other-spelling", "A raw matrix as other writers may spell it", image.tobytes(),
              {"content_type": "Application/X-CV-Mat; by=hand", "headers": headers},
              {"type": "unmarked", "eot": False, "matrix": [2, 3, "CV_8UC3"]}, pixels=image)


def write_raw(out: Folder, name: str, description: str, image: np.ndarray, kind: str,
              region: dict | None = None) -> None:
    rows, cols = image.shape[:2]
    headers = {"mat-rows": ("l", rows), "mat-cols": ("l", cols), "mat-type": ("S", kind)}
    send = {"kind": "image", "encoding": "raw"} | ({"regionOf": region} if region else {})
    out.write(name, description, image.tobytes(), sent("image", RAW, headers),
              {"type": "image", "eot": False, "matrix": [rows, cols, kind]},
              send=send, pixels=image)


def segmented(out: Folder) -> None:
    """The example of docs/wire-format.md."""
    body, size, checksum = b"0123456789", 4, 0x280C069E
    whole = sent("binary", "application/octet-stream")
    segments = []
    for index, offset in enumerate(range(0, len(body), size)):
        part = body[offset:offset + size]
        numbers = {"segment-index": index, "segment-count": 3, "segment-offset": offset, "segment-total": len(body)}
        if index == 2:
            numbers["segment-crc32c"] = checksum
        own = {**whole, "headers": {**whole["headers"], **{name: ("l", number) for name, number in numbers.items()}}}
        segments.append((own, part))
    out.write("segments", "A message that goes in segments of 4 bytes: a receiver makes the whole of them", body, whole,
              {"type": "binary", "eot": False}, send={"kind": "binary", "segmentSize": size}, segments=segments)


def image_files(out: Folder) -> None:
    for name, encoding, content_type, depth, channels in (
            ("png", ".png", "image/png", "8U", 3), ("png-grey", ".png", "image/png", "8U", 1),
            ("png-alpha-16", ".png", "image/png", "16U", 4),
            ("jpeg", ".jpg", "image/jpeg", "8U", 3), ("jpeg-grey", ".jpg", "image/jpeg", "8U", 1),
            ("webp", ".webp", "image/webp", "8U", 3),
            ("webp-alpha", ".webp", "image/webp", "8U", 4), ("bmp", ".bmp", "image/bmp", "8U", 3),
            ("bmp-grey", ".bmp", "image/bmp", "8U", 1)):
        image = picture(channels, depth)
        done, body = cv2.imencode(encoding, image)
        assert done
        decoded = cv2.imdecode(body, cv2.IMREAD_UNCHANGED).reshape(image.shape)
        exact = np.array_equal(decoded, image)
        rows, cols = image.shape[:2]
        out.write(name, f"{type_name(depth, channels)} as {encoding}", body.tobytes(), sent("image", content_type),
                  {"type": "image", "eot": False, "matrix": [rows, cols, type_name(depth, channels)]},
                  send={"kind": "image", "encoding": encoding}, pixels=decoded, source=None if exact else image)
    image = picture(3)
    body = cv2.imencode(".png", image)[1].tobytes()
    out.write("png-unmarked", "A PNG file that a program published with no property at all", body, {},
              {"type": "unmarked", "eot": False, "matrix": [5, 7, "CV_8UC3"]}, pixels=image)


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for old in path.glob("*/vector.json"):
        shutil.rmtree(old.parent)
    out = Folder(path)
    for part in (texts, all_field_types, raw_matrices, image_files, segmented):
        part(out)


main()
