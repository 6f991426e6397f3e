"""WebP: lossy, lossless, alpha, animated, with ICC, EXIF and XMP, and damages."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Iterator

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from image_files import encoded, lossless_claiming, lossy_claiming, riff, vp8x, webp_chunk  # noqa: E402
from entry import Entry, flipped, patched, truncations, with_garbage  # noqa: E402
from metadata import XMP, exif, icc_profile  # noqa: E402
from pictures import SIZES, picture  # noqa: E402
from pillow_files import bytes_of, image_of, saved  # noqa: E402
from pnm_files import pnm  # noqa: E402
from tools import CONVERT, convert, ffmpeg, run  # noqa: E402

LOSSY, LOSSLESS, ALPHA, META = "lossy", "lossless", "alpha", "ICC, EXIF, XMP"


def cwebp(*options: str, channels: int = 3) -> bytes:
    source = encoded(".png", picture(channels=channels))
    return run(["cwebp", "-quiet", *options, "in.png", "-o", "out.webp"], {"in.png": source}, "out.webp")


def webpmux(body: bytes, *command: str, **inputs: bytes) -> bytes:
    return run(["webpmux", *command, "in.webp", "-o", "out.webp"], {"in.webp": body, **inputs}, "out.webp")


def frames(mode: str, cols: int = 33, rows: int = 21) -> list[Image.Image]:
    image = image_of(mode, cols, rows)
    return [image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), image.rotate(180)]


def still() -> Iterator[Entry]:
    for cols, rows in SIZES:
        for channels in (3, 4):
            for name, params in (("lossy", (64, 60)), ("lossless", ())):
                yield Entry(f"{name}-{channels}-{cols}x{rows}", f"{name}{', alpha' if channels == 4 else ''}", "OpenCV",
                            encoded(".webp", picture(cols, rows, channels), *params))
    yield Entry("base-lossy", LOSSY, "OpenCV", encoded(".webp", picture(), 64, 70))
    yield Entry("base-lossless", LOSSLESS, "OpenCV", encoded(".webp", picture()))
    for quality in (0, 30, 80, 100):
        yield Entry(f"pillow-q{quality}", LOSSY, "Pillow", saved("RGB", "WEBP", quality=quality))
        yield Entry(f"pillow-rgba-q{quality}", f"{LOSSY}, {ALPHA}", "Pillow", saved("RGBA", "WEBP", quality=quality))
    yield Entry("pillow-lossless", LOSSLESS, "Pillow", saved("RGB", "WEBP", lossless=True))
    yield Entry("pillow-lossless-rgba", f"{LOSSLESS}, {ALPHA}", "Pillow",
                saved("RGBA", "WEBP", lossless=True, exact=True))
    yield Entry("pillow-palette", LOSSLESS, "Pillow, of P", saved("P", "WEBP", lossless=True))
    yield Entry("pillow-grey", LOSSY, "Pillow, of L", saved("L", "WEBP"))
    for name, options in (("near-lossless", ("-near_lossless", "40")), ("lossless-z9", ("-lossless", "-z", "9")),
                          ("lossless-z0", ("-lossless", "-z", "0"))):
        yield Entry(f"cwebp-{name}", LOSSLESS, f"cwebp {' '.join(options)}", cwebp(*options))
    for name, options in (("m0", ("-m", "0")), ("m6", ("-m", "6", "-segments", "4", "-sns", "90")),
                          ("filter", ("-f", "80", "-sharpness", "5")), ("strong", ("-strong", "-f", "60")),
                          ("nostrong", ("-nostrong", "-f", "60")), ("sharp-yuv", ("-sharp_yuv",)),
                          ("partitions", ("-partition_limit", "80")), ("low-memory", ("-low_memory",)),
                          ("jpeg-like", ("-jpeg_like",)), ("size", ("-size", "600")),
                          ("crop", ("-crop", "3", "5", "9", "8"))):
        yield Entry(f"cwebp-{name}", LOSSY, f"cwebp {' '.join(options)}", cwebp(*options))
    for name, options in (("alpha-q10", ("-alpha_q", "10")), ("alpha-none", ("-alpha_method", "0")),
                          ("alpha-filter", ("-alpha_filter", "best")), ("exact", ("-exact",))):
        yield Entry(f"cwebp-{name}", f"{LOSSY}, {ALPHA}", f"cwebp {' '.join(options)}", cwebp(*options, channels=4))
    yield Entry("imagemagick", LOSSY, "ImageMagick", convert(pnm(picture()), "webp"))
    yield Entry("imagemagick-lossless", LOSSLESS, "ImageMagick",
                convert(pnm(picture()), "webp", "-define", "webp:lossless=true"))
    yield Entry("ffmpeg", LOSSY, "ffmpeg, libwebp", ffmpeg(pnm(picture()), "webp", "-c:v", "libwebp"))
    few = (picture(channels=4) // 128 * 255).astype("u1")
    yield Entry("lossless-few-colours", f"{LOSSLESS}, {ALPHA}", "OpenCV, up to 16 colours", encoded(".webp", few))
    opaque = picture(channels=4)
    opaque[:, :, 3] = 255
    yield Entry("opaque-alpha", f"{LOSSLESS}, {ALPHA}", "OpenCV, alpha of 255", encoded(".webp", opaque))
    one = np.full((47, 61, 3), 90, "u1")
    yield Entry("one-colour", LOSSLESS, "OpenCV, one colour", encoded(".webp", one))
    yield Entry("one-colour-lossy", LOSSY, "OpenCV, one colour", encoded(".webp", one, 64, 50))


def with_metadata() -> Iterator[Entry]:
    yield Entry("icc", META, "Pillow", saved("RGB", "WEBP", icc_profile=icc_profile()))
    yield Entry("xmp", META, "Pillow", saved("RGB", "WEBP", xmp=XMP))
    for orientation in range(1, 9):
        yield Entry(f"exif-{orientation}", "EXIF with an orientation", "Pillow, exif=",
                    saved("RGB", "WEBP", 33, 21, exif=exif(orientation)))
    yield Entry("exif-prefixed", "EXIF with an orientation", "Pillow, EXIF that begins with Exif",
                saved("RGB", "WEBP", exif=b"Exif\0\0" + exif(6)))
    yield Entry("all-rgba", META, "Pillow, ICC, EXIF and XMP",
                saved("RGBA", "WEBP", icc_profile=icc_profile(), exif=exif(1), xmp=XMP))
    base = encoded(".webp", picture(), 64, 70)
    yield Entry("mux-icc", META, "webpmux -set icc", webpmux(base, "-set", "icc", "p.icc", **{"p.icc": icc_profile()}))
    yield Entry("mux-exif", META, "webpmux -set exif", webpmux(base, "-set", "exif", "e", e=exif(3)))
    yield Entry("mux-xmp", META, "webpmux -set xmp", webpmux(base, "-set", "xmp", "x", x=XMP))
    yield Entry("unknown-chunk", "unknown chunks", "by hand, behind the image",
                riff(vp8x(61, 47), base[12:], webp_chunk(b"ABCD", b"odd")))
    yield Entry("unknown-chunk-before", "unknown chunks", "by hand, before the image",
                riff(vp8x(61, 47), webp_chunk(b"ABCD", b"odd"), base[12:]))
    yield Entry("vp8x-alone", "unknown chunks", "by hand, VP8X without flags", riff(vp8x(61, 47), base[12:]))


def anim(*parts: bytes, cols: int = 33, rows: int = 21, flags: int = 2,
         background: bytes = b"\x20\x40\x60\xff") -> bytes:
    return riff(vp8x(cols, rows, flags), webp_chunk(b"ANIM", background + b"\0\0"), *parts)


def frame(body: bytes, cols: int, rows: int, x: int = 0, y: int = 0, flags: int = 0) -> bytes:
    """One ANMF of the image chunks of a still file."""
    sides = b"".join(value.to_bytes(3, "little") for value in (x // 2, y // 2, cols - 1, rows - 1, 100))
    return webp_chunk(b"ANMF", sides + bytes([flags]) + body[12:])


def animated() -> Iterator[Entry]:
    for mode in ("RGB", "RGBA"):
        for lossless in (False, True):
            word = f"{mode.lower()}-{'lossless' if lossless else 'lossy'}"
            yield Entry(f"animated-{word}", "animated", "Pillow, save_all",
                        bytes_of(image_of(mode, 33, 21), "WEBP", save_all=True, append_images=frames(mode),
                                 lossless=lossless))
    yield Entry("animated-one-frame", "animated", "by hand, one frame",
                anim(frame(encoded(".webp", picture(33, 21)), 33, 21)))
    small, clear = encoded(".webp", picture(16, 10)), encoded(".webp", picture(16, 10, 4))
    whole = frame(encoded(".webp", picture(33, 21)), 33, 21)
    for name, background in (("", b"\x20\x40\x60\xff"), ("-clear", bytes(4)), ("-half", b"\x20\x40\x60\x80")):
        yield Entry(f"animated-offset{name}", "animated, first frame smaller than the canvas", "by hand",
                    anim(frame(small, 16, 10, 4, 6), whole, background=background))
        yield Entry(f"animated-offset-alpha{name}", "animated, first frame smaller than the canvas", "by hand, alpha",
                    anim(frame(clear, 16, 10, 4, 6), whole, background=background, flags=0x12))
    lossy = encoded(".webp", picture(33, 21), 64, 60)
    yield Entry("animated-mixed", "animated", "by hand, lossy and lossless frames", anim(frame(lossy, 33, 21), whole))
    yield Entry("animated-alpha-whole", "animated", "by hand, alpha and blending",
                anim(frame(encoded(".webp", picture(33, 21, 4)), 33, 21), whole, flags=0x12))
    yield Entry("animated-alpha-no-blend", "animated", "by hand, alpha without blending",
                anim(frame(encoded(".webp", picture(33, 21, 4)), 33, 21, flags=2), whole, flags=0x12))
    yield Entry("animated-alpha-unsaid", "animated", "by hand, alpha without its flag in VP8X",
                anim(frame(encoded(".webp", picture(33, 21, 4)), 33, 21), whole))
    gif = bytes_of(image_of("P", 33, 21), "GIF", save_all=True, append_images=frames("P"), duration=50)
    yield Entry("animated-gif2webp", "animated", "gif2webp", run(
        ["gif2webp", "-quiet", "in.gif", "-o", "out.webp"], {"in.gif": gif}, "out.webp"))
    stills = {f"{i}.png": encoded(".png", np.roll(picture(33, 21), i, axis=1)) for i in range(3)}
    yield Entry("animated-img2webp", "animated", "img2webp", run(
        ["img2webp", "-d", "50", *stills, "-o", "out.webp"], stills, "out.webp"))
    yield Entry("animated-ffmpeg", "animated", "ffmpeg, libwebp_anim",
                ffmpeg(pnm(picture(33, 21)) + pnm(picture(33, 21)[::-1]), "webp", "-c:v", "libwebp_anim"))
    yield Entry("animated-imagemagick", "animated", "ImageMagick", run(
        [CONVERT, *stills, "-strip", "out.webp"], stills, "out.webp"))
    with_exif = anim(whole, webp_chunk(b"EXIF", exif(6)), flags=2 | 8)
    yield Entry("animated-exif", "animated, EXIF", "by hand, orientation 6", with_exif,
                same_as="animated-one-frame")


def damaged() -> Iterator[Entry]:
    lossy, lossless = encoded(".webp", picture(), 64, 70), encoded(".webp", picture())
    alpha = encoded(".webp", picture(channels=4), 64, 70)
    moving = anim(*(frame(encoded(".webp", picture(33, 21)), 33, 21) for _ in range(3)))

    def bad(name: str, kind: str, made: str, body: bytes) -> Entry:
        return Entry(name, kind, made, body, damaged=True)

    for name, body in (("lossy", lossy), ("lossless", lossless), ("lossy-alpha", alpha)):
        yield from truncations(name, body)
        short = bytearray(body[:int(len(body) * 0.75)] + b"\0" * (int(len(body) * 0.75) % 2))
        short[4:8] = struct.pack("<I", len(short) - 8)
        yield bad(f"{name}-cut-resized", "truncated, RIFF says so", "75 %, with the size of what is left", bytes(short))
    yield from with_garbage("lossy", lossy, "base-lossy")
    yield from with_garbage("lossless", lossless, "base-lossless")
    for part in (0.3, 0.6, 0.9):
        for name, body in (("lossy", lossy), ("lossless", lossless)):
            at = int(len(body) * part)
            yield bad(f"{name}-bit-flipped-{round(part * 100)}", f"flipped bit, {name}", f"at {round(part * 100)} %",
                      flipped(body, at, 8))
    yield bad("riff-size-0", "wrong RIFF size", "0", patched(lossy, 4, bytes(4)))
    yield bad("riff-size-more", "wrong RIFF size", "10 too many", patched(lossy, 4, struct.pack("<I", len(lossy) + 2)))
    yield bad("riff-size-less", "wrong RIFF size", "10 too few", patched(lossy, 4, struct.pack("<I", len(lossy) - 18)))
    yield bad("chunk-size-more", "wrong chunk size", "10 too many",
              patched(lossy, 16, struct.pack("<I", len(lossy) - 20 + 10)))
    yield bad("chunk-odd", "wrong chunk size", "odd, without its padding",
              riff(b"VP8L" + struct.pack("<I", len(lossless[20:]) | 1) + lossless[20:]))
    yield bad("lossless-wider", "wrong sides", "62 x 47", lossless_claiming(lossless, 62, 47))
    yield bad("lossy-taller", "wrong sides", "61 x 100", lossy_claiming(lossy, 61, 100))
    yield bad("lossy-lower", "wrong sides", "61 x 16", lossy_claiming(lossy, 61, 16))
    yield bad("vp8x-other-sides", "wrong sides", "VP8X of 60 x 47", riff(vp8x(60, 47), lossy[12:]))
    yield bad("no-image", "missing chunk", "VP8X alone", riff(vp8x(61, 47)))
    yield bad("alpha-chunk-lost", "missing chunk", "VP8X with the alpha flag, without ALPH",
              riff(vp8x(61, 47, 0x10), lossy[12:]))
    yield bad("alpha-chunk-broken", "flipped bit, alpha", "in ALPH", flipped(alpha, alpha.index(b"ALPH") + 20, 64))
    for part in (0.2, 0.6, 0.95):
        yield bad(f"animated-cut-{round(part * 100)}", "truncated, animated", f"{round(part * 100)} %",
                  moving[:int(len(moving) * part)])
    yield bad("animated-frame-outside", "animated, wrong", "a frame outside the canvas",
              anim(frame(encoded(".webp", picture(33, 21)), 33, 21, 4, 0)))
    yield bad("animated-no-frames", "animated, wrong", "no frame", anim())
    yield bad("animated-no-anim", "animated, wrong", "without ANIM", riff(
        vp8x(33, 21, 2), frame(encoded(".webp", picture(33, 21)), 33, 21)))
    yield bad("signature", "wrong signature", "VP8L of a wrong first byte", flipped(lossless, 20, 1))


def files() -> list[Entry]:
    return [*still(), *with_metadata(), *animated(), *damaged()]
