"""What the image file formats can hold, and how large an image is before it is decoded."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Iterable

from .errors import ImageError


@dataclass(frozen=True)
class Format:
    """A file format of MatMQ."""

    name: str
    depths: tuple[str, ...]
    channels: tuple[int, ...]
    side: int = 0x7FFFFFFF

    @property
    def holds(self) -> str:
        """In words."""
        depths = " or ".join(f"CV_{depth}" for depth in self.depths)
        if len(self.channels) == 1:
            return f"{depths} with {self.channels[0]} channel{'s' if self.channels[0] > 1 else ''}"
        return f"{depths} with {', '.join(map(str, self.channels[:-1]))} or {self.channels[-1]} channels"


_JPEG = Format("JPEG", ("8U",), (1, 3), 65500)
_TIFF = Format("TIFF", ("8U", "16U", "32F"), (1, 3, 4))
FORMATS = {
    ".png": Format("PNG", ("8U", "16U"), (1, 3, 4)),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".webp": Format("WebP", ("8U",), (1, 3, 4), 16383),
    ".bmp": Format("BMP", ("8U",), (1, 3, 4)),
    ".tiff": _TIFF,
    ".tif": _TIFF,
    ".pgm": Format("PGM", ("8U", "16U"), (1,)),
    ".ppm": Format("PPM", ("8U", "16U"), (3,)),
    ".pnm": Format("PNM", ("8U", "16U"), (1, 3)),
}
USUAL_FORMATS = (".png", ".jpg", ".webp", ".bmp")
"""What a receiver decodes unless its program names others: `.tiff`, `.pnm`."""
_DECODERS = {".jpeg": ".jpg", ".tif": ".tiff", ".pgm": ".pnm", ".ppm": ".pnm", ".pbm": ".pnm"}


def dotted(name: str) -> str:
    """A format's name as it stands in FORMATS, of one in any case and with or without its dot."""
    return f".{name.removeprefix('.').lower()}" if isinstance(name, str) else repr(name)


def decodable(names: Iterable[str]) -> tuple[str, ...]:
    """What may be decoded, as `format_of` names it. Raises for what is no format."""
    if isinstance(names, str):
        raise TypeError(f"expected formats such as ('.png', '.tiff') but received {names!r}")
    found = tuple(_DECODERS.get(dotted(name), dotted(name)) for name in names)
    unknown = [name for name in found if name not in FORMATS]
    if unknown:
        raise ValueError(f"expected formats among {', '.join(FORMATS)} but received {', '.join(unknown)}")
    return found


@dataclass(frozen=True)
class Limits:
    """What a receiver takes: the defaults of MatMQ. Decoding a progressive JPEG or a lossless WebP takes memory
    beside the pixels, which counts as decoded, too. Pika has a body in memory before anyone can refuse it."""

    pixels: int = 128 * 1024 * 1024
    decoded_bytes: int = 512 * 1024 * 1024
    message_bytes: int = 512 * 1024 * 1024

    def check(self, rows: int, cols: int, pixel_bytes: int, what: str) -> None:
        """Raises unless a matrix of this size is within them."""
        if rows * cols > self.pixels:
            raise ImageError(f"expected at most {self.pixels} pixels but received a {what} image of {cols} x {rows}")
        if rows * cols * pixel_bytes > self.decoded_bytes:
            raise ImageError(f"expected at most {self.decoded_bytes} decoded bytes but received a {what} image of "
                             f"{cols} x {rows} with {pixel_bytes} bytes a pixel")


def format_of(body: bytes) -> str | None:
    """The format whose magic bytes the body begins with. Nothing else of a network's bytes is given to OpenCV."""
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    if body.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if body.startswith(b"BM"):
        return ".bmp"
    if body.startswith(b"RIFF") and body[8:12] == b"WEBP":
        return ".webp"
    if body.startswith((b"II*\0", b"MM\0*")):
        return ".tiff"
    if re.match(rb"P[1-6]\s", body):
        return ".pnm"
    return None


def size_of(body: bytes, encoding: str) -> tuple[int, int, int]:
    """Rows, columns and bytes of a pixel (the most that decoding takes), from the header alone."""
    readers = {".png": _png, ".jpg": _jpeg, ".bmp": _bmp, ".webp": _webp, ".tiff": _tiff, ".pnm": _pnm}
    try:
        rows, cols, pixel_bytes = readers[encoding](body)
    except ImageError:
        raise
    except (struct.error, IndexError, ValueError, ZeroDivisionError):  # a header that is cut off or makes no sense
        rows = cols = pixel_bytes = 0
    if rows <= 0 or cols <= 0:
        raise ImageError(f"a {FORMATS[encoding].name} image whose header does not say its size: it is damaged")
    return rows, cols, pixel_bytes


def _png(body: bytes) -> tuple[int, int, int]:
    if body[12:16] != b"IHDR":
        return 0, 0, 0
    cols, rows, bits = struct.unpack_from(">IIB", body, 16)
    return rows, cols, 8 if bits == 16 else 4


def _jpeg(body: bytes) -> tuple[int, int, int]:
    at = 2
    while True:
        at = body.index(b"\xff", at)  # what lies between markers is passed over, as libjpeg does
        while body[at] == 0xFF:  # fill bytes
            at += 1
        marker = body[at]
        at += 1
        if marker in (0x00, 0x01, *range(0xD0, 0xD9)):
            continue
        (length,) = struct.unpack_from(">H", body, at)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            rows, cols, components = struct.unpack_from(">xHHB", body, at + 2)
            if marker > 0xC8:  # its data never end: what is missing is made up
                raise ImageError("expected a JPEG image of Huffman coding but received one of arithmetic coding")
            if marker != 0xC2:
                return rows, cols, max(3, components)
            # The coefficients of a progressive file are held until its end: 2 bytes for each sample of each component.
            factors = [divmod(body[at + 9 + 3 * i], 16) for i in range(components)]
            pixels = max(h for h, _ in factors) * max(v for _, v in factors)
            return rows, cols, max(3, components) + -(-2 * sum(h * v for h, v in factors) // pixels)
        if length < 2 or marker in (0xD9, 0xDA):
            return 0, 0, 0
        at += length


def _bmp(body: bytes) -> tuple[int, int, int]:
    (header,) = struct.unpack_from("<I", body, 14)
    cols, rows = struct.unpack_from("<HH" if header == 12 else "<ii", body, 18)
    return abs(rows), cols, 4


def _webp(body: bytes) -> tuple[int, int, int]:
    kind = body[12:16]
    if kind == b"VP8X":
        cols = int.from_bytes(body[24:27], "little") + 1
        rows = int.from_bytes(body[27:30], "little") + 1
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", body, 21)
        return (bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1, 8  # 4 of them while it is decoded
    elif kind == b"VP8 ":
        cols, rows = (side & 0x3FFF for side in struct.unpack_from("<HH", body, 26))
    else:
        return 0, 0, 0
    return rows, cols, 4


def _tiff(body: bytes) -> tuple[int, int, int]:
    """The sides of the first image, or of its tiles where they are larger: OpenCV takes memory for a tile, too."""
    order = "<" if body[0:1] == b"I" else ">"
    (at,) = struct.unpack_from(f"{order}I", body, 4)
    (entries,) = struct.unpack_from(f"{order}H", body, at)
    numbers = {}
    for entry in range(at + 2, at + 2 + entries * 12, 12):
        tag, kind, count = struct.unpack_from(f"{order}HHI", body, entry)
        if tag not in (256, 257, 258, 277, 322, 323):
            continue
        code, size = {3: ("H", 2), 4: ("I", 4)}.get(kind, ("B", 1))
        where = entry + 8 if count * size <= 4 else struct.unpack_from(f"{order}I", body, entry + 8)[0]
        if tag in numbers:  # readers may differ on which of two counts
            return 0, 0, 0
        (numbers[tag],) = struct.unpack_from(f"{order}{code}", body, where)
    rows = max(numbers.get(257, 0), numbers.get(323, 0))
    cols = max(numbers.get(256, 0), numbers.get(322, 0))
    if 256 not in numbers or 257 not in numbers:
        return 0, 0, 0
    # Whatever it has, OpenCV makes 8-bit RGBA of it on the way.
    return rows, cols, max(4, numbers.get(258, 1) * numbers.get(277, 1) // 8)


def _pnm(body: bytes) -> tuple[int, int, int]:
    gap = rb"(?:\s|#[^\r\n]*[\r\n])+"
    match = re.match(rb"P([1-6])" + gap + rb"(\d{1,10})" + gap + rb"(\d{1,10})", body)
    if not match:
        return 0, 0, 0
    return int(match[3]), int(match[2]), 6 if match[1] in b"36" else 2
