"""A PNG encoder that makes every kind of PNG, chunk by chunk: libraries make the usual ones only."""

from __future__ import annotations

import sys
import zlib
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from image_files import chunk, ihdr, png  # noqa: E402
from pictures import packed_samples  # noqa: E402

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
DEPTHS = {GREY: (1, 2, 4, 8, 16), RGB: (8, 16), PALETTE: (1, 2, 4, 8), GREY_ALPHA: (8, 16), RGBA: (8, 16)}
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def _paeth(left: int, up: int, corner: int) -> int:
    to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
    if to_left <= to_up and to_left <= to_corner:
        return left
    return up if to_up <= to_corner else corner


def _filtered(row: bytes, above: bytes, step: int, kind: int) -> bytes:
    out = bytearray([kind])
    for i, value in enumerate(row):
        left, corner = (row[i - step], above[i - step]) if i >= step else (0, 0)
        predicted = (0, left, above[i], (left + above[i]) // 2, _paeth(left, above[i], corner))[kind]
        out.append((value - predicted) % 256)
    return bytes(out)


def _rows(image: np.ndarray, bits: int, kinds: tuple[int, ...]) -> bytes:
    if 0 in image.shape:
        return b""
    channels = 1 if image.ndim == 2 else image.shape[2]
    rows = packed_samples(image, bits)
    aboves = [bytes(len(rows[0])), *rows]
    step = max(1, channels * bits // 8)
    return b"".join(_filtered(row, above, step, kinds[y % len(kinds)])
                    for y, (row, above) in enumerate(zip(rows, aboves)))


def scanlines(image: np.ndarray, bits: int, interlaced: bool = False,
              kinds: tuple[int, ...] = (0, 1, 2, 3, 4)) -> bytes:
    """What is to be compressed; the rows have these filters in turn."""
    if not interlaced:
        return _rows(image, bits, kinds)
    return b"".join(_rows(image[y::down, x::right], bits, kinds) for x, y, right, down in ADAM7)


def written(image: np.ndarray, color: int, bits: int, *before: bytes, interlaced: bool = False,
            behind: tuple[bytes, ...] = (), raw: bytes | None = None, packed: bytes | None = None,
            pieces: int = 0, plte: bytes | None = None) -> bytes:
    """A whole file: IHDR, the chunks `before`, IDAT (of `pieces` bytes each), the chunks `behind`, IEND."""
    rows, cols = image.shape[:2]
    raw = scanlines(image, bits, interlaced) if raw is None else raw
    packed = zlib.compress(raw, 6) if packed is None else packed
    size = pieces or len(packed)
    idat = [chunk(b"IDAT", packed[at:at + size]) for at in range(0, len(packed), size)]
    return png(ihdr(cols, rows, bits, color, interlace=int(interlaced)), *([plte] if plte else []), *before, *idat,
               *behind, chunk(b"IEND"))
