"""PNM: P1 to P6, as netpbm, Pillow, OpenCV, ImageMagick and ffmpeg write them, and by hand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Iterator

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from image_files import encoded  # noqa: E402
from entry import Entry, truncations, with_garbage  # noqa: E402
from pictures import SIZES, packed_samples, picture  # noqa: E402
from pillow_files import saved  # noqa: E402
from tools import convert, ffmpeg, run  # noqa: E402

BINARY, PLAIN, COMMENTS, SMALL, WIDE = "binary", "plain text", "comments", "maxval below 255", "16 bit"


def header(magic: int, image: np.ndarray, most: int | None, comment: str = "") -> bytes:
    rows, cols = image.shape[:2]
    text = f"P{magic}\n{comment}{cols} {rows}\n"
    return (text + ("" if most is None else f"{most}\n")).encode()


def bitmap(image: np.ndarray, plain: bool = False, comment: str = "") -> bytes:
    if plain:
        rows = "\n".join(" ".join(str(value) for value in row) for row in image)
        return header(1, image, None, comment) + rows.encode() + b"\n"
    return header(4, image, None, comment) + b"".join(packed_samples(image, 1))


def pnm(image: np.ndarray, most: int = 255, plain: bool = False, comment: str = "") -> bytes:
    magic = (2 if image.ndim == 2 else 3) + (0 if plain else 3)
    start = header(magic, image, most, comment)
    if plain:
        rows = image.reshape(image.shape[0], -1)
        return start + "\n".join(" ".join(str(value) for value in row) for row in rows).encode() + b"\n"
    return start + b"".join(packed_samples(image, 16 if most > 255 else 8))


def of_sizes() -> Iterator[Entry]:
    for cols, rows in SIZES:
        size = f"{cols}x{rows}"
        for plain in (False, True):
            kind, word = (PLAIN, "text") if plain else (BINARY, "binary")
            yield Entry(f"bitmap-{word}-{size}", kind, "by hand", bitmap(picture(cols, rows, 1, 1), plain))
            yield Entry(f"grey-{word}-{size}", kind, "by hand", pnm(picture(cols, rows, 1), plain=plain))
            yield Entry(f"colour-{word}-{size}", kind, "by hand", pnm(picture(cols, rows), plain=plain))


def of_maxvals() -> Iterator[Entry]:
    for channels in (1, 3):
        for most in (1, 3, 15, 100, 254):
            image = (picture(channels=channels).astype("u4") * most // 255).astype("u1")
            for plain in (False, True):
                yield Entry(f"maxval-{most}-{channels}-{'text' if plain else 'binary'}", SMALL + (", text" if plain else
                            ", binary"), "by hand", pnm(image, most, plain))
        for most in (256, 1023, 4095, 65535):
            image = (picture(channels=channels, bits=16).astype("u4") * most // 65535).astype("u2")
            for plain in (False, True):
                yield Entry(f"maxval-{most}-{channels}-{'text' if plain else 'binary'}",
                            WIDE + (", maxval below 65535" if most < 65535 else ""), "by hand", pnm(image, most, plain))


def of_headers() -> Iterator[Entry]:
    grey, colour, bits = picture(channels=1), picture(), picture(channels=1, bits=1)
    comments = {"one": "# made by hand\n", "two": "# one\n# two\n", "empty": "#\n", "numbers": "# 12 34\n"}
    for name, comment in comments.items():
        yield Entry(f"comment-{name}", COMMENTS, "by hand", pnm(grey, comment=comment))
        yield Entry(f"comment-{name}-text", COMMENTS, "by hand", pnm(colour, plain=True, comment=comment))
        yield Entry(f"comment-{name}-bitmap", COMMENTS, "by hand", bitmap(bits, comment=comment))
    raw = grey.tobytes()
    yield Entry("comment-before-maxval", COMMENTS, "by hand", b"P5\n61 47\n# of 8 bits\n255\n" + raw)
    yield Entry("comment-between-sides", COMMENTS, "by hand", b"P5\n61 # columns\n47\n255\n" + raw)
    yield Entry("header-one-line", BINARY, "white space between its numbers is one blank", b"P5 61 47 255 " + raw)
    yield Entry("header-tabs", BINARY, "with tabs", b"P5\t61\t47\t255\n" + raw)
    yield Entry("header-crlf-before", BINARY, "lines end with CR LF, the last with LF", b"P5\r\n61 47\r\n255\n" + raw)
    yield Entry("header-leading-zeros", BINARY, "numbers with zeros before them", b"P5\n0061 047\n0255\n" + raw)
    yield Entry("text-close-bits", PLAIN, "P1 without blanks", b"P1\n4 2\n01101001\n")
    yield Entry("text-no-last-newline", PLAIN, "P2 that ends with a digit", b"P2\n2 2\n255\n1 2\n3 255",
                same_as="text-one-per-line")
    yield Entry("text-one-per-line", PLAIN, "P2, a sample each line", b"P2\n2 2\n255\n1\n2\n3\n255\n")


def of_programs() -> Iterator[Entry]:
    colour, grey = pnm(picture()), pnm(picture(channels=1))
    wide = pnm(picture(bits=16), 65535)
    for name, mode in (("rgb", "RGB"), ("grey", "L"), ("bitmap", "1"), ("wide", "I")):
        yield Entry(f"pillow-{name}", WIDE if mode == "I" else BINARY, f"Pillow, {mode}", saved(mode, "PPM"))
    for name, image in (("rgb", picture()), ("grey", picture(channels=1)), ("wide", picture(bits=16)),
                        ("grey-wide", picture(channels=1, bits=16))):
        extension = ".pgm" if image.ndim == 2 else ".ppm"
        yield Entry(f"opencv-{name}", WIDE if image.dtype == "u2" else BINARY, "OpenCV", encoded(extension, image))
    yield Entry("opencv-text", PLAIN, "OpenCV, IMWRITE_PXM_BINARY 0", encoded(".ppm", picture(), 32, 0))
    yield Entry("opencv-text-grey", PLAIN, "OpenCV, IMWRITE_PXM_BINARY 0", encoded(".pgm", picture(channels=1), 32, 0))
    yield Entry("opencv-bitmap", BINARY, "OpenCV", encoded(".pbm", picture(channels=1, bits=1) * 255))
    yield Entry("imagemagick-text", PLAIN, "ImageMagick, -compress none", convert(colour, "ppm", "-compress", "none"))
    yield Entry("imagemagick-wide", WIDE, "ImageMagick", convert(wide, "ppm"))
    yield Entry("imagemagick-bitmap", BINARY, "ImageMagick", convert(grey, "pbm", "-threshold", "50%"))
    yield Entry("ffmpeg-rgb", BINARY, "ffmpeg", ffmpeg(colour, "ppm"))
    yield Entry("ffmpeg-wide", WIDE, "ffmpeg, rgb48be", ffmpeg(wide, "ppm", "-pix_fmt", "rgb48be"))
    yield Entry("ffmpeg-grey", BINARY, "ffmpeg", ffmpeg(colour, "pgm", "-pix_fmt", "gray"))
    yield Entry("netpbm-plain", PLAIN, "pnmtoplainpnm", run(["pnmtoplainpnm", "in"], {"in": colour}))
    yield Entry("netpbm-depth", SMALL + ", binary", "pamdepth 31", run(["pamdepth", "31", "in"], {"in": colour}))
    yield Entry("netpbm-bitmap", BINARY, "pgmtopbm", run(["pgmtopbm", "-threshold", "in"], {"in": grey}))
    two = run(["pnmcat", "-lr", "in", "in"], {"in": grey})
    yield Entry("netpbm-wide-picture", BINARY, "pnmcat", two)


def damaged() -> Iterator[Entry]:
    grey, colour = picture(channels=1), picture()
    yield from truncations("binary-colour", pnm(colour))
    yield from truncations("text-colour", pnm(colour, plain=True))
    yield from truncations("binary-bitmap", bitmap(picture(channels=1, bits=1)))
    yield from with_garbage("binary-grey", pnm(grey), "opencv-grey")
    yield Entry("one-byte-short", "truncated", "without its last byte", pnm(grey)[:-1], damaged=True)
    raw = grey.tobytes()
    wrong = {"maxval-0": b"P5\n61 47\n0\n", "maxval-65536": b"P5\n61 47\n65536\n", "width-0": b"P5\n0 47\n255\n",
             "height-0": b"P5\n61 0\n255\n", "width-negative": b"P5\n-61 47\n255\n", "no-maxval": b"P5\n61 47\n",
             "letters": b"P5\nab 47\n255\n", "height-larger": b"P5\n61 48\n255\n"}
    for name, start in wrong.items():
        body = start if name == "no-maxval" else start + raw
        yield Entry(name, "wrong header", "by hand", body, damaged=True)
    yield Entry("sample-above-maxval", "sample above maxval", "P5 of maxval 15 with samples of 255",
                pnm(grey, 15), damaged=True)
    yield Entry("text-sample-above-maxval", "sample above maxval", "P2 of maxval 15 with samples of 255",
                pnm(grey, 15, plain=True), damaged=True)
    yield Entry("text-letters", "letters among the numbers", "P2", b"P2\n2 2\n255\n1 2 x 4\n", damaged=True)
    yield Entry("text-negative", "letters among the numbers", "P2 with a sample below 0", b"P2\n2 1\n255\n1 -2\n",
                damaged=True)


def files() -> list[Entry]:
    return [*of_sizes(), *of_maxvals(), *of_headers(), *of_programs(), *damaged()]
