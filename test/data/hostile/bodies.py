"""The hostile bodies: what a network could bring, and the code of the error that each must end in.

Everything follows from this script alone: there is nothing random in it, and no file is read.
"""

from __future__ import annotations

import base64
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import cv2

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
import image_files as f  # noqa: E402
from amqp_encoding import properties  # noqa: E402
import headers  # noqa: E402
import other_formats  # noqa: E402

DAMAGED, NO_IMAGE, TOO_LARGE = "CANNOT_DECODE", "NOT_AN_IMAGE", "LIMIT_EXCEEDED"
NO_PROPERTIES = properties()


@dataclass(frozen=True)
class Hostile:
    """A body, its encoded properties, and what it must end in."""

    name: str
    code: str
    body: bytes
    properties: bytes = NO_PROPERTIES
    brokered: bool = True  # RabbitMQ lets it pass

    @property
    def bare(self) -> bool:
        """The body alone says what it is."""
        return self.properties == NO_PROPERTIES


MAGIC_SIZES = {"png": 8, "jpeg": 3, "webp": 12, "bmp": 2}


def whole_files() -> dict[str, bytes]:
    """Small ones of every kind, by names that begin with the format's."""
    return {
        "png": f.encoded(".png", f.picture(3, 4)),
        "png palette": f.png(f.ihdr(2, 2, 1, 3), f.chunk(b"PLTE", bytes(6)), f.chunk(b"IDAT", f.zeros(4)),
                             f.chunk(b"IEND")),
        "jpeg": f.encoded(".jpg", f.picture(8, 8, 1), cv2.IMWRITE_JPEG_OPTIMIZE, 1),
        "jpeg progressive": f.encoded(".jpg", f.picture(8, 8), cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
        "webp": f.encoded(".webp", f.picture(3, 4, 4)),
        "webp lossy": f.encoded(".webp", f.picture(3, 4), cv2.IMWRITE_WEBP_QUALITY, 50),
        "bmp": f.encoded(".bmp", f.picture(2, 3)),
        "bmp palette": f.bmp(9, 2, 1, colors=2, behind=bytes(8), pixels=bytes(8)),
    }


def truncated() -> Iterator[Hostile]:
    for name, whole in whole_files().items():
        magic = MAGIC_SIZES[name.split()[0]]
        # Without its end marker alone a JPEG of one scan has every pixel.
        marker = 2 if name == "jpeg" else 0
        for size in range(len(whole) - marker):
            yield Hostile(f"{name}, {size} of {len(whole)} bytes", NO_IMAGE if size < magic else DAMAGED, whole[:size])


def lying_png() -> Iterator[Hostile]:
    tiny = f.chunk(b"IDAT", f.zeros(16)) + f.chunk(b"IEND")
    for width, height, code in ((0, 1, DAMAGED), (1, 0, DAMAGED), (2**31 - 1, 2**31 - 1, TOO_LARGE),
                                (2**31, 1, TOO_LARGE),
                                (2**32 - 1, 2**32 - 1, TOO_LARGE), (65536, 65536, TOO_LARGE), (2**27 + 1, 1, TOO_LARGE),
                                (11000, 11000, DAMAGED), (2**20, 1, DAMAGED), (2**20 + 1, 1, TOO_LARGE),
                                (1, 2**26, TOO_LARGE),
                                (2**26, 1, TOO_LARGE)):
        color = 0 if width == 2**26 else 2
        yield Hostile(f"png of {width} x {height} in a few bytes", code,
                      f.png(f.ihdr(width, height, color=color), tiny))
        yield Hostile(f"interlaced png of {width} x {height} in a few bytes", code,
                      f.png(f.ihdr(width, height, color=color, interlace=1), tiny))
    yield Hostile("png of 16-bit RGBA above the bytes allowed", TOO_LARGE, f.png(f.ihdr(10000, 10000, 16, 6), tiny))
    yield Hostile("png of one row, whose buffers are above the bytes allowed", TOO_LARGE,
                  f.png(f.ihdr(2**25, 1, 8, 0), f.chunk(b"IDAT", f.zeros(2**25 + 1)), f.chunk(b"IEND")))
    for what, header in {"bit depth 3": f.ihdr(1, 1, 3), "bit depth 0": f.ihdr(1, 1, 0),
                         "bit depth 255": f.ihdr(1, 1, 255),
                         "16-bit palette": f.ihdr(1, 1, 16, 3), "colour type 1": f.ihdr(1, 1, 8, 1),
                         "colour type 255": f.ihdr(1, 1, 8, 255), "compression 1": f.ihdr(1, 1, compression=1),
                         "filter method 64": f.ihdr(1, 1, method=64), "interlace 2": f.ihdr(1, 1, interlace=2)}.items():
        yield Hostile(f"png of {what}", DAMAGED, f.png(header, tiny))
    good = f.ihdr(1, 1)
    pixel = f.chunk(b"IDAT", f.zeros(4))
    end = f.chunk(b"IEND")
    for what, body in {
            "no IHDR": f.png(pixel, end), "two IHDR": f.png(good, good, pixel, end), "no IDAT": f.png(good, end),
            "no IEND": f.png(good, pixel), "nothing but IEND": f.png(end),
            "a palette missing": f.png(f.ihdr(1, 1, 8, 3), pixel, end),
            "a palette of 257": f.png(f.ihdr(1, 1, 8, 3), f.chunk(b"PLTE", bytes(771)), pixel, end),
            "a chunk before IHDR": f.png(f.chunk(b"CgBI", bytes(4)), good, pixel, end),
            "a chunk longer than the body": f.png(good, b"\x7f\xff\xff\xffIDAT", pixel),
            "a chunk of 4 GiB": f.png(good, b"\xff\xff\xff\xfftEXt", pixel),
            "an unknown critical chunk": f.png(good, f.chunk(b"ABCD"), pixel, end),
            "a chunk name of control characters": f.png(good, f.chunk(b"\0\1\2\3"), pixel, end),
            "too few pixels": f.png(f.ihdr(5, 5), pixel, end),
            "a filter of 5": f.png(good, f.chunk(b"IDAT", f.zlib.compress(b"\5abc")), end),
            "no zlib stream": f.png(good, f.chunk(b"IDAT", b"not zlib"), end),
            "a preset dictionary": f.png(good, f.chunk(b"IDAT", b"\x78\x20\0\0\0\0"), end),
            "an empty stream": f.png(good, f.chunk(b"IDAT"), end)}.items():
        yield Hostile(f"png with {what}", DAMAGED, body)


def lying_jpeg() -> Iterator[Hostile]:
    baseline, progressive = f.encoded(".jpg", f.picture(8, 8)), whole_files()["jpeg progressive"]
    for kind, body in (("", baseline), ("progressive ", progressive)):
        for width, height, code in ((65500, 65500, TOO_LARGE), (65500, 2500, TOO_LARGE), (0, 8, DAMAGED),
                                    (8, 0, DAMAGED),
                                    (65535, 1, DAMAGED), (6000, 6000, DAMAGED),
                                    (9000, 14000, TOO_LARGE if kind else DAMAGED)):
            yield Hostile(f"{kind}jpeg of {width} x {height} in a few bytes", code,
                          f.jpeg_claiming(body, width, height))
    for sof, what in {0xC3: "lossless", 0xC5: "differential", 0xC6: "differential progressive",
                      0xC7: "differential lossless",
                      0xC9: "arithmetic", 0xCA: "arithmetic progressive", 0xCB: "arithmetic lossless",
                      0xCD: "arithmetic differential"}.items():
        yield Hostile(f"jpeg, {what}", DAMAGED, f.jpeg_as(baseline, sof=sof))
        yield Hostile(f"large jpeg, {what}", DAMAGED, f.jpeg_claiming(f.jpeg_as(baseline, sof=sof), 11000, 11000))
    for precision in (0, 2, 12, 16, 255):
        yield Hostile(f"jpeg of {precision} bits", DAMAGED, f.jpeg_as(baseline, precision=precision))
    at = f.sof_at(baseline)
    for what, position, value in (("no components", 9, 0), ("255 components", 9, 255),
                                  ("a sampling factor of 0", 11, 0),
                                  ("a sampling factor of 15", 11, 0xFF), ("a quantisation table missing", 12, 9)):
        body = bytearray(baseline)
        body[at + position] = value
        yield Hostile(f"jpeg with {what}", DAMAGED, bytes(body))
    scan = baseline.rindex(b"\xff\xda")
    cmyk = f.segment(0xEE, b"Adobe\0\x64\0\0\0\0\0") + f.segment(0xC0,
                                                                 b"\x08" + b"\x2d\x41" * 2 + b"\4"
                                                                 + b"".join(bytes([i, 0x11, 0]) for i in range(1, 5)))
    yield Hostile("CMYK jpeg above the bytes allowed", TOO_LARGE, b"\xff\xd8" + cmyk + baseline[scan:])
    two = f.segment(0xC0, b"\x08\0\x08\0\x08\2\1\x11\0\2\x11\0")
    yield Hostile("jpeg of two components", DAMAGED, b"\xff\xd8" + two + baseline[scan:])
    for what, body in {
            "no frame": b"\xff\xd8" + baseline[scan:], "nothing but an end": b"\xff\xd8\xff\xd9",
            "two frames": baseline[:at] + baseline[at:scan] * 2 + baseline[scan:], "two starts": b"\xff\xd8" + baseline,
            "a segment longer than the body": b"\xff\xd8\xff\xe0\xff\xff" + baseline[2:200],
            "a Huffman table of too many codes":
            baseline[:scan] + f.segment(0xC4, b"\0" + b"\xff" * 16 + bytes(255)) + baseline[scan:],
            "a quantisation table of number 15": baseline[:scan] + f.segment(0xDB, b"\x0f" + bytes(64))
            + baseline[scan:],
            "a scan of unknown components": baseline[:scan + 5] + b"\x63" + baseline[scan + 6:],
            "data of ones": baseline[:scan + 14] + b"\xff\0" * 200 + f.END,
            "restarts where there are none": baseline[:scan + 14] + b"\xff\xd0\xff\xd5" * 50 + f.END}.items():
        yield Hostile(f"jpeg with {what}", DAMAGED, body)


def lying_webp() -> Iterator[Hostile]:
    lossless, lossy = f.encoded(".webp", f.picture(3, 4)), whole_files()["webp lossy"]
    yield Hostile("lossless webp of 16384 x 16384", TOO_LARGE, f.lossless_claiming(lossless, 16384, 16384))
    yield Hostile("lossless webp that takes more than its pixels", TOO_LARGE,
                  f.lossless_claiming(lossless, 10000, 10000))
    yield Hostile("lossy webp of 16383 x 16383", TOO_LARGE, f.lossy_claiming(lossy, 16383, 16383))
    yield Hostile("lossless webp of 6000 x 6000 in a few bytes", DAMAGED, f.lossless_claiming(lossless, 6000, 6000))
    yield Hostile("lossy webp of 10000 x 10000 in a few bytes", DAMAGED, f.lossy_claiming(lossy, 10000, 10000))
    yield Hostile("lossy webp of 0 x 0", DAMAGED, f.lossy_claiming(lossy, 0, 0))
    frame = lossy[12:]
    for what, body in {
            "a canvas of another size": f.riff(f.vp8x(5, 5), frame),
            "a canvas of 2^24 x 2^24": f.riff(f.vp8x(2**24, 2**24), frame),
            "an animation": f.riff(f.vp8x(4, 3, 2), f.webp_chunk(b"ANIM", bytes(6)),
                                   f.webp_chunk(b"ANMF", bytes(16) + frame)),
            "an animation of 16384 x 8000": f.riff(f.vp8x(16384, 8000, 2), f.webp_chunk(b"ANIM", bytes(6))),
            "no chunk": f.riff(), "nothing but metadata": f.riff(f.vp8x(4, 3, 8), f.webp_chunk(b"EXIF", bytes(8))),
            "a chunk of 4 GiB": f.riff(f.webp_chunk(b"VP8L", bytes(8), size=2**32 - 1)),
            "a chunk of no bytes": f.riff(f.webp_chunk(b"VP8L", b"")),
            "an unknown frame": f.riff(f.webp_chunk(b"VP8Z", bytes(32))),
            "alpha without a picture": f.riff(f.vp8x(4, 3, 16), f.webp_chunk(b"ALPH", bytes(32))),
            "a size beyond the body": f.riff(frame, size=2**32 - 1),
            "a size of one byte more": f.riff(frame, size=len(frame) + 5),
            "a size of 0": f.riff(frame, size=0), "a signature of 0": lossless[:20] + b"\0" + lossless[21:],
            "a start code of 0": lossy[:23] + bytes(3) + lossy[26:],
            "a frame that is no key frame": lossy[:20] + bytes([lossy[20] | 1]) + lossy[21:],
            "lossless data of zeros": lossless[:25] + bytes(40),
            "lossless data of ones": lossless[:25] + b"\xff" * 40}.items():
        yield Hostile(f"webp with {what}", DAMAGED, body)


def lying_bmp() -> Iterator[Hostile]:
    for what, code, body in (
            ("a width of 0", DAMAGED, f.bmp(width=0)), ("a height of 0", DAMAGED, f.bmp(height=0)),
            ("a width below 0", DAMAGED, f.bmp(width=-2)), ("the lowest width", DAMAGED, f.bmp(width=-2**31)),
            ("the lowest height", TOO_LARGE, f.bmp(height=-2**31)),
            ("the highest sides", TOO_LARGE, f.bmp(2**31 - 1, 2**31 - 1)),
            ("32768 x 32768", TOO_LARGE, f.bmp(32768, 32768)),
            ("10000 x 10000 in a few bytes", DAMAGED, f.bmp(10000, 10000)),
            ("10000 x 10000 of one bit", DAMAGED, f.bmp(10000, 10000, 1, colors=2, behind=bytes(8))),
            ("pixels behind the body", DAMAGED, f.bmp(offset=1000)),
            ("pixels at the end of all numbers", DAMAGED, f.bmp(offset=2**32 - 1)),
            ("a header of no bytes", DAMAGED, f.bmp(header=0)), ("the header of OS/2", DAMAGED, f.bmp(header=12)),
            ("a header longer than the body", DAMAGED, f.bmp(header=1000)),
            ("a header of 4 GiB", DAMAGED, f.bmp(header=2**32 - 1)),
            ("257 colours", DAMAGED, f.bmp(bits=8, colors=257)),
            ("4 G colours", DAMAGED, f.bmp(bits=8, colors=2**32 - 1)),
            ("a palette behind the body", DAMAGED, f.bmp(bits=8, colors=256, pixels=b"")),
            ("run lengths of 8 bits", DAMAGED, f.bmp(bits=8, compression=1)),
            ("run lengths of 4 bits", DAMAGED, f.bmp(bits=4, compression=2, pixels=b"\1")),
            ("run lengths of 30000 x 30000", DAMAGED, f.bmp(30000, 30000, 8, 1, pixels=b"\xff\0" * 100)),
            ("a JPEG inside", DAMAGED, f.bmp(bits=0, compression=4)),
            ("a PNG inside", DAMAGED, f.bmp(bits=0, compression=5)),
            ("unknown compression", DAMAGED, f.bmp(compression=99)),
            ("masks of 24 bits", DAMAGED, f.bmp(bits=24, compression=3)),
            ("masks of no bits", DAMAGED, f.bmp(bits=32, compression=3, behind=bytes(12))),
            ("masks of 16 bits that overlap", DAMAGED, f.bmp(bits=16, compression=3, behind=b"\xff" * 12)),
            *((f"{bits} bits", DAMAGED, f.bmp(bits=bits)) for bits in (0, 2, 7, 64, 65535))):
        yield Hostile(f"bmp with {what}", code, body)


def bombs() -> Iterator[Hostile]:
    """Small things that blow up. Those with nothing wrong but their size lack the end, so that they end in an error."""
    pixel, end = f.chunk(b"IDAT", f.zeros(4)), f.chunk(b"IEND")
    bomb = f.zeros(256 << 20)
    yield Hostile("png of one pixel, whose data inflate to 256 MiB", DAMAGED,
                  f.png(f.ihdr(1, 1), f.chunk(b"IDAT", bomb), end))
    yield Hostile("png of 20000 x 20000, black", TOO_LARGE,
                  f.png(f.ihdr(20000, 20000, 1, 0), f.chunk(b"IDAT", f.zeros(2501 * 20000)), end))
    for name, head in ((b"zTXt", b"k\0\0"), (b"iTXt", b"k\0\1\0\0\0"), (b"iCCP", b"k\0\0")):
        yield Hostile(f"png with 256 MiB in {name.decode()}", DAMAGED,
                      f.png(f.ihdr(1, 1, 8, 0), f.chunk(name, head + bomb), f.chunk(b"IDAT", f.zeros(2))))
    yield Hostile("png with 100,000 text chunks", DAMAGED,
                  f.png(f.ihdr(1, 1), f.chunk(b"tEXt", b"k\0v") * 100_000, pixel))
    yield Hostile("png with 100,000 empty pixel chunks", DAMAGED, f.png(f.ihdr(1, 1), f.chunk(b"IDAT") * 100_000))
    yield Hostile("png with 100,000 unknown chunks", DAMAGED,
                  f.png(f.ihdr(1, 1), f.chunk(b"prIv", bytes(16)) * 100_000, pixel))
    yield Hostile("png with 20,000 suggested palettes", DAMAGED,
                  f.png(f.ihdr(1, 1), f.chunk(b"sPLT", b"n\0\x08" + bytes(6)) * 20_000, pixel))
    yield Hostile("png with EXIF of 1.2 GB that is not there", DAMAGED,
                  f.png(f.ihdr(1, 1), b"\x49\x49\x2a\0eXIfII*\0", pixel, end))
    yield Hostile("png with EXIF of 8,000,001 bytes", DAMAGED,
                  f.png(f.ihdr(1, 1), f.chunk(b"eXIf", b"II*\0" + bytes(7_999_997)), pixel, end))
    yield Hostile("png with 4 MiB of text", DAMAGED,
                  f.png(f.ihdr(1, 1), f.chunk(b"tEXt", b"k\0" + bytes(4 << 20)), pixel))
    small = whole_files()["jpeg progressive"]
    flat = f.encoded(".jpg", f.np.zeros((2000, 2000), "u1"), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    yield Hostile("jpeg of 1,000 scans", TOO_LARGE, f.last_scan_repeated(small, 1000))
    yield Hostile("jpeg of 60 scans that repeat each other", DAMAGED, f.last_scan_repeated(small, 50))
    yield Hostile("large jpeg of 1,000 scans", TOO_LARGE, f.last_scan_repeated(flat, 1000))
    yield Hostile("jpeg of 9600 x 9600 whose coefficients are above the bytes allowed", TOO_LARGE,
                  f.jpeg_claiming(small, 9600, 9600))
    whole = f.encoded(".jpg", f.picture(8, 8))
    yield Hostile("jpeg with 10,000 comments", DAMAGED, whole[:2] + f.segment(0xFE, b"x") * 10_000 + whole[2:-12])
    yield Hostile("jpeg with 16 MiB of application segments", DAMAGED,
                  whole[:2] + f.segment(0xEF, bytes(65533)) * 256 + whole[2:-12])
    yield Hostile("jpeg with a mebibyte of fill bytes", DAMAGED, whole[:2] + b"\xff" * (1 << 20) + whole[2:-12])
    yield Hostile("jpeg with 10,000 quantisation tables", DAMAGED,
                  whole[:2] + f.segment(0xDB, b"\0" + b"\1" * 64) * 10_000 + whole[2:-12])
    frame = whole_files()["webp lossy"][12:]
    yield Hostile("webp with 100,000 unknown chunks", DAMAGED,
                  f.riff(f.vp8x(4, 3), f.webp_chunk(b"junk", b"") * 100_000, frame[:-9]))


def wrong_checksums() -> Iterator[Hostile]:
    body = f.png(f.ihdr(1, 1, 8, 3), f.chunk(b"PLTE", bytes(6)), f.chunk(b"tRNS", bytes(1)), f.chunk(b"tEXt", b"k\0v"),
                 f.chunk(b"prIv", b"x"), f.chunk(b"IDAT", f.zeros(2)), f.chunk(b"IEND"))
    for name in (b"IHDR", b"PLTE", b"tRNS", b"tEXt", b"prIv", b"IDAT", b"IEND"):
        yield Hostile(f"png with a wrong checksum of {name.decode()}", DAMAGED, f.with_wrong_checksum(body, name))
    data = f.zeros(4)
    yield Hostile("png with a wrong checksum of its pixels", DAMAGED,
                  f.png(f.ihdr(1, 1), f.chunk(b"IDAT", data[:-1] + bytes([data[-1] ^ 1])), f.chunk(b"IEND")))


def polyglots() -> Iterator[Hostile]:
    whole = whole_files()
    magics = {"png": f.PNG_MAGIC, "jpeg": b"\xff\xd8\xff", "webp": b"RIFF\0\0\0\0WEBP", "bmp": b"BM"}
    for name, magic in magics.items():
        yield Hostile(f"the first bytes of {name} alone", DAMAGED, magic)
        for other in magics:
            if other == name:
                continue
            # A JPEG reader passes over what stands before a marker: only a JPEG behind the magic would be one.
            if name != "jpeg" or other != "jpeg":
                yield Hostile(f"{name}'s first bytes before a {other}", DAMAGED, magic + whole[other])
        yield Hostile(f"a page of HTML behind the first bytes of {name}", DAMAGED,
                      magic + b"<html><script>alert(1)</script></html>")
        yield Hostile(f"a ZIP archive behind the first bytes of {name}", DAMAGED,
                      magic + b"PK\3\4" + bytes(26) + b"PK\5\6" + bytes(18))
        yield Hostile(f"{name} behind a blank", NO_IMAGE, b" " + whole[name])
        yield Hostile(f"{name} behind a byte order mark", NO_IMAGE, b"\xef\xbb\xbf" + whole[name])
        yield Hostile(f"{name} behind a zero", NO_IMAGE, b"\0" + whole[name])
        yield Hostile(f"{name} in base64", NO_IMAGE, base64.b64encode(whole[name]))
    yield Hostile("png through a text transfer", NO_IMAGE, whole["png"].replace(b"\r\n", b"\n"))
    yield Hostile("a PDF around a jpeg", NO_IMAGE, b"%PDF-1.4\n1 0 obj\nstream\n" + whole["jpeg"] + b"\nendstream")
    yield Hostile("a GIF that goes on as jpeg", NO_IMAGE, b"GIF89a/*" + whole["jpeg"] + b"*/=1;")
    for name in ("png", "bmp"):
        yield Hostile(f"raw matrix that is a {name}", DAMAGED, whole[name],
                      properties(content_type="application/x-cv-mat"))


def all_bodies() -> list[Hostile]:
    """Every one, under a name of its own."""
    made = [*truncated(), *lying_png(), *lying_jpeg(), *lying_webp(), *lying_bmp(), *bombs(), *wrong_checksums(),
            *polyglots(),
            *(Hostile(f"no image: {name}", NO_IMAGE, body) for name, body in other_formats.BODIES.items()),
            *(Hostile(*fields) for fields in headers.raw_matrices()),
            *(Hostile(*fields) for fields in headers.tables())]
    assert len({hostile.name for hostile in made}) == len(made)
    return made
