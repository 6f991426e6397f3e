"""What the files show: slopes and edges with some noise, the same on every machine."""

from __future__ import annotations

import zlib

import numpy as np

WIDTH, HEIGHT = 61, 47
SIZES = ((1, 1), (1, 7), (9, 1), (8, 8), (17, 15))  # columns, rows


def picture(cols: int = WIDTH, rows: int = HEIGHT, channels: int = 3, bits: int = 8) -> np.ndarray:
    """Samples of so many bits, in the order of the file (RGBA); of 1 channel without a third axis."""
    y, x, c = np.ogrid[:rows, :cols, :channels]
    wave = np.sin(x / (5.0 + c)) * np.cos(y / (6.0 - c)) * 0.3 + 0.5
    edge = ((x // 11 + y // 7 + c) % 3 == 0) * 0.25
    noise = np.random.RandomState(zlib.crc32(b"%d %d %d" % (cols, rows, channels))).uniform(-0.05, 0.05, wave.shape)
    samples = np.clip(wave + edge - 0.1 + noise, 0, 1) * ((1 << bits) - 1)
    samples = np.rint(samples).astype("u1" if bits <= 8 else "u2")
    return samples[:, :, 0] if channels == 1 else samples


def pixels_of(image: np.ndarray) -> np.ndarray:
    """With a third axis, whatever the number of channels."""
    return image[:, :, None] if image.ndim == 2 else image


def palette(colors: int) -> np.ndarray:
    """Different colours, none of them grey."""
    i = np.arange(colors)
    return np.stack([(i * 37 + 11) % 256, (i * 91 + 60) % 256, (i * 53 + 128) % 256], axis=1).astype("u1")


def packed_samples(image: np.ndarray, bits: int) -> list[bytes]:
    """The rows as bytes; samples of fewer than 8 bits side by side, those of 16 big-endian."""
    rows = pixels_of(image).reshape(image.shape[0], -1)
    if bits == 16:
        return [row.astype(">u2").tobytes() for row in rows]
    if bits == 8:
        return [row.astype("u1").tobytes() for row in rows]
    return [np.packbits((row[:, None] >> np.arange(bits - 1, -1, -1)) & 1).tobytes() for row in rows]
