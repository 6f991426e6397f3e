"""A received message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Iterable

import numpy as np
import pika

from . import image
from .errors import ImageError
from .formats import USUAL_FORMATS, Limits

EOT_BODY = b"\x04"


@dataclass(frozen=True)
class Message:
    """A body and its properties."""

    body: bytes | bytearray
    properties: pika.BasicProperties
    redelivered: bool
    _settle: Callable[[bool, bool], None]
    error: ImageError | None = None  # it was refused: there is no body

    @property
    def type(self) -> str:
        """`text`, `binary`, `image` or `eot`: as marked by the sender, or as guessed of a stranger's message."""
        if self.properties.type in ("text", "binary", "image"):
            return self.properties.type
        if self.is_eot:
            return "eot"
        content_type = self.properties.content_type or ""
        if (image.is_raw(content_type) or content_type.startswith("image/")
                or image.format_of(self.body) in USUAL_FORMATS):
            return "image"
        try:
            self.body.decode()
            return "text"
        except UnicodeDecodeError:
            return "binary"

    @property
    def is_eot(self) -> bool:
        """Marked as the end of transmission, or the bare byte 0x04 from a program that marks nothing."""
        return self.body == EOT_BODY and self.properties.type in ("eot", None)

    @property
    def encoding(self) -> str | None:
        """`.png`, `.jpg`, `.bmp`, `.webp`, `.tiff`, `.pnm` or `raw` of an image."""
        return image.RAW if image.is_raw(self.properties.content_type) else image.format_of(self.body)

    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode()

    def image(self, limits: Limits = Limits(), formats: Iterable[str] = USUAL_FORMATS) -> np.ndarray:
        """The body as a matrix, in OpenCV's order of channels (BGR). Raises ImageError."""
        return image.decode(self.body, self.properties.content_type, self.properties.headers or {}, limits, formats)

    def ack(self) -> None:
        """Tells the broker that the message is done with."""
        self._settle(True, False)

    def nack(self, requeue: bool = True) -> None:
        """Gives the message back to the broker."""
        self._settle(False, requeue)
