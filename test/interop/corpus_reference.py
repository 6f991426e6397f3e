#!/usr/bin/python3
"""What OpenCV and Pillow make of the files of the corpus.

    corpus_reference.py <folder> <pixels>

prints a line of JSON for each file, reader and mode: rows, columns, channels, OpenCV's depth, and where the pixels are
in the file <pixels>; or why it was refused. Pillow's pixels are brought into OpenCV's order: BGR, BGRA, or grey.
"""

from __future__ import annotations

import io
import json
import os
import sys
import warnings
from pathlib import Path
from typing import BinaryIO, Callable

os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")

import cv2  # noqa: E402
import numpy as np  # noqa: E402
from PIL import Image, ImageOps  # noqa: E402

MODES = {"unchanged": cv2.IMREAD_UNCHANGED, "color": cv2.IMREAD_COLOR, "grayscale": cv2.IMREAD_GRAYSCALE}
DEPTHS = {"uint8": 0, "int8": 1, "uint16": 2, "int16": 3, "int32": 4, "float32": 5, "float64": 6}


def with_opencv(body: bytes, mode: str) -> np.ndarray:
    image = cv2.imdecode(np.frombuffer(body, "u1"), MODES[mode])
    if image is None:
        raise ValueError("no image")
    return image


def in_opencv_order(image: Image.Image) -> np.ndarray:
    """As `unchanged` has it, with alpha wherever the file makes pixels transparent."""
    transparent = "transparency" in image.info
    if image.mode in ("I;16", "I;16L", "I;16B", "I;16N", "I"):
        pixels = np.asarray(image)
        return pixels.astype("u2") if pixels.size == 0 or (pixels.min() >= 0 and pixels.max() < 65536) else pixels
    if image.mode == "F":
        return np.asarray(image)
    if image.mode in ("1", "L") and not transparent:
        return np.asarray(image.convert("L"))
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or transparent:
        return cv2.cvtColor(np.asarray(image.convert("RGBA")), cv2.COLOR_RGBA2BGRA)
    return cv2.cvtColor(np.asarray(image.convert("RGB")), cv2.COLOR_RGB2BGR)


def upright(image: Image.Image) -> Image.Image:
    """As its EXIF tag says. Pillow turns a TIFF by itself, and would do it twice."""
    return image if image.format == "TIFF" else ImageOps.exif_transpose(image)


def grey_by_libjpeg(body: bytes) -> np.ndarray | None:
    """The luma of the file, if it has any."""
    image = Image.open(io.BytesIO(body))
    if image.format not in ("JPEG", "MPO") or image.mode == "CMYK":
        return None
    image.draft("L", image.size)
    return np.asarray(ImageOps.exif_transpose(image).convert("L"))


def with_pillow(body: bytes, mode: str) -> np.ndarray:
    image = Image.open(io.BytesIO(body))
    image.load()
    if mode == "unchanged":
        return in_opencv_order(image)
    if mode == "grayscale" and (grey := grey_by_libjpeg(body)) is not None:
        return grey
    pixels = in_opencv_order(upright(image))
    if pixels.dtype == "u2":
        pixels = (pixels >> 8).astype("u1")
    if pixels.dtype != "u1":
        raise ValueError(f"{pixels.dtype} makes no 8 bits")
    if mode == "grayscale":
        # Pillow's own weights differ in the last bit; what matters is whose pixels are grey then.
        return pixels if pixels.ndim == 2 else cv2.cvtColor(pixels[:, :, :3].copy(), cv2.COLOR_BGR2GRAY)
    return cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR) if pixels.ndim == 2 else pixels[:, :, :3]


READERS: dict[str, Callable[[bytes, str], np.ndarray]] = {"cv2": with_opencv, "pillow": with_pillow}


def answer(read: Callable[[bytes, str], np.ndarray], body: bytes, mode: str, out: BinaryIO) -> dict[str, object]:
    try:
        pixels = np.ascontiguousarray(read(body, mode))
    except Exception as error:  # both raise whatever they like
        return {"refused": f"{type(error).__name__}: {error}"[:200]}
    at = out.tell()
    out.write(pixels.tobytes())
    rows, cols = pixels.shape[:2]
    return {"rows": rows, "cols": cols, "channels": 1 if pixels.ndim == 2 else pixels.shape[2],
            "depth": DEPTHS[str(pixels.dtype)], "at": at, "size": pixels.nbytes}


def main(folder: Path, pixels: Path) -> None:
    warnings.simplefilter("ignore")
    with pixels.open("wb") as out:
        for file in json.loads((folder / "index.json").read_text("utf-8")):
            body = (folder / file["name"]).read_bytes()
            for reader, read in READERS.items():
                for mode in MODES:
                    line = {"name": file["name"], "reader": reader, "mode": mode, **answer(read, body, mode, out)}
                    print(json.dumps(line))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
