"""TIFF: colours, depths, alpha, packing, predictors, strips and tiles, byte orders, orientations, and damages."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Iterator

import cv2
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from image_files import encoded  # noqa: E402
from entry import Entry, flipped, patched, truncations, with_garbage  # noqa: E402
from metadata import icc_profile  # noqa: E402
from pictures import SIZES, palette, picture  # noqa: E402
from pillow_files import bytes_of, image_of, saved  # noqa: E402
from pnm_files import bitmap, pnm  # noqa: E402
from tiff_writer import (BLACK_IS_ZERO, DEFLATE, LZW, NONE, OLD_DEFLATE, PACKBITS, PALETTE, RGB,  # noqa: E402
                         WHITE_IS_ZERO, tiff)
from tools import convert, ffmpeg, run  # noqa: E402

PACKINGS = {"none": NONE, "lzw": LZW, "deflate": DEFLATE, "old-deflate": OLD_DEFLATE, "packbits": PACKBITS}
ALPHAS = {"unspecified": 0, "associated": 1, "unassociated": 2}
ORDERS = {"ii": "<", "mm": ">"}


def color_map(colors: int, scale: int = 257) -> list[int]:
    return (palette(colors).astype(int) * scale).T.reshape(-1).tolist()


def floats(channels: int, kind: str) -> np.ndarray:
    image = picture(33, 21, channels, 16)
    return (image.astype("f8") / 65535 * 3 - 1).astype(kind)


def of_kinds() -> Iterator[Entry]:
    for name, order in ORDERS.items():
        for bits in (8, 16):
            grey, rgb, rgba = (picture(33, 21, channels, bits) for channels in (1, 3, 4))
            yield Entry(f"grey-{bits}-{name}", f"grey, {bits} bit", "by hand", tiff(grey, BLACK_IS_ZERO, order=order))
            yield Entry(f"inverted-{bits}-{name}", f"grey, {bits} bit, white is zero", "by hand",
                        tiff(grey, WHITE_IS_ZERO, order=order))
            yield Entry(f"rgb-{bits}-{name}", f"RGB, {bits} bit", "by hand", tiff(rgb, RGB, order=order))
            for alpha, number in ALPHAS.items():
                yield Entry(f"rgba-{bits}-{alpha}-{name}", f"RGBA, {bits} bit, alpha {alpha}", "by hand",
                            tiff(rgba, RGB, order=order, extra=number))
            yield Entry(f"rgba-{bits}-unnamed-{name}", f"RGBA, {bits} bit, without ExtraSamples", "by hand",
                        tiff(rgba, RGB, order=order))
        bits1 = picture(33, 21, 1, 1)
        yield Entry(f"bilevel-{name}", "bilevel", "by hand", tiff(bits1, BLACK_IS_ZERO, 1, order=order))
        yield Entry(f"bilevel-inverted-{name}", "bilevel, white is zero", "by hand",
                    tiff(bits1, WHITE_IS_ZERO, 1, order=order))
        for bits in (4, 8):
            yield Entry(f"palette-{bits}-{name}", f"palette, {bits} bit", "by hand", tiff(
                picture(33, 21, 1, bits), PALETTE, bits, order=order, color_map=color_map(1 << bits)))
        for kind in ("f4", "f8"):
            for channels in (1, 3, 4):
                yield Entry(f"float-{kind}-{channels}-{name}", f"float, {int(kind[1]) * 8} bit", "by hand",
                            tiff(floats(channels, kind), RGB if channels > 1 else BLACK_IS_ZERO, order=order,
                                 extra=0 if channels == 4 else None),
                            same_as=f"float-f4-{channels}-{name}" if kind == "f8" else "")
    for cols, rows in SIZES:
        yield Entry(f"rgb-{cols}x{rows}", "small sides", "by hand", tiff(picture(cols, rows), RGB))
        yield Entry(f"bilevel-{cols}x{rows}", "small sides", "by hand",
                    tiff(picture(cols, rows, 1, 1), BLACK_IS_ZERO, 1))
    yield Entry("palette-8-of-8-bit-colours", "palette, 8 bit", "by hand, a map of values below 256", tiff(
        picture(33, 21, 1), PALETTE, color_map=color_map(256, 1)))
    associated = picture(33, 21, 4)
    associated[:, :, :3] = associated[:, :, :3].astype("u4") * associated[:, :, 3:] // 255
    yield Entry("rgba-8-premultiplied", "RGBA, 8 bit, alpha associated", "by hand, colours below alpha",
                tiff(associated, RGB, extra=1))


def of_layouts() -> Iterator[Entry]:
    rgb, grey, bits = picture(), picture(channels=1), picture(channels=1, bits=1)
    for name, number in PACKINGS.items():
        yield Entry(f"packed-{name}-rgb", f"packed: {name}", "by hand", tiff(
            rgb, RGB, compression=number, rows_per_strip=16), same_as="strips-of-47")
        yield Entry(f"packed-{name}-grey-mm", f"packed: {name}", "by hand", tiff(
            picture(channels=1, bits=16), BLACK_IS_ZERO, compression=number, order=">", rows_per_strip=10))
        yield Entry(f"packed-{name}-bilevel", f"packed: {name}", "by hand",
                    tiff(bits, BLACK_IS_ZERO, 1, compression=number))
        yield Entry(f"packed-{name}-tiles", f"packed: {name}", "by hand", tiff(
            rgb, RGB, compression=number, tile=(16, 32)), same_as="strips-of-47")
    yield Entry("strips-16", "strips", "by hand", tiff(picture(bits=16), RGB))
    for rows in (1, 5, 46, 47, 200):
        yield Entry(f"strips-of-{rows}", "strips", "by hand", tiff(rgb, RGB, rows_per_strip=rows),
                    same_as="" if rows == 47 else "strips-of-47")
    yield Entry("strips-no-rows", "strips", "by hand, without RowsPerStrip", tiff(grey, BLACK_IS_ZERO, dropped=(278,)))
    for tile in ((16, 16), (32, 16), (64, 48), (128, 128)):
        word = f"{tile[0]}x{tile[1]}"
        yield Entry(f"tiles-{word}-rgb", "tiles", "by hand", tiff(rgb, RGB, tile=tile), same_as="strips-of-47")
        yield Entry(f"tiles-{word}-grey", "tiles", "by hand", tiff(grey, BLACK_IS_ZERO, tile=tile),
                    same_as="strips-no-rows")
        yield Entry(f"tiles-{word}-16", "tiles", "by hand", tiff(picture(bits=16), RGB, tile=tile),
                    same_as="strips-16")
        yield Entry(f"tiles-{word}-bilevel", "tiles, bilevel", "by hand", tiff(bits, BLACK_IS_ZERO, 1, tile=tile),
                    same_as="packed-none-bilevel")
        yield Entry(f"tiles-{word}-rgba", "tiles", "by hand", tiff(picture(channels=4), RGB, tile=tile, extra=0))
        yield Entry(f"tiles-{word}-float", "tiles, float", "by hand", tiff(floats(1, "f4"), BLACK_IS_ZERO, tile=tile))
    for name, order in ORDERS.items():
        for packing, number in (("lzw", LZW), ("deflate", DEFLATE)):
            for depth in (8, 16):
                yield Entry(f"predictor-2-{packing}-{depth}-{name}", "predictor 2", "by hand", tiff(
                    picture(bits=depth), RGB, compression=number, predictor=2, order=order, rows_per_strip=20),
                            same_as="strips-of-47" if depth == 8 else "strips-16")
            for kind in ("f4", "f8"):
                for channels in (1, 3):
                    yield Entry(f"predictor-3-{packing}-{kind}-{channels}-{name}", "predictor 3", "by hand", tiff(
                        floats(channels, kind), RGB if channels > 1 else BLACK_IS_ZERO, compression=number, predictor=3,
                        order=order), same_as=f"float-f4-{channels}-{name}")
    yield Entry("predictor-2-float", "predictor 2 of floats", "libtiff (tiffcp -c lzw:2)", tiffcp(
        tiff(floats(1, "f4"), BLACK_IS_ZERO), "-c", "lzw:1"))
    for orientation in range(1, 9):
        yield Entry(f"orientation-{orientation}", "orientation 1 to 8", "by hand", tiff(
            picture(33, 21), RGB, orientation=orientation))
        yield Entry(f"orientation-{orientation}-16", "orientation 1 to 8", "by hand", tiff(
            picture(33, 21, 1, 16), BLACK_IS_ZERO, orientation=orientation, order=">"))
        yield Entry(f"orientation-{orientation}-tiles", "orientation 1 to 8", "by hand", tiff(
            picture(33, 21, 4), RGB, orientation=orientation, tile=(16, 16), extra=0),
                    same_as=f"orientation-{orientation}-rgba")
        yield Entry(f"orientation-{orientation}-rgba", "orientation 1 to 8", "by hand", tiff(
            picture(33, 21, 4), RGB, orientation=orientation, extra=0))
    for name, image, photometric in (("rgb", rgb, RGB), ("grey-16", picture(channels=1, bits=16), BLACK_IS_ZERO)):
        for word, order in ORDERS.items():
            yield Entry(f"big-{name}-{word}", "BigTIFF", "by hand", tiff(image, photometric, big=True, order=order))


def tiffcp(body: bytes, *options: str) -> bytes:
    return run(["tiffcp", *options, "in.tif", "out.tif"], {"in.tif": body}, "out.tif")


def of_programs() -> Iterator[Entry]:
    for mode in ("1", "L", "P", "RGB", "RGBA", "I;16", "F"):
        for compression in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits"):
            word = f"{mode.replace(';', '').lower()}-{compression or 'none'}"
            yield Entry(f"pillow-{word}", "by Pillow", f"Pillow, {mode}, {compression}",
                        saved(mode, "TIFF", 33, 21, compression=compression))
    yield Entry("opencv-float-3", "not promised: compression SGILog", "OpenCV", encoded(".tiff", floats(3, "f4")))
    yield Entry("pillow-icc", "by Pillow", "Pillow, icc_profile", saved("RGB", "TIFF", icc_profile=icc_profile()))
    yield Entry("pillow-two-images", "two images", "Pillow, save_all", bytes_of(
        image_of("RGB"), "TIFF", save_all=True, append_images=[image_of("L")]))
    for channels in (1, 3, 4):
        for bits in (8, 16):
            yield Entry(f"opencv-{channels}-{bits}", "by OpenCV", "OpenCV", encoded(".tiff", picture(
                channels=channels, bits=bits)))
    yield Entry("opencv-float-1", "by OpenCV", "OpenCV", encoded(".tiff", floats(1, "f4")))
    for name, number in (("none", 1), ("lzw", 5), ("deflate", 32946), ("packbits", 32773)):
        yield Entry(f"opencv-{name}", "by OpenCV", f"OpenCV, compression {number}", encoded(
            ".tiff", picture(), cv2.IMWRITE_TIFF_COMPRESSION, number))
    colour, grey, wide = pnm(picture()), pnm(picture(channels=1)), pnm(picture(bits=16), 65535)
    for name in ("None", "LZW", "Zip", "RLE"):
        yield Entry(f"imagemagick-{name.lower()}", "by ImageMagick", f"ImageMagick, -compress {name}",
                    convert(colour, "tiff", "-compress", name))
    yield Entry("imagemagick-wide", "by ImageMagick", "ImageMagick, 16 bit", convert(wide, "tiff"))
    yield Entry("imagemagick-mono", "by ImageMagick", "ImageMagick, -monochrome", convert(grey, "tiff", "-monochrome"))
    yield Entry("imagemagick-palette", "palette, 4 bit", "ImageMagick, -type palette", convert(
        colour, "tiff", "-colors", "16", "-type", "palette"))
    yield Entry("imagemagick-alpha", "by ImageMagick", "ImageMagick, -alpha on", convert(
        colour, "tiff", "-alpha", "set", "-channel", "A", "-evaluate", "set", "40%"))
    yield Entry("imagemagick-float", "by ImageMagick", "ImageMagick, floats of 32 bits", convert(
        wide, "tiff", "-compress", "lzw", "-define", "quantum:format=floating-point", "-depth", "32"))
    for pixels in ("rgb24", "gray", "rgb48le", "gray16le", "rgba", "rgba64le", "pal8", "monob", "monow"):
        for packing in ("packbits", "raw", "lzw", "deflate") if pixels == "rgb24" else ("packbits",):
            yield Entry(f"ffmpeg-{pixels}-{packing}", "by ffmpeg", f"ffmpeg, {pixels}, {packing}", ffmpeg(
                wide, "tiff", "-pix_fmt", pixels, "-compression_algo", packing))
    for name, options in (("packbits", ("-packbits",)), ("lzw", ("-lzw", "-predictor=2")), ("flate", ("-flate",)),
                          ("minisblack", ("-minisblack",)), ("lsb2msb", ("-lsb2msb",))):
        source = grey if name == "minisblack" else colour
        yield Entry(f"netpbm-{name}", "by netpbm", f"pnmtotiff {options[0]}",
                    run(["pnmtotiff", "-output=out.tif", *options, "in.pnm"], {"in.pnm": source}, "out.tif"))
    bilevel = bitmap(picture(channels=1, bits=1))
    yield Entry("netpbm-bilevel", "by netpbm", "pnmtotiff", run(
        ["pnmtotiff", "-output=out.tif", "in.pnm"], {"in.pnm": bilevel}, "out.tif"))
    yield Entry("netpbm-bilevel-lsb", "bits from the lowest on (FillOrder 2)", "pnmtotiff -lsb2msb", run(
        ["pnmtotiff", "-output=out.tif", "-lsb2msb", "in.pnm"], {"in.pnm": bilevel}, "out.tif"))
    base = tiff(picture(), RGB)
    for name, options in (("tiles", ("-t", "-w", "32", "-l", "16")), ("lzw", ("-c", "lzw:2")), ("zip", ("-c", "zip:2")),
                          ("packbits", ("-c", "packbits")), ("big-endian", ("-B",)), ("rows-7", ("-r", "7"))):
        yield Entry(f"tiffcp-{name}", "by libtiff's tools", f"tiffcp {' '.join(options)}", tiffcp(base, *options),
                    same_as="strips-of-47")
    yield Entry("tiffcp-big", "BigTIFF", "tiffcp -8", tiffcp(base, "-8"))
    yield Entry("tiffset-orientation", "by libtiff's tools", "tiffset -s 274 6", run(
        ["tiffset", "-s", "274", "6", "in.tif"], {"in.tif": base}, "in.tif"))
    yield Entry("ppm2tiff", "by libtiff's tools", "ppm2tiff", run(
        ["ppm2tiff", "-R", "9", "-c", "none", "in.ppm", "out.tif"], {"in.ppm": colour}, "out.tif"))
    raw = picture(channels=1).tobytes()
    yield Entry("raw2tiff", "by libtiff's tools", "raw2tiff", run(
        ["raw2tiff", "-w", "61", "-l", "47", "-p", "minisblack", "in.raw", "out.tif"], {"in.raw": raw}, "out.tif"))


def refused() -> Iterator[Entry]:
    """Sound files of kinds that docs/api.md says are not decoded."""
    rgb = tiff(picture(), RGB)
    other = "not promised: "
    for name, options in (("jpeg", ("-c", "jpeg:r:90", "-r", "16")), ("lzma", ("-c", "lzma"))):
        yield Entry(f"other-{name}", f"{other}compression {name}", f"tiffcp {' '.join(options)}", tiffcp(rgb, *options))
    bilevel = tiff(picture(channels=1, bits=1), WHITE_IS_ZERO, 1)
    for name in ("g3", "g4"):
        yield Entry(f"other-{name}", f"{other}compression fax", f"tiffcp -c {name}", tiffcp(bilevel, "-c", name))
    yield Entry("other-planes", f"{other}samples in planes", "by hand", tiff(picture(), RGB, planar=True))
    yield Entry("other-cmyk", f"{other}CMYK", "Pillow", saved("CMYK", "TIFF"))
    yield Entry("other-grey-4", f"{other}grey of 2 and 4 bits", "by hand", tiff(picture(channels=1, bits=4), 1, 4))
    yield Entry("other-grey-2", f"{other}grey of 2 and 4 bits", "by hand", tiff(picture(channels=1, bits=2), 1, 2))
    yield Entry("other-grey-alpha", f"{other}grey with alpha", "Pillow", saved("LA", "TIFF"))
    yield Entry("other-signed", f"{other}signed integers", "by hand", tiff(
        picture(channels=1), BLACK_IS_ZERO, changed=((339, 3, [2]),)))
    yield Entry("other-32-bit", f"{other}integers of 32 bits", "Pillow, I", bytes_of(image_of("I"), "TIFF"))
    yield Entry("other-lab", f"{other}Lab", "Pillow, LAB", bytes_of(Image.fromarray(picture(), "LAB"), "TIFF"))
    yield Entry("other-palette-2", f"{other}palette of 1 and 2 bits", "by hand", tiff(
        picture(channels=1, bits=2), PALETTE, 2, color_map=color_map(4)))
    yield Entry("other-palette-1", f"{other}palette of 1 and 2 bits", "by hand", tiff(
        picture(channels=1, bits=1), PALETTE, 1, color_map=color_map(2)))


def damaged() -> Iterator[Entry]:
    rgb, packed = tiff(picture(), RGB, rows_per_strip=10), tiff(picture(), RGB, rows_per_strip=10, compression=LZW)
    deflated = tiff(picture(), RGB, rows_per_strip=10, compression=DEFLATE)
    directory_first = encoded(".tiff", picture())

    def bad(name: str, kind: str, made: str, body: bytes) -> Entry:
        return Entry(name, kind, made, body, damaged=True)

    yield from truncations("rgb", rgb)
    imagemagick = saved("RGB", "TIFF")  # the directory is before the pixels
    yield from truncations("pillow", imagemagick)
    for entry in truncations("pillow-lzw", saved("RGB", "TIFF", compression="tiff_lzw")):
        yield entry
    yield from truncations("opencv", directory_first, (0.5, 0.98))
    yield from with_garbage("rgb", rgb, "strips-of-47")
    for part in (0.1, 0.4, 0.8):
        for name, body in (("lzw", packed), ("deflate", deflated)):
            end = struct.unpack_from("<I", body, 4)[0]
            at = 8 + int((end - 8) * part)
            yield bad(f"{name}-bit-flipped-{round(part * 100)}", f"flipped bit, {name}", f"at {round(part * 100)} % of "
                      "the strips", flipped(body, at, 8))
    image = picture(channels=1)
    wrong = {
        "width-0": (256, 4, [0]), "height-0": (257, 4, [0]), "height-more": (257, 4, [60]),
        "width-more": (256, 4, [62]),
        "bits-7": (258, 3, [7]), "compression-99": (259, 3, [99]), "photometric-99": (262, 3, [99]),
        "samples-0": (277, 3, [0]), "samples-3": (277, 3, [3]), "offset-outside": (273, 4, [99999]),
        "size-0": (279, 4, [0]), "size-short": (279, 4, [1000]), "size-outside": (279, 4, [99999]),
        "rows-0": (278, 4, [0]), "orientation-0": (274, 3, [0]), "orientation-9": (274, 3, [9]),
    }
    for name, tag in wrong.items():
        yield bad(f"tag-{name}", "wrong tag", "by hand", tiff(image, BLACK_IS_ZERO, changed=(tag,)))
    for number, name in ((256, "width"), (257, "height"), (262, "photometric"), (273, "offsets"), (279, "sizes")):
        yield bad(f"tag-no-{name}", "missing tag", f"without {name}", tiff(image, BLACK_IS_ZERO, dropped=(number,)))
    yield bad("no-color-map", "missing tag", "a palette without its colours", tiff(image, PALETTE))
    yield bad("directory-outside", "directory outside", "its offset is beyond the file", patched(
        rgb, 4, struct.pack("<I", len(rgb) + 10)))
    yield bad("directory-in-circles", "directory that names itself", "the next directory is the first", circular(rgb))
    yield bad("tile-17", "wrong tiles", "tiles of 17 x 16",
              tiff(image, BLACK_IS_ZERO, tile=(16, 16), changed=((322, 4, [17]),)))
    yield bad("tiles-too-few", "wrong tiles", "one tile is not named", fewer_tiles(image))
    yield bad("magic-43", "wrong signature", "a BigTIFF by its number alone", patched(rgb, 2, b"+\0"))
    yield bad("order-exchanged", "wrong signature", "MM for II", b"MM" + rgb[2:])


def circular(body: bytes) -> bytes:
    at = struct.unpack_from("<I", body, 4)[0]
    count = struct.unpack_from("<H", body, at)[0]
    return patched(body, at + 2 + 12 * count, struct.pack("<I", at))


def fewer_tiles(image: np.ndarray) -> bytes:
    count = -(-image.shape[1] // 16) * -(-image.shape[0] // 16) - 1
    return tiff(image, BLACK_IS_ZERO, tile=(16, 16),
                changed=((324, 4, [8 + 256 * i for i in range(count)]), (325, 4, [256] * count)))


def files() -> list[Entry]:
    return [*of_kinds(), *of_layouts(), *of_programs(), *refused(), *damaged()]
