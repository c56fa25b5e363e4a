"""Temple-Color 128 (Liang et al., TIP 2015).

``<seq>/img/%04d.jpg``, ``<seq>/<name>_gt.txt`` and ``<seq>/<name>_frames.txt`` with "first,last".
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.bundled import Entry, bundled_list
from feathertrack.benchmarks.files import Files
from feathertrack.benchmarks.layout import child, count_known, ending, find_root, frames_of
from feathertrack.benchmarks.sequence import Sequence
from feathertrack.benchmarks.truth import same_length
from feathertrack.errors import InputError
from feathertrack.textrows import parse_rows

TREE = "<Sequence>/img/0001.jpg, <Sequence>/<Sequence>_gt.txt and <Sequence>_frames.txt"


@dataclass(frozen=True)
class TColorReader:
    """Reads one sequence.

    Attributes:
        root: the folder of the sequences.
    """

    root: Path

    def files(self, name: str) -> Files:
        """Where the sequence lies; its files are found by their endings."""
        entry = bundled_list("tcolor128").entries[name]
        folder = child(self.root, name, f"tpl_{name}")
        return Files(
            truth=ending(folder, "_gt.txt") or folder / (entry.truth or f"{name}_gt.txt"),
            frames=folder / "img",
            pattern="%04d.jpg",
            numbers=_numbers(entry, folder),
        )

    def load(self, name: str) -> Sequence:
        """Read its ground truth."""
        files = self.files(name)
        assert files.numbers is not None
        rows = parse_rows(files.truth, columns=4)
        frames = frames_of(files.frames, files.numbers, files.pattern)
        truth, frames, notes = same_length(rows, frames, path=files.truth)
        return Sequence(name=name, frames=frames, truth=truth, origin=1, notes=notes)


def _numbers(entry: Entry, folder: Path) -> range:
    """The range of the archive's own file, which wins over the list."""
    path = ending(folder, "_frames.txt")
    if path is None:
        return entry.numbers
    values = parse_rows(path).reshape(-1)
    if len(values) != 2 or not 0 <= values[0] <= values[1] < 10**7 or (values % 1).any():
        raise InputError(f"{path}, line 1: expected the first and last frame, as 1,148")
    return range(int(values[0]), int(values[1]) + 1)


def open_tcolor128(root: str | Path) -> Benchmark:
    """Temple-Color 128.

    Raises:
        InputError: no sequence in the root.
    """
    made = bundled_list("tcolor128")
    prefixed = [f"tpl_{name}" for name in made.entries]
    marks = count_known([*made.entries, *prefixed])
    found = find_root(root, marks=marks, name="tcolor128", expected=TREE)
    return Benchmark(
        name="tcolor128",
        tree=TREE,
        root=found.root,
        names=tuple(made.entries),
        reader=TColorReader(found.root),
        aliases=dict(zip(prefixed, made.entries, strict=True)),
        notes=found.notes,
    )
