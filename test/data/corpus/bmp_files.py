"""BMP: 1 to 32 bits, run lengths, the headers of OS/2 and of Windows up to V5, bit masks, top-down, and damages."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Iterator

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from image_files import encoded  # noqa: E402
from entry import Entry, patched, truncations, with_garbage  # noqa: E402
from pictures import SIZES, packed_samples, palette, picture  # noqa: E402
from pillow_files import saved  # noqa: E402
from pnm_files import pnm  # noqa: E402
from tools import convert, ffmpeg, run  # noqa: E402

CORE, INFO, V2, V3, V4, V5, OS2 = 12, 40, 52, 56, 108, 124, 64
NIBBLES = "16 bit with masks of 4 bits"
OS2_KIND = "OS/2 1.x header"
RGB, RLE8, RLE4, BITFIELDS = 0, 1, 2, 3
MASKS_565 = (0xF800, 0x7E0, 0x1F, 0)
MASKS_555 = (0x7C00, 0x3E0, 0x1F, 0)
GREYS = np.repeat(np.arange(256, dtype="u1")[:, None], 3, axis=1)


def bmp(cols: int, rows: int, bits: int, pixels: bytes, header: int = INFO, compression: int = RGB,
        colors: np.ndarray | None = None, masks: tuple[int, ...] = (), top_down: bool = False, used: int | None = None,
        gap: int = 0) -> bytes:
    """A whole file. The masks stand in the header from V2 on, behind it before; colours are BGR."""
    count = 0 if colors is None else len(colors)
    if header == CORE:
        info = struct.pack("<IHHHH", header, cols, rows, 1, bits)
        table = b"" if colors is None else colors.tobytes()
    else:
        number = (count if count != 1 << bits else 0) if used is None else used
        info = struct.pack("<IiiHHIIiiII", header, cols, -rows if top_down else rows, 1, bits, compression,
                           len(pixels), 2835, 2835, number, 0)
        mask_bytes = struct.pack(f"<{len(masks)}I", *masks)
        if header == V4 or header == V5:
            mask_bytes = mask_bytes.ljust(16, b"\0") + b"BGRs"  # sRGB, little-endian
        info = (info + mask_bytes).ljust(header, b"\0")
        table = b"" if colors is None else np.column_stack([colors, np.zeros(count, "u1")]).astype("u1").tobytes()
    start = 14 + len(info) + len(table) + gap
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + info + table + bytes(gap) + pixels


def padded(rows: list[bytes], top_down: bool = False) -> bytes:
    rows = [row.ljust((len(row) + 3) // 4 * 4, b"\0") for row in rows]
    return b"".join(rows if top_down else reversed(rows))


def masked(image: np.ndarray, bits: int, masks: tuple[int, ...], top_down: bool = False) -> bytes:
    """Samples of 8 bits, RGB(A), in the places that the masks name."""
    values = np.zeros(image.shape[:2], "u8")
    for channel, mask in enumerate(masks[:image.shape[2]]):
        if mask == 0:
            continue
        shift = (mask & -mask).bit_length() - 1
        width = (mask >> shift).bit_length()
        values |= (image[:, :, channel].astype("u8") * ((1 << width) - 1) // 255) << np.uint64(shift)
    return padded([row.astype(f"<u{bits // 8}").tobytes() for row in values], top_down)


def of_palette(bits: int, cols: int = 61, rows: int = 47, header: int = INFO, grey: bool = False,
               top_down: bool = False, few: int | None = None) -> bytes:
    colors = (GREYS[::-1][::256 >> bits] if grey else palette(1 << bits))
    image = picture(cols, rows, 1, bits)
    if few is not None:
        colors, image = colors[:few], image % few
    return bmp(cols, rows, bits, padded(packed_samples(image, bits), top_down), header, colors=colors,
               top_down=top_down)


def of_bytes(channels: int, cols: int = 61, rows: int = 47, header: int = INFO, top_down: bool = False) -> bytes:
    image = picture(cols, rows, channels)
    image[:, :, :3] = image[:, :, 2::-1].copy()
    return bmp(cols, rows, channels * 8, padded(packed_samples(image, 8), top_down), header, top_down=top_down)


def of_kinds() -> Iterator[Entry]:
    for cols, rows in (*SIZES, (61, 47)):
        size = f"{cols}x{rows}"
        for bits in (1, 4, 8):
            yield Entry(f"palette-{bits}-{size}", f"{bits} bit", "by hand", of_palette(bits, cols, rows))
        yield Entry(f"rgb-24-{size}", "24 bit", "by hand", of_bytes(3, cols, rows))
        yield Entry(f"rgb-32-{size}", "32 bit", "by hand", of_bytes(4, cols, rows))
        yield Entry(f"rgb-16-{size}", "16 bit (5-5-5)", "by hand",
                    bmp(cols, rows, 16, masked(picture(cols, rows), 16, MASKS_555)))
    for bits in (1, 4, 8):
        yield Entry(f"grey-{bits}", f"{bits} bit, grey", "by hand", of_palette(bits, grey=True))
        yield Entry(f"few-{bits}", f"{bits} bit, fewer colours", "by hand",
                    of_palette(bits, few=max(1, (1 << bits) // 3)))
        yield Entry(f"top-down-{bits}", "top-down", "by hand", of_palette(bits, top_down=True))
        yield Entry(f"os2-{bits}", OS2_KIND, "by hand", of_palette(bits, header=CORE))
        yield Entry(f"os2-2-{bits}", "OS/2 2.x header", "by hand", of_palette(bits, header=OS2))
        yield Entry(f"v4-{bits}", "V4 and V5 headers", "by hand", of_palette(bits, header=V4))
        yield Entry(f"v5-{bits}", "V4 and V5 headers", "by hand", of_palette(bits, header=V5))
    yield Entry("os2-24", OS2_KIND, "by hand", of_bytes(3, header=CORE))
    yield Entry("os2-2-24", "OS/2 2.x header", "by hand", of_bytes(3, header=OS2))
    for channels in (3, 4):
        yield Entry(f"top-down-{channels * 8}", "top-down", "by hand", of_bytes(channels, top_down=True))
        for header, name in ((V4, "v4"), (V5, "v5")):
            yield Entry(f"{name}-{channels * 8}", "V4 and V5 headers", "by hand", of_bytes(channels, header=header))
    yield Entry("gap-before-pixels", "24 bit", "by hand, 10 bytes before the pixels",
                bmp(61, 47, 24, padded(packed_samples(picture(), 8)), gap=10))


def with_masks() -> Iterator[Entry]:
    for header, name in ((INFO, "info"), (V2, "v2"), (V3, "v3"), (V4, "v4"), (V5, "v5")):
        behind = header == INFO
        for masks, word in ((MASKS_565, "565"), (MASKS_555, "555")):
            masks = masks[:3] if behind or header == V2 else masks
            yield Entry(f"masks-{name}-{word}", "16 bit with masks", f"by hand, {word}",
                        bmp(61, 47, 16, masked(picture(), 16, masks), header, BITFIELDS, masks=masks),
                        same_as="" if behind else f"masks-info-{word}")
        orders = {"bgra": (0xFF0000, 0xFF00, 0xFF, 0xFF000000), "rgba": (0xFF, 0xFF00, 0xFF0000, 0xFF000000),
                  "argb": (0xFF00, 0xFF0000, 0xFF000000, 0xFF), "bgrx": (0xFF0000, 0xFF00, 0xFF, 0),
                  "rgbx": (0xFF, 0xFF00, 0xFF0000, 0)}
        for word, masks in orders.items():
            if len(masks) == 4 and header in (INFO, V2):
                if word in ("rgba", "bgra", "argb"):
                    continue
                masks = masks[:3]
            yield Entry(f"masks-{name}-{word}", f"32 bit with masks{', alpha' if word[-1] != 'x' else ''}",
                        f"by hand, bytes in the order {word}",
                        bmp(61, 47, 32, masked(picture(channels=4), 32, masks), header, BITFIELDS, masks=masks),
                        same_as="rgb-32-61x47")
    yield Entry("masks-v4-444", NIBBLES, "by hand, 4-4-4-4",
                bmp(61, 47, 16, masked(picture(channels=4), 16, (0xF00, 0xF0, 0xF, 0xF000)), V4, BITFIELDS,
                    masks=(0xF00, 0xF0, 0xF, 0xF000)))
    yield Entry("masks-v4-101010", "32 bit with masks of 10 bits", "by hand, 10-10-10",
                bmp(61, 47, 32, masked(picture(), 32, (0x3FF00000, 0xFFC00, 0x3FF)), V4, BITFIELDS,
                    masks=(0x3FF00000, 0xFFC00, 0x3FF, 0)))
    rgba = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    yield Entry("masks-top-down", "32 bit with masks, alpha", "by hand, top-down",
                bmp(61, 47, 32, masked(picture(channels=4), 32, rgba, True), V4, BITFIELDS, masks=rgba, top_down=True),
                same_as="rgb-32-61x47")


def rle8(image: np.ndarray, literals: bool = True) -> bytes:
    out = bytearray()
    for row in image[::-1]:
        x = 0
        while x < len(row):
            run_length = 1
            while x + run_length < len(row) and run_length < 255 and row[x + run_length] == row[x]:
                run_length += 1
            if run_length > 1 or not literals or len(row) - x < 3:
                out += bytes([run_length, row[x]])
                x += run_length
                continue
            count = min(5, len(row) - x)
            out += bytes([0, count]) + bytes(row[x:x + count]) + bytes(count % 2)
            x += count
        out += b"\0\0"
    return bytes(out[:-2]) + b"\0\1"


def rle4(image: np.ndarray) -> bytes:
    out = bytearray()
    for row in image[::-1]:
        for x in range(0, len(row) - len(row) % 2, 2):
            out += bytes([2, int(row[x]) << 4 | int(row[x + 1])])
        if len(row) % 2:
            out += bytes([1, int(row[-1]) << 4])
        out += b"\0\0"
    return bytes(out[:-2]) + b"\0\1"


def run_lengths() -> Iterator[Entry]:
    steps = picture(channels=1) // 32 * 32
    four = picture(channels=1, bits=4)
    for literals in (False, True):
        yield Entry(f"rle8{'-literals' if literals else ''}", "RLE8", "by hand",
                    bmp(61, 47, 8, rle8(steps, literals), compression=RLE8, colors=palette(256)))
    yield Entry("rle8-grey", "RLE8", "by hand, greys", bmp(61, 47, 8, rle8(steps), compression=RLE8, colors=GREYS))
    yield Entry("rle8-1x1", "RLE8", "by hand", bmp(1, 1, 8, b"\1\7\0\1", compression=RLE8, colors=palette(256)))
    yield Entry("rle4", "RLE4", "by hand", bmp(61, 47, 4, rle4(four), compression=RLE4, colors=palette(16)))
    yield Entry("rle4-runs", "RLE4", "by hand, runs of two colours", bmp(
        20, 2, 4, b"\x14\x12\0\0\x0b\x34\x09\x50\0\1", compression=RLE4, colors=palette(16)))
    yield Entry("rle4-literals", "RLE4", "by hand, literals of 5 and 6", bmp(
        11, 1, 4, b"\0\5\x12\x34\x50\0\0\6\x12\x34\x56\0\0\1", compression=RLE4, colors=palette(16)))
    yield Entry("rle8-jump", "RLE8 with jumps", "by hand, 3 columns and 1 row on", bmp(
        8, 4, 8, b"\2\5\0\2\3\1\3\6\0\0\x08\7\0\1", compression=RLE8, colors=palette(256)),
                same_as="jump-unpacked-8")
    yield Entry("rle8-rows-short", "RLE8 with jumps", "by hand, rows end early", bmp(
        8, 4, 8, b"\2\5\0\0\3\6\0\0\0\0\4\7\0\1", compression=RLE8, colors=palette(256)))
    yield Entry("rle8-image-short", "RLE8 with jumps", "by hand, the image ends early", bmp(
        8, 4, 8, b"\2\5\0\0\3\6\0\1", compression=RLE8, colors=palette(256)))
    yield Entry("rle4-jump", "RLE4 with jumps", "by hand", bmp(
        8, 4, 4, b"\2\x12\0\2\3\1\3\x34\0\0\x08\x56\0\1", compression=RLE4, colors=palette(16)),
                same_as="jump-unpacked-4")
    # The same pixels in rows, the lowest one first: no reader can err in them.
    lowest_first = (b"\x12\0\0\0", b"\0\0\x03\x43", b"\x56\x56\x56\x56", bytes(4))
    yield Entry("jump-unpacked-4", "4 bit", "by hand", bmp(8, 4, 4, b"".join(lowest_first), colors=palette(16)))
    lowest_first = (b"\5\5" + bytes(6), b"\0\0\0\0\0\6\6\6", b"\7" * 8, bytes(8))
    yield Entry("jump-unpacked-8", "8 bit", "by hand", bmp(8, 4, 8, b"".join(lowest_first), colors=palette(256)))
    yield Entry("rle8-no-row-end", "RLE8", "by hand, rows without their end code", bmp(
        4, 3, 8, b"\4\5\4\6\4\7\0\1", compression=RLE8, colors=palette(256)))
    yield Entry("rle8-no-image-end", "RLE8", "by hand, without its last code", bmp(
        4, 2, 8, b"\4\5\0\0\4\6\0\0", compression=RLE8, colors=palette(256)))
    yield Entry("rle8-imagemagick", "RLE8, rows padded beyond the width", "ImageMagick, -compress RLE",
                convert(pnm(picture()), "bmp", "+dither", "-colors", "16", "-type", "palette", "-compress", "RLE"))


def of_programs() -> Iterator[Entry]:
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        yield Entry(f"pillow-{mode.lower()}", "by Pillow", f"Pillow, {mode}", saved(mode, "BMP"))
    for channels in (1, 3, 4):
        yield Entry(f"opencv-{channels}", "by OpenCV", "OpenCV", encoded(".bmp", picture(channels=channels)))
    colour, grey = pnm(picture()), pnm(picture(channels=1))
    for prefix in ("BMP2", "BMP3", "BMP"):
        kind = OS2_KIND if prefix == "BMP2" else "by ImageMagick"
        yield Entry(f"imagemagick-{prefix.lower()}", kind, f"ImageMagick, {prefix}:",
                    convert(colour, "bmp", prefix=prefix + ":"))
    yield Entry("imagemagick-alpha", "by ImageMagick", "ImageMagick, -alpha on", convert(
        colour, "bmp", "-alpha", "set", "-channel", "A", "-evaluate", "set", "40%"))
    for subtype in ("RGB555", "RGB565", "ARGB4444", "ARGB1555"):
        yield Entry(f"imagemagick-{subtype.lower()}",
                    NIBBLES if subtype == "ARGB4444" else "16 bit with masks, by ImageMagick",
                    f"ImageMagick, bmp:subtype={subtype}", convert(
                        colour, "bmp", *(("-alpha", "set") if subtype[0] == "A" else ()), "-define",
                        f"bmp:subtype={subtype}", "-define", "bmp:format=bmp4"))
    yield Entry("imagemagick-mono", "by ImageMagick", "ImageMagick, -monochrome", convert(grey, "bmp", "-monochrome"))
    for pixels in ("bgr24", "bgra", "gray", "pal8", "rgb555le", "rgb565le", "rgb444le", "monob", "rgb8"):
        yield Entry(f"ffmpeg-{pixels}", "by ffmpeg" if pixels != "rgb444le" else NIBBLES,
                    f"ffmpeg, {pixels}", ffmpeg(colour, "bmp", "-pix_fmt", pixels))
    for name, options in (("windows", ("-windows",)), ("os2", ("-os2",))):
        yield Entry(f"netpbm-{name}", OS2_KIND if name == "os2" else "by netpbm", f"ppmtobmp {options[0]}",
                    run(["ppmtobmp", *options, "in"], {"in": colour}))
    yield Entry("netpbm-grey", "by netpbm", "ppmtobmp", run(["ppmtobmp", "-bpp=8", "in"], {"in": grey}))


def damaged() -> Iterator[Entry]:
    rgb, colors = of_bytes(3), of_palette(8)
    runs = bmp(61, 47, 8, rle8(picture(channels=1) // 32 * 32), compression=RLE8, colors=palette(256))
    four = bmp(61, 47, 4, rle4(picture(channels=1, bits=4)), compression=RLE4, colors=palette(16))

    def bad(name: str, kind: str, made: str, body: bytes) -> Entry:
        return Entry(name, kind, made, body, damaged=True)

    yield from truncations("rgb", rgb)
    yield from truncations("palette", colors)
    for name, body in (("rle8", runs), ("rle4", four)):
        for entry in truncations(name, body):
            yield bad(entry.name, "truncated, run lengths", entry.made, entry.body)
    yield from with_garbage("rgb", rgb, "rgb-24-61x47")
    yield bad("one-byte-short", "truncated", "without its last byte, which is padding", rgb[:-1])
    for name, at, octets in (("size-0", 2, bytes(4)), ("size-more", 2, b"\xff\xff\0\0"), ("planes-0", 26, b"\0\0"),
                             ("reserved", 6, b"\1\2\3\4"), ("image-size-0", 34, bytes(4)),
                             ("image-size-wrong", 34, b"\1\0\0\0")):
        yield bad(f"field-{name}", "wrong value that no pixel needs", name, patched(rgb, at, octets))
    for name, at, octets in (("width-0", 18, bytes(4)), ("width-negative", 18, struct.pack("<i", -61)),
                             ("height-0", 22, bytes(4)), ("height-more", 22, struct.pack("<i", 48)),
                             ("bits-0", 28, b"\0\0"), ("bits-2", 28, b"\2\0"), ("bits-64", 28, b"\x40\0"),
                             ("compression-5", 30, b"\5\0\0\0"), ("compression-1", 30, b"\1\0\0\0"),
                             ("header-20", 14, b"\x14\0\0\0"), ("offset-0", 10, bytes(4)),
                             ("offset-outside", 10, b"\xff\xff\0\0")):
        yield bad(f"field-{name}", "wrong value", name, patched(rgb, at, octets))
    yield bad("colors-300", "wrong value", "300 colours of 8 bits", patched(colors, 46, struct.pack("<I", 300)))
    yield bad("index-outside", "palette index outside", "indices up to 255, 16 colours", bmp(
        61, 47, 8, padded(packed_samples(picture(channels=1), 8)), colors=palette(16)))
    for name, octets in (("row", b"\5\5\0\0\4\6\0\1"), ("image", b"\4\5\0\0\4\6\0\0\4\7\0\1"),
                         ("literal", b"\0\5\1\2\3\4\5\0\0\1"), ("jump", b"\0\2\x09\0\1\1\0\1")):
        yield bad(f"rle8-beyond-{name}", "runs beyond their row or image", f"beyond the {name}",
                  bmp(4, 2, 8, octets, compression=RLE8, colors=palette(256)))
    yield bad("rle8-of-24", "wrong value", "run lengths of 24 bits", patched(rgb, 30, b"\1\0\0\0"))
    yield bad("masks-mixed", "masks that no picture has", "masks that overlap", bmp(
        61, 47, 16, masked(picture(), 16, MASKS_565), V4, BITFIELDS, masks=(0xF800, 0xFF0, 0x1F, 0)))


def files() -> list[Entry]:
    return [*of_kinds(), *with_masks(), *run_lengths(), *of_programs(), *damaged()]
