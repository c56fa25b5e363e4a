"""Folders of a set that is made here: each appears whole, by one rename, or not at all."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.lock import exclusive
from feathertrack.video.frames import Image
from feathertrack.video.outfiles import make_folder, write_atomically, writing

PLAN = "plan.json"
_BUILDING = ".building"
_LOCK = ".lock"


@contextmanager
def making_set(output: Path, plan: Mapping[str, object], *, names: str) -> Iterator[None]:
    """Hold the folder of a set for the length of a ``with`` block.

    What a killed run left half done is removed before; folders that are whole stay.

    Args:
        output: the folder, made where it is missing.
        plan: what the content depends on; with another plan in the folder nothing is done.
        names: what such a folder holds, for messages.

    Raises:
        InputError: the folder holds something else, or another process works there.
    """
    with writing(output):
        if output.is_dir() and not (output / PLAN).is_file():
            _refuse_strangers(output, names=names)
        make_folder(output)
        with exclusive(output / _LOCK) as held:
            if not held:
                raise InputError(f"another process writes to {output}: wait for it")
            if (output / PLAN).is_file():
                _check_same(output / PLAN, plan, names=names)
            else:
                write_atomically(output / PLAN, [json.dumps(plan, indent=1), "\n"])
            building = output / _BUILDING
            shutil.rmtree(building, ignore_errors=True)
            building.mkdir(exist_ok=True)
            try:
                yield
            finally:
                shutil.rmtree(building, ignore_errors=True)


def _refuse_strangers(output: Path, *, names: str) -> None:
    strangers = [one.name for one in output.iterdir() if not one.name.startswith(".")]
    if strangers:
        raise InputError(f"{output} is not empty and holds no {names}: name another folder")


def _check_same(path: Path, plan: Mapping[str, object], *, names: str) -> None:
    before = read_json(path)
    for key, value in plan.items():
        if before.get(key) != value:
            what = f"{key} {before.get(key)!r}, not {value!r}"
            if key == "photographs":
                what = "other photographs or masks"
            raise InputError(
                f"{path.parent} holds {names} of {what}: remove it or name another folder"
            )


@contextmanager
def growing_folder(output: Path, name: str) -> Iterator[Path]:
    """A new folder that becomes ``output / name`` if nothing fails.

    Raises:
        InputError: it cannot be written, as the disk is full.
    """
    growing = output / _BUILDING / f"{name[:80]}-{secrets.token_hex(4)}"
    with writing(output / name):
        growing.mkdir(parents=True)
        try:
            yield growing
            os.replace(growing, output / name)  # noqa: PTH105 (a folder)
        finally:
            shutil.rmtree(growing, ignore_errors=True)


def write_jpeg(path: Path, image: Image, *, quality: int) -> None:
    """Write an RGB picture (H, W, 3)."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done, f"OpenCV writes pictures of shape {image.shape} as JPEG"
    path.write_bytes(data.tobytes())


def box_lines(boxes: Boxes) -> str:
    """A line of x,y,w,h for each of the boxes (N, 4), ``nan`` where there is none.

    >>> box_lines(np.array([[1.0, 2, 3, 4.5]])).strip()
    '1.00,2.00,3.00,4.50'
    """
    return "".join(",".join(f"{value:.2f}" for value in row) + "\n" for row in boxes.tolist())


def read_json(path: Path) -> dict[str, Any]:
    """An object out of a file that was written here.

    Raises:
        InputError: it is damaged.
    """
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged: remove its folder and make it again") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} is damaged: remove its folder and make it again")
    return content


def rounded(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[float]:
    """Numbers for a file in JSON."""
    return [round(value, 3) for value in values.tolist()]
