"""LaSOT (Fan et al., CVPR 2019) and its extension (IJCV 2021).

``<class>/<seq>/img/%08d.jpg`` with ``groundtruth.txt``, ``full_occlusion.txt`` and
``out_of_view.txt`` beside; or, without pictures, the ``annos`` of the official evaluation toolkit.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.bundled import bundled_list, names_of
from feathertrack.benchmarks.files import Files
from feathertrack.benchmarks.layout import (
    child,
    count_known,
    find_root,
    first_file,
    frames_of,
    has,
)
from feathertrack.benchmarks.sequence import Flags, Sequence
from feathertrack.benchmarks.truth import read_flags
from feathertrack.textrows import parse_rows

TREE = (
    "<class>/<class>-<k>/{img/00000001.jpg, groundtruth.txt, full_occlusion.txt, out_of_view.txt}"
)
_ABSENCE = ("full_occlusion.txt", "out_of_view.txt")
_LISTS = {"lasot": "lasot", "lasot_all": "lasot", "lasot_ext": "lasot_ext"}


@dataclass(frozen=True)
class LasotReader:
    """Reads one sequence.

    Attributes:
        root: the folder of the classes, or of the sequences.
        listing: name of the bundled list.
    """

    root: Path
    listing: str

    def files(self, name: str) -> Files:
        """Where the sequence lies."""
        folder = child(child(self.root, name.rpartition("-")[0]), name)
        if not folder.is_dir():
            flat = child(self.root, name)
            folder = flat if flat.is_dir() else folder
        annotations = self.root / "annos"
        truth = first_file(folder / "groundtruth.txt", annotations / f"{name}.txt")
        extra = tuple(folder / one for one in _ABSENCE)
        if truth.parent == annotations:
            extra = (annotations / "absent" / truth.name,)
        return Files(truth=truth, frames=folder / "img", pattern="%08d.jpg", extra=extra)

    def load(self, name: str) -> Sequence:
        """Read its ground truth; there is a frame for every row."""
        entry, files = bundled_list(self.listing).entries[name], self.files(name)
        truth = parse_rows(files.truth, columns=4)
        absent, notes = _absence(files.extra, length=len(truth))
        return Sequence(
            name=name,
            frames=frames_of(files.frames, range(1, len(truth) + 1), files.pattern),
            truth=truth,
            origin=1,
            absent=absent,
            attributes=entry.attributes,
            size_wh=entry.size_wh,
            fps=30.0,
            object_class=name.rpartition("-")[0],
            notes=notes,
        )


def _absence(paths: tuple[Path, ...], *, length: int) -> tuple[Flags, tuple[str, ...]]:
    """Absent is what any of the files marks."""
    here = [path for path in paths if path.is_file()]
    absent = np.zeros(length, np.bool_)
    for path in here:
        absent |= read_flags(path, length=length)
    notes = tuple(
        f"{path} is missing: no frame counts as absent by it" for path in paths if path not in here
    )
    return absent, notes


def open_lasot(name: str, root: str | Path) -> Benchmark:
    """LaSOT: ``lasot`` (protocol II, 280), ``lasot_all`` (I, 1400) or ``lasot_ext`` (III, 150).

    Raises:
        InputError: no class or sequence in the root.
    """
    listing = _LISTS[name]
    made = bundled_list(listing)
    names = names_of(name)
    classes = {one.rpartition("-")[0] for one in names}
    known = count_known([*names, *classes])
    annotated = has(f"annos/{names[0]}.txt")

    def marks(folder: Path) -> int:
        return 0 if folder.name in classes else known(folder) + annotated(folder)

    found = find_root(root, marks=marks, name=name, expected=TREE)
    return Benchmark(
        name=name,
        tree=TREE,
        root=found.root,
        names=names,
        reader=LasotReader(found.root, listing),
        attributes=made.attributes,
        notes=found.notes,
    )
