#!/usr/bin/python3
"""What the Python module refuses, that its errors show no URL, and that it needs OpenCV for the file formats alone.

Exit code 0 when all is as it should be.
"""

import importlib
import ssl
import sys
import traceback
import unittest
from pathlib import Path

import cv2
import numpy as np
import pika.exceptions

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "python"))
sys.path.insert(0, str(Path(__file__).parents[1] / "data" / "hostile"))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from bodies import all_bodies  # noqa: E402
from image_files import ihdr, png  # noqa: E402
from matmq import ChannelError, ConnectionFailed, ImageError, Limits, Producer  # noqa: E402
from matmq import image as images  # noqa: E402
from matmq.errors import explained  # noqa: E402
from matmq.formats import USUAL_FORMATS, format_of, size_of  # noqa: E402

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
DEPTHS = ("u1", "i1", "u2", "i2", "i4", "f4", "f8")
HOLDS = {".png": (("u1", "u2"), (1, 3, 4)), ".jpg": (("u1",), (1, 3)), ".webp": (("u1",), (1, 3, 4)),
         ".bmp": (("u1",), (1, 3, 4)),
         ".tiff": (("u1", "u2", "f4"), (1, 3, 4)), ".tif": (("u1", "u2", "f4"), (1, 3, 4)),
         ".pnm": (("u1", "u2"), (1, 3)),
         ".pgm": (("u1", "u2"), (1,)), ".ppm": (("u1", "u2"), (3,))}


def bomb() -> bytes:
    """A PNG whose header says 65535 x 65535 in a few bytes."""
    return png(ihdr(65535, 65535))


class Refusals(unittest.TestCase):
    def test_a_format_refuses_what_it_cannot_hold_by_name(self) -> None:
        for encoding, (depths, counts) in HOLDS.items():
            for code in DEPTHS:
                for channels in (1, 2, 3, 4, 5):
                    image = np.zeros((4, 6) if channels == 1 else (4, 6, channels), code)
                    if code in depths and channels in counts:
                        self.assertGreater(len(images.encode(image, encoding)[0]), 0)
                    else:
                        with self.assertRaisesRegex(ImageError, "expected CV_8U.* but received CV_"):
                            images.encode(image, encoding)

    def test_raw_takes_all_matrices_and_nothing_else(self) -> None:
        for wrong in (np.zeros((0, 3), "u1"), np.zeros(3, "u1"), np.zeros((1, 1, 1, 1), "u1"), np.zeros((1, 1), "f2"),
                      np.zeros((1, 1), "u4"), np.zeros((1, 1), "c8"), np.zeros((1, 1, 513), "u1")):
            with self.assertRaises(ImageError):
                images.encode(wrong, "raw")
        with self.assertRaisesRegex(ImageError, "no parameters"):
            images.encode(np.zeros((1, 1), "u1"), "raw", [cv2.IMWRITE_JPEG_QUALITY, 1])
        big_endian = np.arange(6, dtype=">u2").reshape(2, 3)
        body, headers = images.encode(big_endian, "raw")
        self.assertTrue(np.array_equal(images.decode_raw(body, headers), big_endian))

    def test_sizes_are_read_from_the_header_of_every_format(self) -> None:
        for path in sorted(PHOTOS.glob("*.[pj][np]g")):
            body = path.read_bytes()
            self.assertEqual(size_of(body, format_of(body))[:2], cv2.imread(str(path)).shape[:2])
        image = np.random.default_rng(1).integers(0, 255, (21, 34, 4), "u1")
        for encoding, params in ((".png", []), (".bmp", []), (".webp", []), (".webp", [cv2.IMWRITE_WEBP_QUALITY, 50])):
            for channels in (1, 3, 4):
                part = image[:, :, 0] if channels == 1 else image[:, :, :channels]
                body = cv2.imencode(encoding, part, params)[1].tobytes()
                self.assertEqual(size_of(body, encoding)[:2], (21, 34), (encoding, channels))
        # A progressive one at 4:2:0 holds one and a half samples a pixel, of 2 bytes each, beside the pixels.
        for params, pixel_bytes in (([], 3), ([cv2.IMWRITE_JPEG_PROGRESSIVE, 1], 6)):
            body = cv2.imencode(".jpg", image[:, :, :3], params)[1].tobytes()
            self.assertEqual(size_of(body, ".jpg"), (21, 34, pixel_bytes))
            with self.assertRaisesRegex(ImageError, "arithmetic"):
                size_of(body.replace(b"\xff\xc0", b"\xff\xc9").replace(b"\xff\xc2", b"\xff\xca"), ".jpg")

    def test_every_hostile_body_that_is_beyond_the_limits_is_refused_before_it_is_decoded(self) -> None:
        large = [hostile for hostile in all_bodies() if hostile.code == "LIMIT_EXCEEDED" and hostile.bare]
        self.assertGreater(len(large), 15)
        for hostile in large:
            if "scans" in hostile.name or "buffers" in hostile.name:  # that is between libjpeg, libpng and MatMQ
                continue
            with self.subTest(hostile.name), self.assertRaises(ImageError):
                images.decode(hostile.body, None, {})

    def test_tiff_and_pnm_are_decoded_where_they_are_named(self) -> None:
        image = np.random.default_rng(1).integers(0, 255, (21, 34, 4), "u1")
        for encoding, kind, channels, code in ((".tiff", ".tiff", 1, "u1"), (".tif", ".tiff", 4, "u2"),
                                               (".tiff", ".tiff", 3, "f4"),
                                               (".pgm", ".pnm", 1, "u2"), (".ppm", ".pnm", 3, "u1"),
                                               (".pnm", ".pnm", 3, "u2")):
            part = (image[:, :, 0] if channels == 1 else image[:, :, :channels]).astype(code)
            body, _ = images.encode(part, encoding)
            self.assertEqual(size_of(body, kind)[:2], (21, 34))
            with self.assertRaisesRegex(ImageError, f"received {kind}: name it in formats"):
                images.decode(body, None, {})
            self.assertTrue(np.array_equal(images.decode(body, None, {}, formats=(kind,)), part))
            with self.assertRaisesRegex(ImageError, "at most 713 pixels"):
                images.decode(body, None, {}, Limits(pixels=713), (kind,))
            for size in range(8):
                with self.assertRaises(ImageError):
                    images.decode(body[:size], None, {}, formats=(kind,))

    def test_limits_are_held_before_anything_is_decoded(self) -> None:
        with self.assertRaisesRegex(ImageError, "at most 134217728 pixels"):
            images.decode(bomb(), None, {})
        body, headers = images.encode(np.zeros((10, 10, 3), "u1"), "raw")
        for limits in (Limits(pixels=99), Limits(decoded_bytes=299)):
            with self.assertRaisesRegex(ImageError, "expected at most"):
                images.decode_raw(body, headers, limits)
        self.assertEqual(images.decode_raw(body, headers, Limits(100, 300)).shape, (10, 10, 3))
        for rows in (0, -1, 2**31, 2**62, 10**30):
            with self.assertRaises(ImageError):
                images.decode_raw(body, {**headers, "mat-rows": rows})

    def test_every_truncation_is_an_error_of_ours(self) -> None:
        for encoding, (_, counts) in HOLDS.items():
            shape = (9, 7, 3) if 3 in counts else (9, 7)
            whole, _ = images.encode(np.random.default_rng(2).integers(0, 255, shape, "u1"), encoding)
            for length in range(min(len(whole), 40)):
                with self.assertRaises(ImageError):
                    images.decode(whole[:length], None, {}, formats=(*USUAL_FORMATS, ".tiff", ".pnm"))

    def test_a_url_that_cannot_be_read_is_not_shown(self) -> None:
        for url in ("amqp://me:s3cret/x@127.0.0.1:1", "amqp://me:s3cret#x@127.0.0.1:1", "s3cret://me@127.0.0.1"):
            try:
                Producer(url)
                self.fail("it was read")
            except ValueError as error:
                self.assertNotIn("s3cret", "".join(traceback.format_exception(error)).replace(url, ""))

    def test_errors_of_pika_and_of_the_system_say_what_to_do(self) -> None:
        for error, kind, words in (
            (pika.exceptions.ProbableAuthenticationError("403"), ConnectionFailed, "user and password"),
            (pika.exceptions.ProbableAccessDeniedError("530"), ConnectionFailed, "virtual host"),
            (pika.exceptions.ChannelClosedByBroker(406, "PRECONDITION_FAILED"), ChannelError,
             "406 PRECONDITION_FAILED"),
            (ssl.SSLError("unknown authority"), ConnectionFailed, "TLS"),
            (pika.exceptions.AMQPConnectionError(), ConnectionFailed, "Is the broker running"),
            (OSError("no such host"), ConnectionFailed, "no such host"),
        ):
            found = explained(error, "broker:5672")
            self.assertIs(type(found), kind)
            self.assertIs(found.__cause__, error)
            self.assertRegex(str(found), f"broker:5672.*{words}|{words}.*broker:5672")
        with self.assertRaisesRegex(ConnectionFailed, "no connection to 127.0.0.1:1: .*refused.*Is the broker running"):
            Producer("amqp://127.0.0.1:1")

    def test_a_format_has_each_of_its_names(self) -> None:
        image = np.zeros((2, 3, 3), "u1")
        for name, kind in (("jpg", "image/jpeg"), (".JPEG", "image/jpeg"), ("tif", "image/tiff"),
                           ("raw", "application/x-cv-mat")):
            body, headers = images.encode(image, name)
            self.assertEqual(images.content_type(name), kind)
            self.assertEqual(images.decode(body, kind, headers, formats=("jpeg", ".TIF")).shape, (2, 3, 3))
        body, _ = images.encode(image, "ppm")
        self.assertEqual(images.decode(body, None, {}, formats=["pbm"]).shape, (2, 3, 3))
        for formats, error in (("png", TypeError), (("gif",), ValueError), ((5,), ValueError)):
            with self.assertRaises(error):
                images.decode(body, None, {}, formats=formats)

    def test_what_is_no_matrix_is_a_type_error(self) -> None:
        for image, words in ((None, "None: cv2.imread"), ("photo.jpg", "str: cv2.imread"), ([[1]], "list")):
            with self.assertRaisesRegex(TypeError, words):
                images.encode(image, ".png")

    def test_raw_needs_no_opencv(self) -> None:
        for name in [name for name in sys.modules if name.startswith("matmq")]:
            del sys.modules[name]
        cv2_module = sys.modules["cv2"]
        sys.modules["cv2"] = None
        try:
            without = importlib.import_module("matmq.image")
            body, headers = without.encode(np.ones((2, 3), "f4"), "raw")
            self.assertEqual(without.decode(body, "application/x-cv-mat", headers).sum(), 6)
            with self.assertRaisesRegex(Exception, "need OpenCV"):
                without.encode(np.ones((2, 3), "u1"), ".png")
        finally:
            sys.modules["cv2"] = cv2_module


if __name__ == "__main__":
    unittest.main()
