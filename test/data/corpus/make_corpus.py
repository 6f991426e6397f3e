#!/usr/bin/python3
"""Image files of every kind that docs/api.md names, and their damages.

    make_corpus.py write <folder>
        the files, and index.json: for each its name, format, kind, whether it is damaged, how it was made, and which
        sound file shows the same colours, if one is to

Everything follows from these scripts and the programs that they call: there is nothing random in it.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

FORMATS = ("png", "jpeg", "webp", "bmp", "tiff", "pnm")


def file_name(file_format: str, name: str) -> str:
    return f"{file_format}-{name}.{file_format}"


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    index = []
    for file_format in FORMATS:
        began = time.monotonic()
        entries = importlib.import_module(f"{file_format}_files").files()
        names = [entry.name for entry in entries]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"{file_format}: names that are there twice: {sorted(twice)}")
        unknown = {entry.same_as for entry in entries} - {"", *names}
        if unknown:
            raise ValueError(f"{file_format}: no such files: {sorted(unknown)}")
        for entry in entries:
            name = file_name(file_format, entry.name)
            (folder / name).write_bytes(entry.body)
            index.append({"name": name, "format": file_format, "kind": entry.kind,
                          "state": "damaged" if entry.damaged else "sound", "made": entry.made,
                          **({"sameAs": file_name(file_format, entry.same_as)} if entry.same_as else {})})
        print(f"{file_format}: {len(entries)} files in {time.monotonic() - began:.1f} s")
    (folder / "index.json").write_text(json.dumps(index, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    command, argument = sys.argv[1:]
    if command != "write":
        sys.exit(__doc__)
    write(Path(argument))
