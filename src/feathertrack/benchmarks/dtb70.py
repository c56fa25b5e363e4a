"""DTB70 (Li and Yeung, AAAI 2017): ``<seq>/img/%05d.jpg`` and ``<seq>/groundtruth_rect.txt``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.bundled import bundled_list
from feathertrack.benchmarks.files import Files
from feathertrack.benchmarks.layout import child, count_known, find_root, frames_of
from feathertrack.benchmarks.sequence import Sequence
from feathertrack.benchmarks.truth import same_length
from feathertrack.textrows import parse_rows

TREE = "<Sequence>/img/00001.jpg and <Sequence>/groundtruth_rect.txt"


@dataclass(frozen=True)
class Dtb70Reader:
    """Reads one sequence.

    Attributes:
        root: the folder of the sequences.
    """

    root: Path

    def files(self, name: str) -> Files:
        """Where the sequence lies."""
        folder = child(self.root, name)
        return Files(
            truth=child(folder, "groundtruth_rect.txt"),
            frames=folder / "img",
            pattern="%05d.jpg",
            numbers=bundled_list("dtb70").entries[name].numbers,
        )

    def load(self, name: str) -> Sequence:
        """Read its ground truth."""
        entry, files = bundled_list("dtb70").entries[name], self.files(name)
        rows = parse_rows(files.truth, columns=4)
        frames = frames_of(files.frames, entry.numbers, files.pattern)
        truth, frames, notes = same_length(rows, frames, path=files.truth)
        return Sequence(
            name=name,
            frames=frames,
            truth=truth,
            origin=1,
            attributes=entry.attributes,
            notes=notes,
        )


def open_dtb70(root: str | Path) -> Benchmark:
    """DTB70.

    Raises:
        InputError: no sequence in the root.
    """
    made = bundled_list("dtb70")
    found = find_root(root, marks=count_known(made.entries), name="dtb70", expected=TREE)
    return Benchmark(
        name="dtb70",
        tree=TREE,
        root=found.root,
        names=tuple(made.entries),
        reader=Dtb70Reader(found.root),
        attributes=made.attributes,
        notes=found.notes,
    )
