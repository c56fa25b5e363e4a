"""GOT-10k (Huang et al., TPAMI 2021).

``<split>/<seq>/%08d.jpg`` with ``groundtruth.txt``, ``meta_info.ini``, ``cover.label`` (0 to 8) and
``absence.label`` beside; the test split has one row of ground truth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.bundled import names_of
from feathertrack.benchmarks.files import Files
from feathertrack.benchmarks.framelist import FolderFrames
from feathertrack.benchmarks.layout import find_root, frames_of
from feathertrack.benchmarks.sequence import Sequence
from feathertrack.benchmarks.truth import read_flags, read_numbers
from feathertrack.errors import InputError
from feathertrack.textrows import parse_rows, read_bytes

_SIZE = re.compile(r"\(\s*(\d+)\s*,\s*(\d+)\s*\)")
_FPS = re.compile(r"(\d+(\.\d+)?)\s*(fps)?", re.IGNORECASE)


@dataclass(frozen=True)
class Got10kReader:
    """Reads one sequence of a split.

    Attributes:
        folder: the split.
    """

    folder: Path

    def files(self, name: str) -> Files:
        """Where the sequence lies."""
        folder = self.folder / name
        extra = tuple(folder / one for one in ("absence.label", "cover.label", "meta_info.ini"))
        truth = folder / "groundtruth.txt"
        return Files(truth=truth, frames=folder, pattern="%08d.jpg", extra=extra)

    def load(self, name: str) -> Sequence:
        """Read its ground truth, and what is known of it besides."""
        files = self.files(name)
        folder = files.frames
        truth = parse_rows(files.truth, columns=4)
        known = read_meta_info(folder / "meta_info.ini")
        size, fps = _SIZE.search(known.get("resolution", "")), _FPS.match(known.get("anno_fps", ""))
        hidden, cover = folder / "absence.label", folder / "cover.label"
        numbers = range(1, len(truth) + 1)
        single = len(truth) == 1
        return Sequence(
            name=name,
            frames=FolderFrames(folder) if single else frames_of(folder, numbers, files.pattern),
            truth=truth,
            absent=read_flags(hidden, length=len(truth))
            if hidden.is_file() and not single
            else np.isnan(truth[:, 0]),
            size_wh=(int(size[1]), int(size[2])) if size else None,
            fps=float(fps[1]) if fps else None,
            cover=_cover(cover, length=len(truth)) if cover.is_file() and not single else None,
            object_class=known.get("object_class", ""),
        )


def read_meta_info(path: Path) -> Mapping[str, str]:
    """The ``key: value`` lines of a ``meta_info.ini``; nothing where there is no such file."""
    if not path.is_file():
        return {}
    lines = read_bytes(path).decode("utf-8", "replace").splitlines()
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _cover(path: Path, *, length: int) -> NDArray[np.uint8]:
    values = read_numbers(path, length=length)
    if not np.isin(values, np.arange(9)).all():
        wrong = int(np.flatnonzero(~np.isin(values, np.arange(9)))[0])
        raise InputError(f"{path}, line {wrong + 1}: {values[wrong]:g} is not one of 0 to 8")
    return values.astype(np.uint8)


def open_got10k(name: str, root: str | Path) -> Benchmark:
    """A split of GOT-10k: ``got10k_train``, ``got10k_val`` or ``got10k_test``.

    Raises:
        InputError: nothing of it in the root.
    """
    split = name.removeprefix("got10k_")
    names = names_of(name)

    def marks(folder: Path) -> int:
        here = folder if folder.name == split else folder / split
        return int((here / "list.txt").is_file() or any((here / one).is_dir() for one in names[:5]))

    expected = f"{split}/{names[0]}/{{00000001.jpg, groundtruth.txt, meta_info.ini}}"
    found = find_root(root, marks=marks, name=name, expected=expected)
    folder = found.root if found.root.name == split else found.root / split
    return Benchmark(
        name=name,
        tree=expected,
        root=found.root,
        names=names,
        reader=Got10kReader(folder),
        notes=found.notes,
    )
