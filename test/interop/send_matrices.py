#!/usr/bin/python3
"""Sends every kind of matrix raw, then the end of transmission.

send_matrices.py <url> <exchange> <rows> <cols> <channels,...>

Byte i of a matrix of OpenCV's depth d is (i * 7 + d) mod 256; every second matrix is a part of a larger one.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "python"))
from matmq import Producer  # noqa: E402

DEPTHS = ("u1", "i1", "u2", "i2", "i4", "f4", "f8")

url, exchange, rows, cols, counts = sys.argv[1:]
rows, cols = int(rows), int(cols)
with Producer(url, "sender in Python", exchange=exchange, exchange_type="fanout") as producer:
    for depth, code in enumerate(DEPTHS):
        for channels in map(int, counts.split(",")):
            dtype = np.dtype(f"<{code}")
            size = rows * cols * channels * dtype.itemsize
            data = ((np.arange(size) * 7 + depth) % 256).astype("u1").view(dtype)
            image = data.reshape((rows, cols) if channels == 1 else (rows, cols, channels))
            producer.send_image(image, "raw")
            larger = np.zeros((rows + 3, cols + 5, *image.shape[2:]), dtype)
            larger[2:-1, 1:-4] = image
            producer.send_image(larger[2:-1, 1:-4], "raw")
    producer.send_eot()
