"""PNG: every colour type, depth and interlacing, chunks beside the pixels, and damages."""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path
from typing import Iterator

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from image_files import chunk, encoded, ihdr, png, with_wrong_checksum  # noqa: E402
from entry import Entry, flipped, replaced, truncations, with_garbage  # noqa: E402
from metadata import XMP, exif, icc_profile  # noqa: E402
from pictures import SIZES, palette, picture  # noqa: E402
from pillow_files import bytes_of, image_of, saved  # noqa: E402
from pnm_files import pnm  # noqa: E402
from png_writer import (CHANNELS, DEPTHS, GREY, GREY_ALPHA, PALETTE, RGB, RGBA, scanlines, written)  # noqa: E402
from tools import convert, ffmpeg, run  # noqa: E402

NAMES = {GREY: "grey", RGB: "RGB", PALETTE: "palette", GREY_ALPHA: "grey with alpha", RGBA: "RGBA"}
WORDS = {GREY: "grey", RGB: "rgb", PALETTE: "palette", GREY_ALPHA: "grey-alpha", RGBA: "rgba"}


def plte(colors: int) -> bytes:
    return chunk(b"PLTE", palette(colors).tobytes())


def of_kind(color: int, bits: int, *before: bytes, cols: int = 33, rows: int = 21, interlaced: bool = False) -> bytes:
    image = picture(cols, rows, CHANNELS[color], bits)
    return written(image, color, bits, *before, interlaced=interlaced,
                   plte=plte(1 << bits) if color == PALETTE else None)


def of_kinds() -> Iterator[Entry]:
    for color, depths in DEPTHS.items():
        for bits in depths:
            kind = f"{NAMES[color]}, {bits} bit"
            for interlaced in (False, True):
                word = f"{WORDS[color]}-{bits}{'-interlaced' if interlaced else ''}"
                yield Entry(word, kind, "by hand, all filters",
                            of_kind(color, bits, interlaced=interlaced),
                            same_as=f"{WORDS[color]}-{bits}" if interlaced else "")
    for cols, rows in SIZES:
        for interlaced in (False, True):
            word = f"{cols}x{rows}{'-interlaced' if interlaced else ''}"
            yield Entry(f"rgb-{word}", "small sides", "by hand",
                        of_kind(RGB, 8, cols=cols, rows=rows, interlaced=interlaced))
            yield Entry(f"palette-{word}", "small sides", "by hand",
                        of_kind(PALETTE, 2, cols=cols, rows=rows, interlaced=interlaced))


def transparent() -> Iterator[Entry]:
    """A colour that is transparent, which is one that the picture has, or an alpha of each colour of the palette."""
    for color in (GREY, RGB):
        for bits in DEPTHS[color]:
            image = picture(33, 21, CHANNELS[color], bits)
            first = image[0, 0].reshape(-1)
            trns = chunk(b"tRNS", b"".join(struct.pack(">H", int(value)) for value in first))
            for interlaced in (False, True):
                yield Entry(f"trns-{WORDS[color]}-{bits}{'-interlaced' if interlaced else ''}",
                            f"{NAMES[color]} with tRNS", "by hand",
                            written(image, color, bits, trns, interlaced=interlaced))
    for bits in DEPTHS[PALETTE]:
        colors = 1 << bits
        alphas = bytes((i * 29 + 40) % 256 for i in range(colors))
        yield Entry(f"trns-palette-{bits}", "palette with tRNS", "by hand",
                    of_kind(PALETTE, bits, chunk(b"tRNS", alphas)))
        yield Entry(f"trns-palette-{bits}-short", "palette with tRNS", "by hand, alphas of some colours only",
                    of_kind(PALETTE, bits, chunk(b"tRNS", alphas[:max(1, colors // 2)])))


def with_chunks() -> Iterator[Entry]:
    gray, colour = picture(33, 21, 1), picture(33, 21)
    icc = chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(icc_profile()))
    gama = {"gama-1.0": 100000, "gama-2.2": 45455, "gama-0.5": 200000, "gama-tiny": 1}
    for name, value in gama.items():
        yield Entry(name, "colour chunks (gAMA, cHRM, sRGB, iCCP)", "by hand",
                    written(colour, RGB, 8, chunk(b"gAMA", struct.pack(">I", value))))
    for bits in (8, 16):
        yield Entry(f"gama-grey-{bits}", "colour chunks (gAMA, cHRM, sRGB, iCCP)", "by hand",
                    written(picture(33, 21, 1, bits), GREY, bits, chunk(b"gAMA", struct.pack(">I", 100000))))
        yield Entry(f"gama-rgb-{bits}", "colour chunks (gAMA, cHRM, sRGB, iCCP)", "by hand",
                    written(picture(33, 21, 3, bits), RGB, bits, chunk(b"gAMA", struct.pack(">I", 100000))))
    chrm = chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))
    colors = {"srgb": (chunk(b"sRGB", b"\0"),), "chrm": (chrm,), "icc": (icc,),
              "srgb-gama-chrm": (chunk(b"sRGB", b"\1"), chunk(b"gAMA", struct.pack(">I", 45455)), chrm),
              "icc-gama": (icc, chunk(b"gAMA", struct.pack(">I", 45455)))}
    for name, chunks in colors.items():
        yield Entry(name, "colour chunks (gAMA, cHRM, sRGB, iCCP)", "by hand", written(colour, RGB, 8, *chunks))
        yield Entry(f"{name}-palette", "colour chunks (gAMA, cHRM, sRGB, iCCP)", "by hand",
                    written(picture(33, 21, 1, 4), PALETTE, 4, *chunks, plte=plte(16)) if name == "icc" else
                    png(ihdr(33, 21, 4, PALETTE), *chunks, plte(16),
                        chunk(b"IDAT", zlib.compress(scanlines(picture(33, 21, 1, 4), 4))), chunk(b"IEND")))
    others = {
        "bkgd": chunk(b"bKGD", struct.pack(">3H", 255, 0, 0)), "phys": chunk(b"pHYs", struct.pack(">IIB", 1, 2, 0)),
        "sbit": chunk(b"sBIT", b"\5\6\5"), "time": chunk(b"tIME", struct.pack(">HBBBBB", 2020, 1, 2, 3, 4, 5)),
        "text": chunk(b"tEXt", b"Comment\0of Latin-1 \xe9"),
        "ztxt": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"text " * 50)),
        "itxt": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        "offs": chunk(b"oFFs", struct.pack(">iiB", -5, 7, 0)), "unknown": chunk(b"vpAg", bytes(9)),
        "splt": chunk(b"sPLT", b"few\0\x08" + bytes(range(6)) * 2), "plte": plte(16),
    }
    for name, other in others.items():
        yield Entry(f"chunk-{name}", "other chunks", "by hand", written(colour, RGB, 8, other))
    yield Entry("chunk-text-behind", "other chunks", "by hand, behind IDAT",
                written(colour, RGB, 8, behind=(others["text"], others["time"])))
    yield Entry("chunk-hist", "other chunks", "by hand",
                written(picture(33, 21, 1, 4), PALETTE, 4, chunk(b"hIST", bytes(32)), plte=plte(16)))
    yield Entry("chunk-sbit-16", "other chunks", "by hand, 10 bits of 16",
                written(picture(33, 21, 3, 16), RGB, 16, chunk(b"sBIT", b"\x0a\x0a\x0a")))
    for orientation in range(1, 9):
        order = "<" if orientation % 2 else ">"
        yield Entry(f"exif-{orientation}", "eXIf with an orientation", "by hand",
                    written(colour, RGB, 8, chunk(b"eXIf", exif(orientation, order))))
    yield Entry("exif-6-behind", "eXIf with an orientation", "by hand, behind IDAT",
                written(gray, GREY, 8, behind=(chunk(b"eXIf", exif(6)),)))
    for few in (1, 3, 200):
        yield Entry(f"palette-of-{few}", "palette of fewer colours", "by hand",
                    written(picture(33, 21, 1) % few, PALETTE, 8, plte=plte(few)))


def compressed() -> Iterator[Entry]:
    image = picture()
    raw = scanlines(image, 8)
    for level in (0, 1, 9):
        yield Entry(f"zlib-{level}", "compression and IDAT", f"by hand, zlib level {level}",
                    written(image, RGB, 8, packed=zlib.compress(raw, level)), same_as="" if level == 9 else "zlib-9")
    for name, strategy in (("filtered", 1), ("huffman", 2), ("rle", 3), ("fixed", 4)):
        packer = zlib.compressobj(6, 8, 15, 8, strategy)
        yield Entry(f"zlib-{name}", "compression and IDAT", f"by hand, strategy {name}",
                    written(image, RGB, 8, packed=packer.compress(raw) + packer.flush()), same_as="zlib-9")
    small = scanlines(picture(5, 4), 8)
    packer = zlib.compressobj(6, 8, 9)
    yield Entry("zlib-window-512", "compression and IDAT", "by hand, a window of 512 bytes",
                written(picture(5, 4), RGB, 8, packed=packer.compress(small) + packer.flush()))
    for pieces in (1, 7, 512):
        yield Entry(f"idat-of-{pieces}", "compression and IDAT", f"by hand, IDAT of {pieces} bytes",
                    written(picture(9, 5), RGB, 8, pieces=pieces))
    packed = zlib.compress(raw)
    yield Entry("idat-empty-ones", "compression and IDAT", "by hand, empty IDAT before and behind",
                png(ihdr(61, 47), chunk(b"IDAT"), chunk(b"IDAT", packed[:50]), chunk(b"IDAT"),
                    chunk(b"IDAT", packed[50:]), chunk(b"IEND")))
    for kind in range(5):
        yield Entry(f"filter-{kind}", "one filter", f"by hand, filter {kind} alone",
                    written(image, RGB, 8, raw=scanlines(image, 8, kinds=(kind,))), same_as="zlib-9")


def of_programs() -> Iterator[Entry]:
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield Entry(f"pillow-{mode.replace(';', '').lower()}", "by Pillow", f"Pillow, {mode}", saved(mode, "PNG"))
    yield Entry("pillow-optimized", "by Pillow", "Pillow, optimize", saved("RGB", "PNG", optimize=True))
    yield Entry("pillow-icc", "by Pillow", "Pillow, icc_profile", saved("RGB", "PNG", icc_profile=icc_profile()))
    yield Entry("pillow-transparent", "by Pillow", "Pillow, transparency", saved("P", "PNG", transparency=3))
    yield Entry("pillow-quantized", "by Pillow", "Pillow, quantize(16)",
                bytes_of(image_of("RGB").quantize(16, method=0), "PNG", bits=4))
    yield Entry("animated-pillow", "animated (APNG)", "Pillow, save_all",
                saved("RGB", "PNG", save_all=True, append_images=[image_of("RGB").rotate(90)]))
    for channels in (1, 3, 4):
        for bits in (8, 16):
            yield Entry(f"opencv-{channels}-{bits}", "by OpenCV", "OpenCV",
                        encoded(".png", picture(channels=channels, bits=bits)))
    yield Entry("opencv-bilevel", "by OpenCV", "OpenCV, IMWRITE_PNG_BILEVEL",
                encoded(".png", picture(channels=1, bits=1) * 255, 18, 1))
    colour, grey, wide = pnm(picture()), pnm(picture(channels=1)), pnm(picture(bits=16), 65535)
    for prefix in ("PNG8", "PNG24", "PNG32", "PNG48", "PNG64", "PNG00"):
        yield Entry(f"imagemagick-{prefix.lower()}", "by ImageMagick", f"ImageMagick, {prefix}:",
                    convert(wide, "png", prefix=prefix + ":"))
    yield Entry("imagemagick-bilevel", "by ImageMagick", "ImageMagick, -monochrome",
                convert(grey, "png", "-monochrome"))
    yield Entry("imagemagick-interlaced", "by ImageMagick", "ImageMagick, -interlace line",
                convert(colour, "png", "-interlace", "line"))
    for pixels in ("rgb24", "rgba", "gray", "ya8", "gray16be", "rgb48be", "rgba64be", "ya16be", "monob", "pal8"):
        yield Entry(f"ffmpeg-{pixels}", "by ffmpeg", f"ffmpeg, {pixels}",
                    ffmpeg(wide, "png", "-pix_fmt", pixels, "-pred", "mixed"))
    yield Entry("animated-ffmpeg", "animated (APNG)", "ffmpeg, apng",
                ffmpeg(colour * 3, "png", "-f", "apng", "-plays", "0"))
    yield Entry("netpbm-interlaced", "by netpbm", "pnmtopng -interlace",
                run(["pnmtopng", "-interlace", "in"], {"in": colour}))
    yield Entry("netpbm-transparent", "by netpbm", "pnmtopng -transparent", run(
        ["pnmtopng", "-transparent", "=" + "#%02x%02x%02x" % tuple(picture()[0, 0]), "in"], {"in": colour}))
    yield Entry("netpbm-gamma", "by netpbm", "pnmtopng -gamma 0.45",
                run(["pnmtopng", "-gamma", "0.45", "in"], {"in": colour}))
    yield Entry("netpbm-alpha", "by netpbm", "pnmtopng -alpha",
                run(["pnmtopng", "-alpha", "mask", "in"], {"in": colour, "mask": grey}))
    yield Entry("pngfix", "repaired by pngfix", "pngfix of a wrong window", run(
        ["sh", "-c", "pngfix --optimize --out=out.png in.png >/dev/null; test -s out.png"],
        {"in.png": of_kind(RGB, 8)}, "out.png"))


def damaged() -> Iterator[Entry]:
    plain, wide = written(picture(), RGB, 8), of_kind(RGBA, 16)
    laced, colors = of_kind(RGB, 8, interlaced=True), of_kind(PALETTE, 4, chunk(b"tRNS", bytes(range(16))))
    for name, body in (("rgb", plain), ("interlaced", laced), ("rgba-16", wide), ("palette", colors)):
        yield from truncations(name, body)
    yield from with_garbage("rgb", plain, "zlib-9")

    def bad(name: str, kind: str, made: str, body: bytes, same_as: str = "") -> Entry:
        return Entry(name, kind, made, body, damaged=True, same_as=same_as)

    yield bad("no-iend", "no end marker", "without IEND", plain[:-12])
    yield bad("half-iend", "no end marker", "IEND without its checksum", plain[:-4])
    with_text = written(picture(), RGB, 8, chunk(b"gAMA", struct.pack(">I", 45455)), chunk(b"tEXt", b"a\0b"))
    for name in (b"IHDR", b"IDAT", b"IEND"):
        yield bad(f"crc-{name.decode()}", "wrong checksum, critical chunk", f"of {name.decode()}",
                  with_wrong_checksum(with_text, name))
    yield bad("crc-PLTE", "wrong checksum, critical chunk", "of PLTE", with_wrong_checksum(colors, b"PLTE"))
    yield bad("crc-tRNS", "wrong checksum, tRNS", "of tRNS", with_wrong_checksum(colors, b"tRNS"))
    trns = of_kind(RGB, 8, chunk(b"tEXt", b"a\0b"), chunk(b"tRNS", struct.pack(">3H", *picture(33, 21)[0, 0])))
    yield bad("crc-text-beside-tRNS", "wrong checksum beside tRNS", "of tEXt", with_wrong_checksum(trns, b"tEXt"))
    yield Entry("gama-text", "colour chunks (gAMA, cHRM, sRGB, iCCP)", "by hand, gAMA of 1 / 2.2 and tEXt", with_text)
    for name, whole in ((b"gAMA", "zlib-9"), (b"tEXt", "gama-text")):
        yield bad(f"crc-{name.decode()}", "wrong checksum, other chunk", f"of {name.decode()}",
                  with_wrong_checksum(with_text, name), same_as=whole)
    turned = written(picture(), RGB, 8, chunk(b"eXIf", exif(6)))
    yield bad("crc-eXIf", "wrong checksum, other chunk", "of eXIf", with_wrong_checksum(turned, b"eXIf"),
              same_as="zlib-9")
    packed = zlib.compress(scanlines(picture(), 8))
    for name, wrong in (("adler", flipped(packed, -1)), ("header", b"\x79" + packed[1:]),
                        ("window", b"\x08\x1d" + packed[2:]), ("middle", flipped(packed, len(packed) // 2, 16))):
        yield bad(f"zlib-{name}", "wrong zlib stream", f"wrong {name}, right checksum of the chunk",
                  written(picture(), RGB, 8, packed=wrong))
    yield bad("zlib-no-adler", "wrong zlib stream", "without Adler-32", written(picture(), RGB, 8, packed=packed[:-4]))
    for part in (0.3, 0.6, 0.9):
        at = int(len(plain) * part)
        yield bad(f"bit-flipped-{round(part * 100)}", "flipped bit", f"at {round(part * 100)} %", flipped(plain, at, 4))
        yield bad(f"byte-lost-{round(part * 100)}", "lost byte", f"at {round(part * 100)} %",
                  plain[:at] + plain[at + 1:])
    yield bad("no-plte", "missing chunk", "a palette image without PLTE", written(picture(33, 21, 1, 4), PALETTE, 4))
    yield bad("no-idat", "missing chunk", "without IDAT", png(ihdr(33, 21), chunk(b"IEND")))
    raw = scanlines(picture(33, 21), 8)
    yield bad("rows-missing", "wrong number of rows", "zlib stream of half the rows",
              written(picture(33, 21), RGB, 8, raw=raw[:len(raw) // 2]))
    yield bad("rows-more", "wrong number of rows", "zlib stream with 3 rows more",
              written(picture(33, 21), RGB, 8, raw=raw + bytes(300)))
    yield bad("filter-5", "wrong value", "filter 5 in one row",
              written(picture(33, 21), RGB, 8, raw=raw[:100] + b"\5" + raw[101:]))
    for name, header in (("interlace-2", ihdr(33, 21, interlace=2)), ("method-1", ihdr(33, 21, method=1)),
                         ("depth-3", ihdr(33, 21, bits=3, color=0)), ("color-1", ihdr(33, 21, color=1)),
                         ("width-0", ihdr(0, 21)), ("rgb-4", ihdr(33, 21, bits=4))):
        yield bad(name, "wrong value", "in IHDR", png(header, chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND")))
    yield bad("palette-index-outside", "palette index outside", "indices up to 255, 16 colours",
              written(picture(33, 21, 1), PALETTE, 8, plte=plte(16)))
    yield bad("unknown-critical", "wrong chunk", "a critical chunk that nobody knows",
              written(picture(33, 21), RGB, 8, chunk(b"QUUX", b"x")))
    yield bad("idat-apart", "wrong chunk", "a chunk between two IDAT",
              png(ihdr(61, 47), chunk(b"IDAT", packed[:500]), chunk(b"tEXt", b"a\0b"), chunk(b"IDAT", packed[500:]),
                  chunk(b"IEND")))
    yield bad("ihdr-twice", "wrong chunk", "IHDR twice",
              png(ihdr(33, 21), ihdr(33, 21), chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND")))
    yield bad("signature-crlf", "wrong signature", "CR LF became LF", replaced(plain, b"\r\n\x1a\n", b"\n\x1a\n"))
    yield bad("gama-0", "wrong value", "gAMA of 0", written(picture(33, 21), RGB, 8, chunk(b"gAMA", bytes(4))))
    yield bad("trns-too-long", "wrong value", "tRNS of 20 alphas for 16 colours",
              of_kind(PALETTE, 4, chunk(b"tRNS", bytes(20))))
    yield bad("trns-with-alpha", "wrong chunk", "tRNS in an RGBA image", of_kind(RGBA, 8, chunk(b"tRNS", bytes(6))))
    yield bad("icc-broken", "wrong value", "iCCP that is no profile",
              written(picture(33, 21), RGB, 8, chunk(b"iCCP", b"x\0\0" + zlib.compress(b"no profile"))))
    yield bad("exif-broken", "wrong value", "eXIf that is no TIFF",
              written(picture(33, 21), RGB, 8, chunk(b"eXIf", b"no exif at all")))


def files() -> list[Entry]:
    return [*of_kinds(), *transparent(), *with_chunks(), *compressed(), *of_programs(), *damaged()]
