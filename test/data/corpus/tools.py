"""The programs that make files: each is run in a folder of its own, and the file it leaves is read."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

# ImageMagick writes the time of the making into a file unless it is told one; threads change nothing that is written,
# but take time to start.
ENVIRONMENT = {**os.environ, "SOURCE_DATE_EPOCH": "0", "MAGICK_THREAD_LIMIT": "1", "TZ": "UTC", "LC_ALL": "C"}
CONVERT = "/usr/bin/convert"  # ImageMagick's; other programs have the name, too


def run(command: list[str], inputs: dict[str, bytes], output: str | None = None) -> bytes:
    """Writes the inputs, runs the command beside them, and returns the output file, or what it printed."""
    with tempfile.TemporaryDirectory(prefix="matmq-corpus-") as folder:
        for name, body in inputs.items():
            (Path(folder) / name).write_bytes(body)
        done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.decode(errors='replace')[-2000:]}")
        return done.stdout if output is None else (Path(folder) / output).read_bytes()


def convert(body: bytes, extension: str, *options: str, prefix: str = "") -> bytes:
    """ImageMagick, from PNM bytes; `prefix` names the format's variant, such as "PNG8:"."""
    return run([CONVERT, "in.pnm", *options, "-strip", "-define", "png:exclude-chunks=date,time",
                f"{prefix}out.{extension}"], {"in.pnm": body}, f"out.{extension}")


def ffmpeg(body: bytes, extension: str, *options: str) -> bytes:
    """ffmpeg, from PNM bytes, with what would name its version left out."""
    exact = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-threads", "1"]
    return run(["ffmpeg", "-v", "error", "-f", "image2pipe", "-c:v", "ppm", "-i", "in.ppm", *exact, *options,
                f"out.{extension}"], {"in.ppm": body}, f"out.{extension}")
