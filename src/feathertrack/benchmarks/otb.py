"""OTB2013, OTB50 and OTB100 (Wu et al., TPAMI 2015).

``<folder>/img/%04d.jpg`` and ``<folder>/groundtruth_rect.txt``; two targets of a folder have
``groundtruth_rect.1.txt`` and ``.2.txt``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.bundled import Entry, bundled_list, names_of
from feathertrack.benchmarks.files import Files
from feathertrack.benchmarks.layout import (
    child,
    count_known,
    find_root,
    first_file,
    frames_of,
)
from feathertrack.benchmarks.sequence import Sequence
from feathertrack.benchmarks.truth import same_length
from feathertrack.errors import InputError
from feathertrack.textrows import parse_rows

TREE = "<Sequence>/img/0001.jpg and <Sequence>/groundtruth_rect.txt"
VERSIONS = ("official", "got10k")
_DEFAULT_TRUTH = "groundtruth_rect.txt"


@dataclass(frozen=True)
class OtbReader:
    """Reads one sequence.

    Attributes:
        root: the folder of the sequences.
        omit_start: leave out the first frames where the official list does (Tiger1, 5 frames).
    """

    root: Path
    omit_start: bool = True

    def files(self, name: str) -> Files:
        """Where the sequence lies."""
        entry = bundled_list("otb").entries[name]
        folder = child(self.root, entry.folder, name)
        named = child(folder, entry.truth or _DEFAULT_TRUTH)
        return Files(
            truth=first_file(named, folder / _DEFAULT_TRUTH) if entry.truth else named,
            frames=folder / "img",
            pattern=f"%0{entry.digits or 4}d.jpg",
            numbers=entry.numbers[self._skip(entry) :],
        )

    def load(self, name: str) -> Sequence:
        """Read its ground truth."""
        entry, files = bundled_list("otb").entries[name], self.files(name)
        assert files.numbers is not None
        rows = parse_rows(files.truth, columns=4)
        if len(rows) == len(entry.numbers):  # an archive may have left the start out already
            rows = rows[self._skip(entry) :]
        frames = frames_of(files.frames, files.numbers, files.pattern)
        truth, frames, notes = same_length(rows, frames, path=files.truth)
        return Sequence(
            name=name,
            frames=frames,
            truth=truth,
            origin=1,
            attributes=entry.attributes,
            size_wh=entry.size_wh,
            object_class=entry.object_class,
            notes=notes,
        )

    def _skip(self, entry: Entry) -> int:
        return entry.skip if self.omit_start else 0


def open_otb(name: str, root: str | Path, *, version: str | None = None) -> Benchmark:
    """OTB under one of its three names.

    Args:
        name: ``otb2013``, ``otb50`` or ``otb100``.
        root: the folder of the sequences.
        version: ``official`` starts Tiger1 at frame 6, as the official list, pysot and pytracking
            do; ``got10k`` keeps all of its 354 frames.

    Raises:
        InputError: no such version, or no sequence in the root.
    """
    if version not in (None, *VERSIONS):
        raise InputError(f"{name} has no version {version!r}: use {' or '.join(VERSIONS)}")
    made = bundled_list("otb")
    names = names_of(name)
    marks = count_known(made.entries[one].folder for one in names)
    found = find_root(root, marks=marks, name=name, expected=TREE)
    return Benchmark(
        name=name,
        tree=TREE,
        root=found.root,
        names=names,
        reader=OtbReader(found.root, omit_start=version != "got10k"),
        aliases={"Human4": "Human4-2"} if "Human4-2" in names else {},
        attributes=made.attributes,
        notes=found.notes,
    )
