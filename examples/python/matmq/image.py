"""Matrices to message bodies and back. The raw format needs NumPy alone; the file formats need OpenCV."""

from __future__ import annotations

import re
from typing import Iterable

import numpy as np

from .errors import ImageError
from .formats import FORMATS, USUAL_FORMATS, Limits, decodable, dotted, format_of, size_of

try:
    import cv2
except ImportError:
    cv2 = None

RAW = "raw"
RAW_CONTENT_TYPE = "application/x-cv-mat"
CONTENT_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".tiff": "image/tiff",
    ".tif": "image/tiff",
    ".pgm": "image/x-portable-graymap",
    ".ppm": "image/x-portable-pixmap",
    ".pnm": "image/x-portable-anymap",
    RAW: RAW_CONTENT_TYPE,
}
MAX_CHANNELS = 512
MAX_SIDE = 0x7FFFFFFF
_DEPTHS = {"8U": "u1", "8S": "i1", "16U": "u2", "16S": "i2", "32S": "i4", "32F": "f4", "64F": "f8"}
_DEPTH_OF = {np.dtype(code): name for name, code in _DEPTHS.items()}


def content_type(encoding: str) -> str:
    """That of an encoding which `encode` knows."""
    return CONTENT_TYPES[encoding if encoding == RAW else dotted(encoding)]


def depth_and_channels(image: np.ndarray) -> tuple[str, int]:
    """OpenCV's depth, such as `8U`, and the number of channels. Raises for what is no matrix of OpenCV."""
    if image is None:
        raise TypeError("expected a NumPy array but received None: "
                        "cv2.imread() returns it for a file that it cannot read")
    if not isinstance(image, np.ndarray):
        raise TypeError(f"expected a NumPy array but received {type(image).__name__}: cv2.imread() makes one of a file")
    if image.ndim not in (2, 3) or image.size == 0:
        raise ImageError(f"expected a matrix with rows and columns but received the shape {image.shape}")
    depth = _DEPTH_OF.get(image.dtype.newbyteorder("="))
    if depth is None:
        raise ImageError(f"expected elements of {', '.join(map(str, _DEPTH_OF))} but received {image.dtype}")
    channels = 1 if image.ndim == 2 else image.shape[2]
    if channels > MAX_CHANNELS or max(image.shape[:2]) > MAX_SIDE:
        raise ImageError(f"expected at most {MAX_CHANNELS} channels and sides of {MAX_SIDE} but received {image.shape}")
    return depth, channels


def type_name(image: np.ndarray) -> str:
    """The OpenCV type of a matrix, `CV_8UC3`; above four channels `CV_8UC(7)`."""
    depth, channels = depth_and_channels(image)
    return f"CV_{depth}C{channels}" if channels <= 4 else f"CV_{depth}C({channels})"


def encode(image: np.ndarray, encoding: str, params: list[int] | None = None) -> tuple[bytes, dict]:
    """The body for an image, and the headers that go with it. Raises for what the format cannot hold."""
    depth, channels = depth_and_channels(image)
    if encoding == RAW:
        if params:
            raise ImageError("expected no parameters for 'raw': the matrix is not encoded")
        # tobytes() packs the rows of a region of interest tightly; '<' makes them little-endian on any machine.
        body = image.astype(image.dtype.newbyteorder("<"), copy=False).tobytes()
        return body, {"mat-rows": image.shape[0], "mat-cols": image.shape[1], "mat-type": type_name(image)}
    given, encoding = encoding, dotted(encoding)
    if encoding not in FORMATS:
        raise ImageError(f"expected one of {', '.join(CONTENT_TYPES)} as encoding but received {given!r}")
    wanted = FORMATS[encoding]
    # OpenCV would convert what does not fit, or drop a channel.
    if depth not in wanted.depths or channels not in wanted.channels:
        raise ImageError(f"expected {wanted.holds} for {wanted.name} but received {type_name(image)}: "
                         "convert the matrix, or send it as 'raw'")
    if max(image.shape[:2]) > wanted.side:
        raise ImageError(f"expected sides of at most {wanted.side} for {wanted.name} but received {image.shape}")
    if wanted.name == "TIFF" and depth == "32F" and not params:
        params = [_opencv().IMWRITE_TIFF_COMPRESSION, 1]  # none; OpenCV 4.6 would store three channels with a loss
    done, body = _opencv().imencode(encoding, image, params or [])
    if not done:
        raise ImageError(f"OpenCV cannot encode {type_name(image)} as {encoding}")
    return body.tobytes(), {}


def decode_raw(body: bytes, headers: dict, limits: Limits = Limits()) -> np.ndarray:
    """The matrix of a raw body: a view of it, which cannot be written to."""
    rows, cols, name = (headers.get(header) for header in ("mat-rows", "mat-cols", "mat-type"))
    # A bool is an int to Python, not to AMQP.
    integers = all(isinstance(side, int) and not isinstance(side, bool) for side in (rows, cols))
    if not integers or not isinstance(name, str):
        raise ImageError("a raw matrix without the headers mat-rows and mat-cols as integers and mat-type as a string")
    match = re.fullmatch(r"CV_(8U|8S|16U|16S|32S|32F|64F)C(?:([1-9]\d{0,2})|\(([1-9]\d{0,2})\))", name, re.ASCII)
    channels = int(match[2] or match[3]) if match else 0
    if not match or not 0 < rows <= MAX_SIDE or not 0 < cols <= MAX_SIDE or not 1 <= channels <= MAX_CHANNELS:
        raise ImageError(f"no matrix has {rows} rows, {cols} columns and the type {name[:64]!r}")
    dtype = np.dtype(f"<{_DEPTHS[match[1]]}")
    limits.check(rows, cols, channels * dtype.itemsize, "raw")
    if len(body) != rows * cols * channels * dtype.itemsize:
        raise ImageError(f"{len(body)} bytes are not a {rows}x{cols} matrix of {name}")
    shape = (rows, cols) if channels == 1 else (rows, cols, channels)
    return np.frombuffer(body, dtype).reshape(shape)


def is_raw(content_type: str | None) -> bool:
    """Whether a content type, in any case and with any parameters, is that of a raw matrix."""
    return (content_type or "").split(";")[0].strip().lower() == RAW_CONTENT_TYPE


def decode(body: bytes, content_type: str | None, headers: dict, limits: Limits = Limits(),
           formats: Iterable[str] = USUAL_FORMATS) -> np.ndarray:
    """The matrix of an image's body: raw by its content type, all others by their first bytes, if they are allowed."""
    if is_raw(content_type):
        return decode_raw(body, headers, limits)
    encoding = format_of(body)
    if encoding is None:
        raise ImageError(f"expected an image but received {len(body)} bytes of {content_type or 'no content type'}: "
                         "messages() and receive() give every message; look at its type")
    formats = decodable(formats)
    if encoding not in formats:
        raise ImageError(f"expected an image of {', '.join(formats)} but received {encoding}: name it in formats, if "
                         "the sender is trusted")
    limits.check(*size_of(body, encoding), FORMATS[encoding].name)  # before OpenCV takes memory
    image = _opencv().imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise ImageError(f"a damaged {encoding} image of {len(body)} bytes")
    return image


def _opencv():
    if cv2 is None:
        raise ImageError("the file formats need OpenCV (python3-opencv): without it only 'raw' is spoken")
    return cv2
