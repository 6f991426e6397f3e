#!/usr/bin/python3
"""What OpenCV itself makes of image files: for each, the SHA-256 of its pixels and of those of its JPEG, as JSON."""

import hashlib
import json
import sys

import cv2
import numpy as np


def sha256(image: np.ndarray) -> str:
    return hashlib.sha256(image.tobytes()).hexdigest()


def reference(path: str) -> dict:
    image = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    jpeg = cv2.imdecode(cv2.imencode(".jpg", image)[1], cv2.IMREAD_UNCHANGED)
    return {"path": path, "rows": image.shape[0], "cols": image.shape[1], "sha256": sha256(image),
            "jpeg": {"sha256": sha256(jpeg), "psnr": cv2.PSNR(image, jpeg)}}


print(json.dumps([reference(path) for path in sys.argv[1:]]))
