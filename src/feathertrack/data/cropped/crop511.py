"""The crops of pysot: ``crop511/<video>/<frame>.<track>.x.jpg`` and a json of boxes.

Every crop is 511 pixels wide, the target in its middle at the scale of a template of 127 pixels.
The json holds {video: {track: {frame: [x1, y1, x2, y2] or [w, h]}}}, in pixels of the full frame;
the size in the crop follows from width and height alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feathertrack.data.cropped.source import CropFolder, cached_table, stamp_of
from feathertrack.data.cropped.table import TrackTable, build_table
from feathertrack.errors import InputError

SIDE = 511
TEMPLATE = 127


def open_crop511(root: Path, split: str = "train", *, cache: Path | None = None) -> CropFolder:
    """Open a set of pysot's.

    Args:
        root: folder that holds ``crop511`` and the json files.
        split: the json: ``train`` is ``train.json``, or the only one whose name starts so.
        cache: folder of the table that is made of the json.

    Raises:
        InputError: no such folder or json, or no boxes in it.
    """
    crops = root / "crop511"
    if not crops.is_dir():
        raise InputError(f"{root} holds no folder crop511: expected the layout that pysot makes")
    path = _find_json(root, split)
    table = cached_table(
        f"crop511 {stamp_of(path)}",
        lambda: build_table(_tracks(_read(path)), what=str(path)),
        cache=cache,
    )
    return CropFolder(crops, table, side=SIDE, file=crop_file, name=f"crop511 {root.name}")


def crop_file(folder: CropFolder, track: int, i: int) -> Path:
    """``<video>/<frame, six digits>.<track>.x.jpg``."""
    table: TrackTable = folder.table
    frame = int(table.frames[table.crops_of(track)[i]])
    video = table.videos[table.video_of(track)]
    return folder.root / video / f"{frame:06d}.{table.tracks[track]}.x.jpg"


def _find_json(root: Path, split: str) -> Path:
    exact = root / (split if split.endswith(".json") else f"{split}.json")
    found = [exact] if exact.is_file() else sorted(root.glob(f"{split}*.json"))
    if len(found) == 1:
        return found[0]
    there = ", ".join(path.name for path in sorted(root.glob("*.json"))) or "none"
    raise InputError(f"{root} has no json for the split {split!r}; its json files: {there}")


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as json: {error}") from error
    if not isinstance(content, dict) or not all(isinstance(one, dict) for one in content.values()):
        raise InputError(
            f"{path} is no json of pysot: expected {{video: {{track: {{frame: box}}}}}}"
        )
    return content


def _tracks(
    content: dict[str, Any],
) -> Iterator[tuple[str, str, NDArray[np.int32], NDArray[np.float32]]]:
    for video, tracks in content.items():
        if ".." in video.split("/") or video.startswith(("/", "\\")) or ":" in video:
            raise InputError(f"the video {video!r} lies outside of the folder of crops")
        for name, boxes in tracks.items():
            if not isinstance(boxes, dict) or "/" in name or "\\" in name:
                continue
            kept = sorted(_sizes(boxes))
            if kept:
                frames = np.array([frame for frame, _ in kept], np.int32)
                yield video, name, frames, _in_crop(np.array([size for _, size in kept]))


def _sizes(boxes: dict[str, Any]) -> Iterator[tuple[int, tuple[float, float]]]:
    for frame, box in boxes.items():
        if not (frame.isascii() and frame.isdigit() and len(frame) < 10):
            continue  # pysot keeps lists of its own among the frames
        try:
            numbers = [float(number) for number in box]
        except (TypeError, ValueError):
            continue
        if len(numbers) == 4:
            numbers = [numbers[2] - numbers[0], numbers[3] - numbers[1]]
        if len(numbers) == 2 and all(0 < number < 1e6 for number in numbers):
            yield int(frame), (numbers[0], numbers[1])


def _in_crop(sizes: NDArray[np.float64]) -> NDArray[np.float32]:
    """Width and height of a target (k, 2) at the scale where its context is 127 pixels."""
    border = sizes.sum(axis=1, keepdims=True) / 2
    side = np.sqrt((sizes + border).prod(axis=1, keepdims=True))
    return np.asarray(sizes * TEMPLATE / side, np.float32)
