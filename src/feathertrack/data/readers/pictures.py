"""Pictures of a training set, found by listing folders: none is decoded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from feathertrack.benchmarks.layout import file_names
from feathertrack.video.headers import picture_size
from feathertrack.video.pictures import PICTURE_SUFFIXES

Sizes = NDArray[np.int32]

_HEADER_BYTES = 1 << 18
_TRIES = 3


def picture_names(folder: Path) -> list[str]:
    """Names of the pictures of a folder, sorted; empty where there is none."""
    return [name for name in file_names(folder) if is_picture_name(name)]


def is_picture_name(name: str) -> bool:
    """Whether a name is that of a picture that can be read, and not hidden."""
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 (millions of names)
    return suffix in PICTURE_SUFFIXES and not name.startswith(".")


def relative(path: Path, root: Path) -> str:
    """A path below the root, with ``/``; "" for the root itself."""
    text = path.relative_to(root).as_posix()
    return "" if text == "." else text


def first_size(root: Path, names: Sequence[str]) -> Sizes | None:
    """Width and height, (1, 2), from the header of the first picture that has one."""
    for name in names[:_TRIES]:
        size = _header_size(root / name)
        if size is not None:
            return np.array([size], np.int32)
    return None


def _header_size(path: Path) -> tuple[int, int] | None:
    try:
        with path.open("rb", buffering=0) as file:
            return picture_size(file.read(_HEADER_BYTES))
    except OSError:
        return None
