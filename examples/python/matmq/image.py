"""Matrices to message bodies and back."""

import re

import cv2
import numpy as np

RAW = "raw"
RAW_CONTENT_TYPE = "application/x-cv-mat"
CONTENT_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    RAW: RAW_CONTENT_TYPE,
}
_DEPTHS = {"8U": "u1", "8S": "i1", "16U": "u2", "16S": "i2", "32S": "i4", "32F": "f4", "64F": "f8"}
_DEPTH_OF = {np.dtype(code): name for name, code in _DEPTHS.items()}


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
    return None


def type_name(image: np.ndarray) -> str:
    """The OpenCV type of a matrix, `CV_8UC3`; above four channels `CV_8UC(7)`."""
    channels = 1 if image.ndim == 2 else image.shape[2]
    count = str(channels) if channels <= 4 else f"({channels})"
    return f"CV_{_DEPTH_OF[image.dtype.newbyteorder('=')]}C{count}"


def encode(image: np.ndarray, encoding: str, params: list[int] | None = None) -> tuple[bytes, dict]:
    """The body for an image, and the headers that go with it."""
    if image.ndim not in (2, 3) or image.size == 0:
        raise ValueError(f"expected a matrix with rows and columns, received the shape {image.shape}")
    if encoding == RAW:
        # tobytes() packs the rows of a region of interest tightly; '<' makes them little-endian on any machine.
        body = image.astype(image.dtype.newbyteorder("<"), copy=False).tobytes()
        return body, {"mat-rows": image.shape[0], "mat-cols": image.shape[1], "mat-type": type_name(image)}
    if encoding not in CONTENT_TYPES:
        raise ValueError(f"expected one of {', '.join(CONTENT_TYPES)} as encoding, received {encoding!r}")
    done, body = cv2.imencode(encoding, image, params or [])
    if not done:
        raise ValueError(f"OpenCV cannot encode {type_name(image)} as {encoding}")
    return body.tobytes(), {}


def decode_raw(body: bytes, headers: dict) -> np.ndarray:
    """The matrix of a raw body."""
    rows, cols, name = (headers.get(header) for header in ("mat-rows", "mat-cols", "mat-type"))
    # A bool is an int to Python, not to AMQP.
    integers = all(isinstance(side, int) and not isinstance(side, bool) for side in (rows, cols))
    if not integers or not isinstance(name, str):
        raise ValueError("a raw matrix without the headers mat-rows and mat-cols as integers and mat-type as a string")
    match = re.fullmatch(r"CV_(8U|8S|16U|16S|32S|32F|64F)C(?:([1-9]\d{0,2})|\(([1-9]\d{0,2})\))", name)
    channels = int(match[2] or match[3]) if match else 0
    if not match or rows <= 0 or cols <= 0 or not 1 <= channels <= 512:
        raise ValueError(f"no matrix has {rows} rows, {cols} columns and the type {name}")
    dtype = np.dtype(f"<{_DEPTHS[match[1]]}")
    if len(body) != rows * cols * channels * dtype.itemsize:
        raise ValueError(f"{len(body)} bytes are not a {rows}x{cols} matrix of {name}")
    shape = (rows, cols) if channels == 1 else (rows, cols, channels)
    return np.frombuffer(body, dtype).reshape(shape)


def is_raw(content_type: str | None) -> bool:
    """Whether a content type, in any case and with any parameters, is that of a raw matrix."""
    return (content_type or "").split(";")[0].strip().lower() == RAW_CONTENT_TYPE


def decode(body: bytes, content_type: str | None, headers: dict) -> np.ndarray:
    """The matrix of an image's body: raw by its content type, all others by their first bytes."""
    if is_raw(content_type):
        return decode_raw(body, headers)
    if format_of(body) is None:
        raise ValueError(f"no image of a known format ({content_type or 'no content type'}, {len(body)} bytes)")
    image = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise ValueError(f"a damaged {format_of(body)} image of {len(body)} bytes")
    return image
