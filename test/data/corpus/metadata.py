"""EXIF, ICC and XMP, as the formats carry them."""

from __future__ import annotations

import struct

from PIL import ImageCms


def exif(orientation: int, order: str = "<", thumbnail: bytes = b"", first: tuple[int, bytes] | None = None) -> bytes:
    """A TIFF block with an orientation; `first` is a string tag before it, `thumbnail` a JPEG in a second directory."""
    entries = [(0x0112, 3, 1, struct.pack(order + "HH", orientation, 0))]
    strings = b""
    count = 1 + (first is not None)
    end = 8 + 2 + 12 * count + 4
    if first is not None:
        tag, text = first
        entries.insert(0, (tag, 2, len(text), struct.pack(order + "I", end)))
        strings = text
    second = end + len(strings) if thumbnail else 0
    block = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, count)
    for tag, kind, amount, value in entries:
        block += struct.pack(order + "HHI", tag, kind, amount) + value
    block += struct.pack(order + "I", second) + strings
    if thumbnail:
        at = second + 2 + 12 * 2 + 4
        block += struct.pack(order + "H", 2)
        for tag, value in ((0x0201, at), (0x0202, len(thumbnail))):
            block += struct.pack(order + "HHII", tag, 4, 1, value)
        block += struct.pack(order + "I", 0) + thumbnail
    return block


def icc_profile() -> bytes:
    """sRGB, without the time of its making."""
    body = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    body[24:36] = struct.pack(">6H", 2020, 1, 1, 0, 0, 0)
    body[84:100] = bytes(16)
    return bytes(body)


XMP = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
 rdf:about="" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""
