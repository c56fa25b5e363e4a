"""The VOT challenges 2013 to 2022, short-term and long-term.

``list.txt`` names the sequences. A sequence has ``groundtruth.txt`` (a region a line),
``color/%08d.jpg`` (older archives: the pictures beside the ground truth), flags a frame in
``*.tag`` and, from 2020 on, ``anchor.value`` and, where pixels do not count, the object ``_ignore``
in ``groundtruth__ignore.txt``; a file ``sequence`` says where the pictures are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.bundled import bundled_list, names_of, protocol_of
from feathertrack.benchmarks.files import Files
from feathertrack.benchmarks.layout import (
    child,
    count_known,
    file_names,
    find_root,
    first_file,
    frames_of,
    numbered_pictures,
    subfolders,
)
from feathertrack.benchmarks.regions import Regions, read_regions
from feathertrack.benchmarks.sequence import Flags, Sequence
from feathertrack.benchmarks.truth import same_length
from feathertrack.errors import InputError
from feathertrack.textrows import parse_rows, read_bytes

VERSIONS = ("pysot", "toolkit")
TREE = "list.txt and <sequence>/{groundtruth.txt, color/00000001.jpg}"
_IGNORED = "groundtruth__ignore.txt"
_FLAGS = (".tag", ".label")


@dataclass(frozen=True)
class VotReader:
    """Reads one sequence.

    Attributes:
        root: the folder of the sequences.
        pad: rows that the ground truth lacks are absent targets, as the VOT toolkit takes it.
    """

    root: Path
    pad: bool

    def files(self, name: str) -> Files:
        """Where the sequence lies."""
        folder = child(self.root, name)
        own = read_properties(folder / "sequence")
        pictures, pattern = _pictures(folder, own)
        length = own.get("length", "")
        numbers = range(1, int(length) + 1) if length.isdecimal() and int(length) else None
        truth = first_file(folder / "groundtruth.txt", *_objects(folder))
        return Files(truth=truth, frames=pictures, pattern=pattern, numbers=numbers)

    def load(self, name: str) -> Sequence:
        """Read its ground truth, tags and anchors."""
        files = self.files(name)
        folder = files.truth.parent
        own = read_properties(folder / "sequence")
        if files.truth.name != "groundtruth.txt":
            _check_one_object(folder)
        regions = read_regions(files.truth)
        numbers = files.numbers or _numbers(files)
        if self.pad:
            regions = regions.padded(len(numbers))
        frames = frames_of(files.frames, numbers or range(1, len(regions.rows) + 1), files.pattern)
        truth, frames, notes = same_length(regions.rows, frames, path=files.truth)
        return Sequence(
            name=name,
            frames=frames,
            truth=truth,
            absent=regions.absent[: len(truth)],
            masks=regions.masks and regions.masks[: len(truth)],
            ignored=_ignored(folder / _IGNORED, length=len(truth)),
            frame_attributes=_tags(folder, length=len(truth)),
            anchors=_anchors(folder / "anchor.value", length=len(truth)),
            size_wh=_size(own),
            fps=_positive(own.get("fps", "")),
            notes=notes,
        )


def _objects(folder: Path) -> list[Path]:
    """Files of the objects of a sequence; an id that begins with _ is no object to follow."""
    paths = sorted(folder.glob("groundtruth_*.txt"))
    return [path for path in paths if not path.name.startswith("groundtruth__")]


def _check_one_object(folder: Path) -> None:
    """Refuse sequences of VOTS, as if their first object were all.

    Raises:
        InputError: there are several objects.
    """
    names = [path.name for path in _objects(folder)]
    if len(names) > 1:
        shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        raise InputError(
            f"{folder} has {len(names)} objects ({shown}): sequences of several objects, as VOTS "
            "has from 2023 on, are not supported; groundtruth.txt with the regions of one is read"
        )


def _ignored(path: Path, *, length: int) -> Regions | None:
    """Regions that do not count, one for each frame; None where there is no such file."""
    if not path.is_file():
        return None
    return read_regions(path).padded(length).cut(length)


def read_properties(path: Path) -> Mapping[str, str]:
    """The ``key=value`` lines of a file ``sequence``; nothing where there is no such file."""
    if not path.is_file():
        return {}
    lines = read_bytes(path).decode("utf-8", "replace").splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _pictures(folder: Path, own: Mapping[str, str]) -> tuple[Path, str]:
    """The folder of the pictures and the pattern of their names.

    A pattern that leaves the sequence's own folder is not followed.
    """
    if own:
        pattern = PurePosixPath(own.get("channels.color", "color/%08d.jpg"))
        if not pattern.suffix:
            pattern = pattern / "%08d.jpg"
        if pattern.is_absolute() or ".." in pattern.parts or "%" not in pattern.name:
            raise InputError(f"{folder / 'sequence'}: channels.color={pattern} is no picture name")
        return folder / pattern.parent, pattern.name
    color = folder / "color"
    return color if color.is_dir() else folder, "%08d.jpg"


def _numbers(files: Files) -> range:
    """The numbers of all pictures of the folder, as the VOT toolkit counts them."""
    found = numbered_pictures(files.frames)
    return range(min(found), max(found) + 1) if found else range(0)


def _size(own: Mapping[str, str]) -> tuple[int, int] | None:
    width, height = (_positive(own.get(key, "")) for key in ("width", "height"))
    return (int(width), int(height)) if width and height else None


def _positive(text: str) -> float | None:
    try:
        return float(text) if float(text) > 0 else None
    except ValueError:
        return None


def _tags(folder: Path, *, length: int) -> dict[str, Flags]:
    """Flags by the name of their file, padded with false."""
    names = [name for name in file_names(folder) if name.endswith(_FLAGS)]
    return {Path(name).stem: _padded(folder / name, length=length) != 0 for name in names}


def _anchors(path: Path, *, length: int) -> NDArray[np.int64] | None:
    return np.sign(_padded(path, length=length)).astype(np.int64) if path.is_file() else None


def _padded(path: Path, *, length: int) -> NDArray[np.float64]:
    values = np.zeros(length)
    if path.stat().st_size:
        read = parse_rows(path).reshape(-1)[:length]
        values[: len(read)] = np.nan_to_num(read)
    return values


def open_vot(name: str, root: str | Path, *, version: str | None = None) -> Benchmark:
    """A VOT challenge: ``vot2013`` to ``vot2022``, ``votlt2018``, ``votlt2019``.

    Args:
        name: of the challenge.
        root: the folder of ``list.txt``, or the workspace whose folder ``sequences`` it is in.
        version: what becomes of frames beyond the ground truth: ``pysot`` leaves them out (default
            up to 2019), ``toolkit`` calls their target absent (from 2020 on).

    Raises:
        InputError: no such version, or no sequence in the root.
    """
    if version not in (None, *VERSIONS):
        raise InputError(f"{name} has no version {version!r}: use {' or '.join(VERSIONS)}")
    bundled = names_of(name)
    known = count_known(bundled)
    found = find_root(
        root,
        marks=lambda folder: known(folder) or int((folder / "list.txt").is_file()),
        name=name,
        expected=TREE,
    )
    names, notes = _names(found.root, bundled)
    late = protocol_of(name) == "vot_multistart"
    return Benchmark(
        name=name,
        tree=TREE,
        root=found.root,
        names=names,
        reader=VotReader(
            found.root, pad=(version or ("toolkit" if late else "pysot")) == "toolkit"
        ),
        verified=set(names) == set(bundled),
        settings=_settings(name),
        notes=(*found.notes, *notes),
    )


def _names(root: Path, bundled: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names in the order of ``list.txt``, else as bundled, else what is there."""
    path = root / "list.txt"
    if not path.is_file():
        return bundled or tuple(subfolders(root)), ()
    text = read_bytes(path).decode("utf-8", "replace")
    names = tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    unsafe = [name for name in names if Path(name).name != name]
    if unsafe or not names:
        raise InputError(f"{path}: {unsafe[0] if unsafe else 'it'} names no sequence")
    added, left_out = set(names) - set(bundled), set(bundled) - set(names)
    if not (bundled and (added or left_out)):
        return names, ()
    said = [f"{len(added)} more, as {min(added)}"] if added else []
    said += [f"{len(left_out)} fewer, without {min(left_out)}"] if left_out else []
    return names, (f"{path} names other sequences than the challenge: {'; '.join(said)}",)


def _settings(name: str) -> Mapping[str, object]:
    """What the toolkit's stack of the year says; the years of a key are separated by slashes."""
    made: Mapping[str, Mapping[str, object]] = bundled_list("vot").others["settings"]
    wanted = name.replace("votlt", "lt")
    return next((value for key, value in made.items() if wanted in key.split("/")), {})
