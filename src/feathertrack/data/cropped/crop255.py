"""The crops of FDSiamFC: ``<sequence>/*.jpg`` of 255 pixels and three pickles per sequence.

``noisy_label.txt`` holds eight boolean arrays (a frame is used where all are true),
``target_wh.txt`` the size of the target in every crop; both are pickles in spite of their names.
Whole-set files such as ``got10k_meta.pckl`` hold the same as lists in the order of ``list.txt``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feathertrack.data.cropped.pickles import read_arrays
from feathertrack.data.cropped.source import CropFolder, cached_table, stamp_of
from feathertrack.data.cropped.table import TrackTable, build_table
from feathertrack.errors import InputError

SIDE = 255
_WHOLE = ("got10k_meta.pckl", "ilsvrc15_meta.pickl", "TrackingNet_meta.pickl")


def open_crop255(root: Path, *, cache: Path | None = None) -> CropFolder:
    """Open a set of FDSiamFC's.

    Args:
        root: folder that holds ``list.txt`` and one folder per sequence.
        cache: folder of the table that is made of the pickles.

    Raises:
        InputError: no ``list.txt``, a pickle that is missing or holds something else, or no crop.
    """
    listing = root / "list.txt"
    if not listing.is_file():
        raise InputError(
            f"{listing} is missing: expected FDSiamFC's crops, a folder per sequence and their "
            f"names in list.txt"
        )
    names = listing.read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    names = [name.strip() for name in names if name.strip()]
    for name in names:
        if name in ("..", ".") or "/" in name or "\\" in name:
            raise InputError(f"{listing} names {name!r}, which is no folder beside it")
    whole = next((root / name for name in _WHOLE if (root / name).is_file()), None)
    stamps = [stamp_of(path) for path in (listing, whole) if path is not None]
    stamps += [stamp_of(path) for path in _pickles(root, names)]
    table = cached_table(
        "crop255 " + "\n".join(stamps),
        lambda: build_table(_tracks(root, names, whole), what=str(root)),
        cache=cache,
    )
    return CropFolder(root, table, side=SIDE, file=crop_file, name=f"crop255 {root.name}")


def crop_file(folder: CropFolder, track: int, i: int) -> Path:
    """``<sequence>/<file>``; a track is named after its file names."""
    table: TrackTable = folder.table
    digits, suffix = table.tracks[track].split(" ", 1)
    frame = int(table.frames[table.crops_of(track)[i]])
    return folder.root / table.videos[table.video_of(track)] / f"{frame:0{int(digits)}d}{suffix}"


def _pickles(root: Path, names: list[str]) -> Iterator[Path]:
    for name in names:
        for kind in ("noisy_label.txt", "target_wh.txt"):
            if (root / name / kind).is_file():
                yield root / name / kind


def _tracks(
    root: Path, names: list[str], whole: Path | None
) -> Iterator[tuple[str, str, NDArray[np.int32], NDArray[np.float32]]]:
    content = read_arrays(whole) if whole is not None else None
    for number, name in enumerate(names):
        valid = _valid(
            _of_sequence(root / name / "noisy_label.txt", content, "noisy_label", number)
        )
        sizes = _of_sequence(root / name / "target_wh.txt", content, "target_wh", number)
        sizes = np.asarray(sizes, np.float32)
        if sizes.shape != (len(valid), 2):
            raise InputError(
                f"{root / name}: sizes of shape {sizes.shape} for {len(valid)} frames, "
                f"expected ({len(valid)}, 2)"
            )
        sound = np.isfinite(sizes).all(axis=1) & (sizes > 0).all(axis=1)
        yield from _groups(root / name, name, np.asarray(valid & sound), sizes)


def _of_sequence(path: Path, content: Any, key: str, number: int) -> Any:
    if path.is_file():
        return read_arrays(path)
    try:
        return content[key][number]
    except (TypeError, KeyError, IndexError) as error:
        raise InputError(f"{path} is missing, and no file of the whole set has it") from error


def _valid(labels: Any) -> NDArray[np.bool_]:
    try:
        stacked = np.stack([np.asarray(one, bool).reshape(-1) for one in labels])
    except (TypeError, ValueError) as error:
        raise InputError("labels of frames are not eight arrays of the same length") from error
    return np.asarray(stacked.all(axis=0), bool)


def _groups(
    folder: Path, name: str, valid: NDArray[np.bool_], sizes: NDArray[np.float32]
) -> Iterator[tuple[str, str, NDArray[np.int32], NDArray[np.float32]]]:
    """Tracks of a sequence: one, as all its files are named alike."""
    files = _numbered(folder)
    if not files:
        return
    digits, suffix = _shape_of_names(files, folder)
    numbers = np.array(sorted(files), np.int32)
    # LaSOT has crops of visible frames only and counts from 1; elsewhere the n-th file is frame n.
    places = np.arange(len(numbers)) if len(numbers) == len(valid) else numbers - 1
    if places[0] < 0 or places[-1] >= len(valid):
        raise InputError(
            f"{folder} has {len(numbers)} crops up to number {numbers[-1]} but labels of "
            f"{len(valid)} frames"
        )
    kept = valid[places]
    if kept.any():
        yield name, f"{digits} {suffix}", numbers[kept], sizes[places[kept]]


def _numbered(folder: Path) -> Mapping[int, Path]:
    files = (path for path in folder.glob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    return {int(path.stem): path for path in files if path.stem.isascii() and path.stem.isdigit()}


def _shape_of_names(files: Mapping[int, Path], folder: Path) -> tuple[int, str]:
    first = files[min(files)]
    digits = len(first.stem)
    for number, path in files.items():
        if path.name != f"{number:0{digits}d}{first.suffix}":
            raise InputError(f"{folder} names its crops in two ways: {first.name} and {path.name}")
    return digits, first.suffix
