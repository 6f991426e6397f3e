"""Files as Pillow writes them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

from pictures import palette, picture


def image_of(mode: str, cols: int = 61, rows: int = 47) -> Image.Image:
    """The picture in one of Pillow's modes."""
    if mode == "1":
        return Image.fromarray(picture(cols, rows, 1, 1) * 255).convert("1", dither=Image.Dither.NONE)
    if mode == "P":
        image = Image.fromarray(picture(cols, rows, 1), "P")
        image.putpalette(palette(256).tobytes())
        return image
    if mode == "I;16":
        return Image.fromarray(picture(cols, rows, 1, 16))
    if mode == "I":
        return Image.fromarray(picture(cols, rows, 1, 16).astype("i4"))
    if mode == "F":
        return Image.fromarray(picture(cols, rows, 1, 16).astype("f4") / np.float32(65535))
    channels = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}[mode]
    return Image.fromarray(picture(cols, rows, channels), mode)


def bytes_of(image: Image.Image, file_format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, file_format, **options)
    return out.getvalue()


def saved(mode: str, file_format: str, cols: int = 61, rows: int = 47, **options: Any) -> bytes:
    return bytes_of(image_of(mode, cols, rows), file_format, **options)
