"""A TIFF encoder that makes every kind of TIFF, tag by tag: libraries make the usual ones only."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from pictures import packed_samples, pixels_of

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE = 0, 1, 2, 3
NONE, LZW, DEFLATE, OLD_DEFLATE, PACKBITS = 1, 5, 8, 32946, 32773
FLOAT = 3

Tag = tuple[int, int, list[int]]  # number, type (1: 8 bits, 3: 16, 4: 32, 16: 64), values
LETTERS = {1: "B", 3: "H", 4: "I", 16: "Q"}


def packbits(row: bytes) -> bytes:
    """Runs where there are some, and literals."""
    out, at = bytearray(), 0
    while at < len(row):
        run = 1
        while run < 128 and at + run < len(row) and row[at + run] == row[at]:
            run += 1
        if run > 1:
            out += bytes([257 - run, row[at]])
            at += run
            continue
        end = at + 1
        while end < len(row) and end - at < 128 and (end + 1 >= len(row) or row[end] != row[end + 1]):
            end += 1
        out += bytes([end - at - 1]) + row[at:end]
        at = end
    return bytes(out)


def lzw(data: bytes) -> bytes:
    """TIFF's LZW: codes from the highest bit on, one wider a code early."""
    bits, count = 0, 0
    table: dict[bytes, int] = {}
    width = 9

    def put(code: int) -> None:
        nonlocal bits, count
        bits, count = bits << width | code, count + width

    put(256)
    table = {bytes([i]): i for i in range(256)}
    following, word = 258, b""
    for value in data:
        longer = word + bytes([value])
        if longer in table:
            word = longer
            continue
        put(table[word])
        table[longer] = following
        following += 1
        word = bytes([value])
        if following == 1 << width and width < 12:
            width += 1
        elif following == 4094:
            put(256)
            table, following, width = {bytes([i]): i for i in range(256)}, 258, 9
    if word:
        put(table[word])
        following += 1
        if following == 1 << width and width < 12:
            width += 1
    put(257)
    padding = -count % 8
    return (bits << padding).to_bytes((count + padding) // 8, "big")


def packed(rows: list[bytes], compression: int) -> bytes:
    if compression == PACKBITS:
        return b"".join(packbits(row) for row in rows)
    data = b"".join(rows)
    if compression in (DEFLATE, OLD_DEFLATE):
        return zlib.compress(data)
    return lzw(data) if compression == LZW else data


def row_bytes(image: np.ndarray, bits: int, order: str, predictor: int) -> list[bytes]:
    """The rows in the byte order of the file, as differences where the predictor says so."""
    samples = pixels_of(image)
    if predictor == 3:
        return [_float_differences(row, order) for row in samples]
    if predictor == 2:
        differences = samples.copy()
        differences[:, 1:] = samples[:, 1:] - samples[:, :-1]
        samples = differences
    if samples.dtype.itemsize == 1:
        return packed_samples(samples, bits)
    return [row.astype(samples.dtype.newbyteorder(order)).tobytes() for row in samples]


def _float_differences(row: np.ndarray, order: str) -> bytes:
    """Predictor 3: the bytes of all samples, the highest ones first, each the difference from the pixel before."""
    channels, size = row.shape[1], row.dtype.itemsize
    planes = np.frombuffer(row.astype(row.dtype.newbyteorder(">")).tobytes(), "u1").reshape(-1, size).T.reshape(-1)
    out = planes.copy()
    out[channels:] = planes[channels:] - planes[:-channels]
    return out.tobytes()


def tiff(image: np.ndarray, photometric: int, bits: int | None = None, *, order: str = "<", compression: int = NONE,
         predictor: int = 1, rows_per_strip: int | None = None, tile: tuple[int, int] | None = None, big: bool = False,
         orientation: int | None = None, extra: int | None = None, color_map: list[int] | None = None,
         planar: bool = False, changed: tuple[Tag, ...] = (), dropped: tuple[int, ...] = ()) -> bytes:
    """A whole file, the pixels before the directory. `tile` is (columns, rows); `changed` replaces or adds tags."""
    samples = pixels_of(image)
    rows, cols, channels = samples.shape
    floating = samples.dtype.kind == "f"
    bits = bits or samples.dtype.itemsize * 8
    planes = [samples[:, :, c:c + 1] for c in range(channels)] if planar else [samples]
    pieces: list[np.ndarray] = []
    high = rows_per_strip or rows
    for plane in planes:
        if tile is None:
            pieces += [plane[y:y + high] for y in range(0, rows, high)]
            continue
        wide, tall = tile
        filled = np.zeros((-(-rows // tall) * tall, -(-cols // wide) * wide, plane.shape[2]), samples.dtype)
        filled[:rows, :cols] = plane
        pieces += [filled[y:y + tall, x:x + wide] for y in range(0, rows, tall) for x in range(0, cols, wide)]
    bodies = [packed(row_bytes(piece, bits, order, predictor), compression) for piece in pieces]
    start = 16 if big else 8
    offsets = [start + sum(len(body) + len(body) % 2 for body in bodies[:i]) for i in range(len(bodies))]
    pixels = b"".join(body + bytes(len(body) % 2) for body in bodies)
    wide_type = 16 if big else 4
    tags: dict[int, tuple[int, list[int]]] = {
        256: (4, [cols]), 257: (4, [rows]), 258: (3, [bits] * channels), 259: (3, [compression]),
        262: (3, [photometric]), 277: (3, [channels]), 284: (3, [2 if planar else 1])}
    if tile is None:
        tags |= {273: (wide_type, offsets), 278: (4, [high]), 279: (wide_type, [len(body) for body in bodies])}
    else:
        tags |= {322: (4, [tile[0]]), 323: (4, [tile[1]]), 324: (wide_type, offsets),
                 325: (wide_type, [len(body) for body in bodies])}
    if orientation is not None:
        tags[274] = (3, [orientation])
    if predictor != 1:
        tags[317] = (3, [predictor])
    if color_map is not None:
        tags[320] = (3, color_map)
    if extra is not None:
        tags[338] = (3, [extra])
    if floating:
        tags[339] = (3, [FLOAT] * channels)
    tags |= {number: (kind, values) for number, kind, values in changed}
    for number in dropped:
        del tags[number]
    return _file(tags, pixels, order, big)


def _file(tags: dict[int, tuple[int, list[int]]], pixels: bytes, order: str, big: bool) -> bytes:
    inline, entry = (8, "HHQ") if big else (4, "HHI")
    at = (16 if big else 8) + len(pixels)
    end = at + (8 + 20 * len(tags) + 8 if big else 2 + 12 * len(tags) + 4)
    directory, behind = struct.pack(order + ("Q" if big else "H"), len(tags)), b""
    for number, (kind, values) in sorted(tags.items()):
        value = struct.pack(f"{order}{len(values)}{LETTERS[kind]}", *values)
        if len(value) > inline:
            value, behind = struct.pack(order + ("Q" if big else "I"), end + len(behind)), behind + value + bytes(
                len(value) % 2)
        directory += struct.pack(order + entry, number, kind, len(values)) + value.ljust(inline, b"\0")
    directory += bytes(inline)
    name = b"II" if order == "<" else b"MM"
    if big:
        return name + struct.pack(order + "HHHQ", 43, 8, 0, at) + pixels + directory + behind
    return name + struct.pack(order + "HI", 42, at) + pixels + directory + behind
