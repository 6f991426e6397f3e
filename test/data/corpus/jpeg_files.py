"""JPEG: colours, subsamplings, scans, restart markers, markers beside the pixels, and damages."""

from __future__ import annotations

import re
import struct
import sys
from pathlib import Path
from typing import Iterator

import cv2

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from image_files import END, encoded, jpeg_as, jpeg_claiming, last_scan_repeated, segment  # noqa: E402
from entry import Entry, flipped, patched, replaced, truncations, with_garbage  # noqa: E402
from metadata import XMP, exif, icc_profile  # noqa: E402
from pictures import SIZES, picture  # noqa: E402
from pillow_files import bytes_of, image_of, saved  # noqa: E402
from pnm_files import pnm  # noqa: E402
from tools import convert, ffmpeg, run  # noqa: E402

PROGRESSIVE, OPTIMIZE, RESTART = cv2.IMWRITE_JPEG_PROGRESSIVE, cv2.IMWRITE_JPEG_OPTIMIZE, cv2.IMWRITE_JPEG_RST_INTERVAL


def jpeg(channels: int = 3, *params: int, cols: int = 61, rows: int = 47) -> bytes:
    return encoded(".jpg", picture(cols, rows, channels), *params)


def netpbm(*options: str, channels: int = 3, **inputs: bytes) -> bytes:
    return run(["pnmtojpeg", *options, "in.pnm"], {"in.pnm": pnm(picture(channels=channels)), **inputs})


def behind_start(body: bytes, *segments: bytes) -> bytes:
    return body[:2] + b"".join(segments) + body[2:]


def without(body: bytes, marker: int) -> bytes:
    """Without the first segment of this marker."""
    at = body.index(bytes([0xFF, marker]))
    return body[:at] + body[at + 2 + struct.unpack_from(">H", body, at + 2)[0]:]


def of_colors() -> Iterator[Entry]:
    for cols, rows in SIZES:
        for channels, word in ((1, "grey"), (3, "colour")):
            yield Entry(f"{word}-{cols}x{rows}", "small sides", "OpenCV", jpeg(channels, cols=cols, rows=rows))
    for quality in (1, 10, 50, 75, 100):
        yield Entry(f"grey-q{quality}", "grey", "Pillow", saved("L", "JPEG", quality=quality))
        yield Entry(f"colour-q{quality}", "YCbCr", "Pillow", saved("RGB", "JPEG", quality=quality))
    yield Entry("grey", "grey", "OpenCV", jpeg(1))
    yield Entry("colour", "YCbCr", "OpenCV", jpeg())
    cmyk = saved("CMYK", "JPEG", quality=90)
    yield Entry("cmyk", "CMYK", "Pillow", cmyk)
    yield Entry("cmyk-progressive", "CMYK", "Pillow", saved("CMYK", "JPEG", progressive=True))
    yield Entry("cmyk-imagemagick", "CMYK", "ImageMagick, -colorspace CMYK",
                convert(pnm(picture()), "jpg", "-colorspace", "CMYK"))
    yield Entry("cmyk-no-adobe", "CMYK without Adobe's marker", "Pillow, without APP14", without(cmyk, 0xEE))
    at = cmyk.index(b"Adobe") + 11
    yield Entry("ycck", "YCCK", "Pillow's CMYK, with transform 2", patched(cmyk, at, b"\2"))
    yield Entry("ycck-subsampled", "YCCK", "ImageMagick's CMYK of sampling 2x2, with transform 2",
                ycck(convert(pnm(picture()), "jpg", "-colorspace", "CMYK", "-sampling-factor", "2x2,1x1,1x1,2x2")))
    yield Entry("rgb-netpbm", "RGB", "pnmtojpeg -rgb", netpbm("-rgb"))
    yield Entry("rgb-imagemagick", "RGB", "ImageMagick, -colorspace RGB",
                convert(pnm(picture()), "jpg", "-set", "colorspace", "RGB"))
    colour = without(jpeg(), 0xE0)
    yield Entry("no-jfif", "no JFIF marker", "OpenCV, without APP0", colour)
    yield Entry("adobe-rgb", "RGB", "OpenCV, with Adobe's marker of transform 0",
                behind_start(colour, segment(0xEE, b"Adobe\0\x64\0\0\0\0\0")))
    yield Entry("adobe-ycc", "YCbCr", "OpenCV, with Adobe's marker of transform 1",
                behind_start(colour, segment(0xEE, b"Adobe\0\x64\0\0\0\0\1")))


def ycck(cmyk: bytes) -> bytes:
    if b"Adobe" in cmyk:
        return patched(cmyk, cmyk.index(b"Adobe") + 11, b"\2")
    return behind_start(cmyk, segment(0xEE, b"Adobe\0\x64\0\0\0\0\2"))


def subsampled() -> Iterator[Entry]:
    for sampling, name in ((0, "4:4:4"), (1, "4:2:2"), (2, "4:2:0")):
        for progressive in (False, True):
            for cols, rows in ((61, 47), (16, 16)):
                word = name.replace(":", "") + ("-progressive" if progressive else "")
                yield Entry(f"pillow-{word}-{cols}x{rows}", f"subsampling {name}", "Pillow",
                            saved("RGB", "JPEG", cols, rows, subsampling=sampling, progressive=progressive))
    for factors, name in (("1x2", "4:4:0"), ("4x1", "4:1:1"), ("4x2", "4:1:0"), ("1x4", "1x4"), ("3x1", "3x1"),
                          ("2x4", "2x4"), ("3x2", "3x2")):
        for progressive in (False, True):
            flags = ["-progressive"] if progressive else []
            yield Entry(f"netpbm-{factors}{'-progressive' if progressive else ''}", f"subsampling {name}",
                        f"pnmtojpeg -sample={factors}", netpbm(f"-sample={factors}", *flags))
    yield Entry("netpbm-mixed", "subsampling mixed", "pnmtojpeg -sample=2x2,2x1,1x2", netpbm("-sample=2x2,2x1,1x2"))
    yield Entry("netpbm-chroma-wider", "subsampling mixed", "pnmtojpeg -sample=1x1,2x1,2x1",
                netpbm("-sample=1x1,2x1,2x1"))
    yield Entry("grey-2x2", "grey", "pnmtojpeg -sample=2x2", netpbm("-sample=2x2", channels=1))
    for factors in ("2x2", "2x1", "1x2", "4x1"):
        yield Entry(f"imagemagick-{factors}", "by ImageMagick", f"ImageMagick, -sampling-factor {factors}",
                    convert(pnm(picture()), "jpg", "-sampling-factor", factors, "-quality", "85"))
    for pixels in ("yuvj420p", "yuvj422p", "yuvj444p"):
        yield Entry(f"ffmpeg-{pixels}", "by ffmpeg (MJPEG)", f"ffmpeg, {pixels}",
                    ffmpeg(pnm(picture()), "jpg", "-pix_fmt", pixels, "-q:v", "3"))


SCANS = """0;
1;
2;
"""


def of_scans() -> Iterator[Entry]:
    yield Entry("progressive", "progressive", "OpenCV", jpeg(3, PROGRESSIVE, 1))
    yield Entry("progressive-grey", "progressive", "OpenCV", jpeg(1, PROGRESSIVE, 1))
    yield Entry("progressive-restart", "progressive", "OpenCV, restart interval 2", jpeg(3, PROGRESSIVE, 1, RESTART, 2))
    yield Entry("optimized", "optimised", "OpenCV", jpeg(3, OPTIMIZE, 1))
    yield Entry("optimized-pillow", "optimised", "Pillow", saved("RGB", "JPEG", optimize=True))
    yield Entry("optimized-grey", "optimised", "OpenCV", jpeg(1, OPTIMIZE, 1))
    for interval in (1, 3, 4, 8, 100):
        yield Entry(f"restart-{interval}", "restart intervals", f"OpenCV, interval {interval}",
                    jpeg(3, RESTART, interval))
        yield Entry(f"restart-{interval}-grey", "restart intervals", f"OpenCV, interval {interval}",
                    jpeg(1, RESTART, interval))
    yield Entry("scans-apart", "sequential, several scans", "pnmtojpeg -scans", netpbm("-scans=s", s=SCANS.encode()))
    yield Entry("scans-apart-restart", "sequential, several scans", "pnmtojpeg -scans -restart=2",
                netpbm("-scans=s", "-restart=2", s=SCANS.encode()))
    yield Entry("extended", "extended (SOF1)", "OpenCV's, named SOF1", jpeg_as(jpeg(), sof=0xC1))
    yield Entry("quantisation-16", "extended (SOF1)", "pnmtojpeg -quality=1, tables of 16 bits", netpbm("-quality=1"))
    yield Entry("dri-0", "restart intervals", "OpenCV, with an interval of 0",
                replaced(jpeg(), b"\xff\xda", segment(0xDD, b"\0\0") + b"\xff\xda"))


def with_markers() -> Iterator[Entry]:
    base, thumbnail = jpeg(), jpeg(cols=16, rows=12)
    for orientation in range(1, 9):
        for order, word in (("<", "ii"), (">", "mm")):
            app1 = segment(0xE1, b"Exif\0\0" + exif(orientation, order))
            yield Entry(f"exif-{orientation}-{word}", "EXIF orientation 1 to 8", "OpenCV and by hand",
                        behind_start(base, app1))
    yield Entry("exif-first-jfif-behind", "EXIF beside other markers", "EXIF behind JFIF",
                base[:20] + segment(0xE1, b"Exif\0\0" + exif(6)) + base[20:])
    yield Entry("exif-pillow", "EXIF beside other markers", "Pillow, exif=",
                saved("RGB", "JPEG", exif=b"Exif\0\0" + exif(8)))
    yield Entry("exif-9", "EXIF beside other markers", "an orientation of 9",
                behind_start(base, segment(0xE1, b"Exif\0\0" + exif(9))))
    yield Entry("exif-twice", "EXIF beside other markers", "orientation 6, then 3",
                behind_start(base, *(segment(0xE1, b"Exif\0\0" + exif(value)) for value in (6, 3))))
    yield Entry("exif-grey", "EXIF beside other markers", "grey, orientation 6",
                behind_start(jpeg(1), segment(0xE1, b"Exif\0\0" + exif(6))))
    yield Entry("exif-make", "EXIF beside other markers", "with the camera's make before",
                behind_start(base, segment(0xE1, b"Exif\0\0" + exif(6, first=(0x010F, b"Camera maker\0")))))
    yield Entry("exif-thumbnail", "thumbnails", "EXIF with a JPEG",
                behind_start(base, segment(0xE1, b"Exif\0\0" + exif(6, ">", thumbnail))))
    yield Entry("jfif-thumbnail", "thumbnails", "JFIF with RGB pixels", behind_start(without(base, 0xE0), segment(
        0xE0, b"JFIF\0\1\1\0\0\1\0\1\4\3" + bytes(36))))
    yield Entry("jfxx-thumbnail", "thumbnails", "JFXX with a JPEG",
                base[:20] + segment(0xE0, b"JFXX\0\x10" + thumbnail) + base[20:])
    yield Entry("xmp", "other markers", "XMP with an orientation of 6",
                behind_start(base, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)))
    yield Entry("xmp-then-exif", "EXIF beside other markers", "XMP, then EXIF of orientation 6",
                behind_start(base, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
                             segment(0xE1, b"Exif\0\0" + exif(6))))
    yield Entry("icc", "other markers", "Pillow, icc_profile", saved("RGB", "JPEG", icc_profile=icc_profile()))
    profile = icc_profile() + bytes(70000)
    yield Entry("icc-in-two", "other markers", "a profile in two markers", saved("RGB", "JPEG", icc_profile=profile))
    yield Entry("comment", "other markers", "Pillow, comment",
                behind_start(base, segment(0xFE, b"a comment"), segment(0xFE, b"")))
    yield Entry("photoshop", "other markers", "APP13",
                behind_start(base, segment(0xED, b"Photoshop 3.0\0" + bytes(40))))
    yield Entry("app-all", "other markers", "APP2 to APP15",
                behind_start(base, *(segment(marker, b"data") for marker in range(0xE2, 0xEE))))
    yield Entry("fill-bytes", "fill bytes before markers", "0xFF three times before each table",
                re.sub(rb"\xff[\xdb\xc4]", lambda found: b"\xff\xff\xff" + found[0], base))
    yield Entry("mpo", "two images (MPO)", "Pillow, MPO",
                bytes_of(image_of("RGB"), "MPO", save_all=True, append_images=[image_of("RGB").rotate(180)]))


def restart_renumbered(body: bytes, which: int, number: int) -> bytes:
    """Restart marker `which` (from 0) gets another number."""
    places = [found.start() for found in re.finditer(rb"\xff[\xd0-\xd7]", body)]
    return patched(body, places[which] + 1, bytes([0xD0 + number]))


def damaged() -> Iterator[Entry]:
    base, progressive, restarts = jpeg(), jpeg(3, PROGRESSIVE, 1), jpeg(3, RESTART, 1)

    def bad(name: str, kind: str, made: str, body: bytes, same_as: str = "") -> Entry:
        return Entry(name, kind, made, body, damaged=True, same_as=same_as)

    for name, body in (("colour", base), ("grey", jpeg(1)), ("restarts", restarts), ("cmyk", saved("CMYK", "JPEG"))):
        yield from truncations(name, body)
    for part in (0.5, 0.8, 0.97):
        yield bad(f"progressive-cut-{round(part * 100)}", "truncated, progressive", f"{round(part * 100)} %",
                  progressive[:int(len(progressive) * part)])
    yield from with_garbage("colour", base, "colour")
    for name, body in (("colour", base), ("grey", jpeg(1)), ("restart-1", restarts)):
        yield bad(f"{name}-no-end", "no end marker", "without EOI", body[:-2], name)
        yield bad(f"{name}-zeros-for-end", "zeros for the end marker", "zeros for EOI", body[:-2] + bytes(64), name)
        yield bad(f"{name}-half-end", "no end marker", "0xFF for EOI", body[:-1], name)
    yield bad("progressive-no-end", "no end marker, progressive", "without EOI", progressive[:-2])
    for which, number in ((0, 3), (0, 4), (1, 5), (2, 7)):
        yield bad(f"restart-{which}-as-{number}", "restart marker of a wrong number", f"RST{which} is RST{number}",
                  restart_renumbered(restarts, which, number), "restart-1")
    for which, number in ((0, 1), (3, 2)):
        yield bad(f"restart-{which}-as-{number}", "restart marker of a near number", f"RST{which} is RST{number}",
                  restart_renumbered(restarts, which, number))
    yield bad("restart-missing", "restart marker missing", "RST2 is missing", replaced(restarts, b"\xff\xd2", b""))
    yield bad("restart-twice", "restart marker missing", "RST2 twice",
              replaced(restarts, b"\xff\xd2", b"\xff\xd2\xff\xd2"))
    scan = base.index(b"\xff\xda") + 14
    for part in (0.2, 0.5, 0.8):
        at = scan + int((len(base) - scan) * part)
        yield bad(f"bit-flipped-{round(part * 100)}", "flipped bit", f"at {round(part * 100)} % of the scan",
                  flipped(base, at, 8))
        at = scan + int((len(restarts) - scan) * part)
        yield bad(f"restarts-bit-flipped-{round(part * 100)}", "flipped bit, restart markers",
                  f"at {round(part * 100)} % of the scan", flipped(restarts, at, 8))
        at = scan + int((len(base) - scan) * part)
        yield bad(f"byte-lost-{round(part * 100)}", "lost byte", f"at {round(part * 100)} % of the scan",
                  base[:at] + base[at + 1:])
    yield bad("zeros-in-scan", "overwritten", "100 zeros in the scan", patched(base, scan + 200, bytes(100)))
    yield bad("ones-in-scan", "overwritten", "100 times 0xFF in the scan", patched(base, scan + 200, b"\xff" * 100))
    yield bad("no-huffman", "missing tables", "without DHT", without(base, 0xC4))
    yield bad("no-quantisation", "missing tables", "without DQT", without(base, 0xDB))
    yield bad("taller", "wrong sides", "61 x 60 of 47 rows", jpeg_claiming(base, 61, 60))
    yield bad("lower", "wrong sides", "61 x 24 of 47 rows", jpeg_claiming(base, 61, 24))
    yield bad("height-0", "wrong sides", "61 x 0", jpeg_claiming(base, 61, 0))
    yield bad("12-bit", "wrong frame", "precision of 12", jpeg_as(base, precision=12))
    for sof, name in ((0xC3, "lossless"), (0xC5, "differential"), (0xC2, "progressive")):
        yield bad(f"frame-{name}", "wrong frame", f"baseline named {name}", jpeg_as(base, sof=sof))
    yield bad("scan-twice", "a scan twice", "the scan of a baseline file again", last_scan_repeated(base, 2))
    yield bad("start-twice", "wrong markers", "SOI twice", base[:2] + base)
    yield bad("segment-too-long", "wrong markers", "APP0 with a length beyond the file", patched(base, 4, b"\xff\xff"))
    yield bad("segment-of-1", "wrong markers", "APP0 with a length of 1", patched(base, 4, b"\0\1"))
    yield bad("garbage-between", "garbage between markers", "20 bytes before DQT",
              replaced(base, b"\xff\xdb", b"\1" * 20 + b"\xff\xdb"), "colour")
    yield bad("jfif-3", "unknown revision", "JFIF 3.1", replaced(base, b"JFIF\0\1", b"JFIF\0\3"), "colour")
    yield bad("exif-cut", "EXIF that is damaged", "a directory beyond the block",
              behind_start(base, segment(0xE1, b"Exif\0\0" + exif(6)[:14])))
    yield bad("exif-text", "EXIF that is damaged", "no TIFF block",
              behind_start(base, segment(0xE1, b"Exif\0\0nothing")))
    arithmetic = netpbm("-arithmetic")
    yield Entry("arithmetic", "arithmetic coding", "pnmtojpeg -arithmetic", arithmetic)
    yield bad("start-alone", "truncated", "SOI and EOI alone", base[:2] + END)
    yield bad("headers-alone", "truncated", "no scan at all", base[:base.index(b"\xff\xda")] + END)


def files() -> list[Entry]:
    return [*of_colors(), *subsampled(), *of_scans(), *with_markers(), *damaged()]
