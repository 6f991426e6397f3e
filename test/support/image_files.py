"""Image files, whole and wrong ones, byte by byte. The whole ones come from OpenCV."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
END = b"\xff\xd9"


def picture(rows: int, cols: int, channels: int = 3) -> np.ndarray:
    y, x, c = np.ogrid[:rows, :cols, :channels]
    image = (y * 40 + x * 25 + c * 60).astype("u1")
    return image[:, :, 0] if channels == 1 else image


def encoded(extension: str, image: np.ndarray, *params: int) -> bytes:
    done, body = cv2.imencode(extension, image, params)
    assert done
    return body.tobytes()


# PNG

def chunk(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def ihdr(width: int, height: int, bits: int = 8, color: int = 2, compression: int = 0, method: int = 0,
         interlace: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, color, compression, method, interlace))


def png(*chunks: bytes) -> bytes:
    return PNG_MAGIC + b"".join(chunks)


def zeros(size: int) -> bytes:
    """So many zero bytes as zlib packs them, without ever having them at once."""
    packer = zlib.compressobj(9)
    piece = bytes(1 << 20)
    packed = b"".join(packer.compress(piece[:min(len(piece), size - at)]) for at in range(0, size, len(piece)))
    return packed + packer.flush()


def with_wrong_checksum(body: bytes, name: bytes) -> bytes:
    at = body.index(name)
    (length,) = struct.unpack_from(">I", body, at - 4)
    checksum = at + 4 + length
    return body[:checksum] + bytes([body[checksum] ^ 1]) + body[checksum + 1:]


# JPEG

def segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


def sof_at(body: bytes) -> int:
    """Where the frame header's marker stands."""
    at = 2
    while True:
        marker = body[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return at
        at += 2 + struct.unpack_from(">H", body, at + 2)[0]


def jpeg_claiming(body: bytes, width: int, height: int) -> bytes:
    at = sof_at(body) + 5
    return body[:at] + struct.pack(">HH", height, width) + body[at + 4:]


def jpeg_as(body: bytes, sof: int | None = None, precision: int | None = None) -> bytes:
    """With another kind of frame, or of sample."""
    at = sof_at(body)
    changed = bytearray(body)
    changed[at + 1] = body[at + 1] if sof is None else sof
    changed[at + 4] = body[at + 4] if precision is None else precision
    return bytes(changed)


def last_scan_repeated(body: bytes, times: int) -> bytes:
    at = body.rindex(b"\xff\xda")
    return body[:at] + body[at:-2] * times + END


# WebP

def riff(*chunks: bytes, size: int | None = None) -> bytes:
    content = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(content) if size is None else size) + content


def webp_chunk(name: bytes, data: bytes, size: int | None = None) -> bytes:
    return name + struct.pack("<I", len(data) if size is None else size) + data + bytes(len(data) % 2)


def vp8x(width: int, height: int, flags: int = 0) -> bytes:
    return webp_chunk(b"VP8X",
                      struct.pack("<I", flags) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"))


def lossless_claiming(body: bytes, width: int, height: int) -> bytes:
    (bits,) = struct.unpack_from("<I", body, 21)
    bits = bits & 0xF0000000 | (height - 1) << 14 | (width - 1)
    return body[:21] + struct.pack("<I", bits) + body[25:]


def lossy_claiming(body: bytes, width: int, height: int) -> bytes:
    return body[:26] + struct.pack("<HH", width, height) + body[30:]


# BMP

def bmp(width: int = 2, height: int = 2, bits: int = 24, compression: int = 0, colors: int = 0,
        pixels: bytes = bytes(64),
        offset: int | None = None, header: int = 40, behind: bytes = b"") -> bytes:
    info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, 0, 0, 0, colors, 0) + behind
    start = 14 + len(info) if offset is None else offset
    return b"BM" + struct.pack("<IHHI", 14 + len(info) + len(pixels), 0, 0, start) + info + pixels
