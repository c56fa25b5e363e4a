"""TrackingNet (Mueller et al., ECCV 2018).

``TEST/frames/<seq>/%d.jpg`` from 0 without leading zeros, and ``TEST/anno/<seq>.txt``, which holds
the first box only; the parts ``TRAIN_0`` to ``TRAIN_11`` hold a box a frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.bundled import bundled_list
from feathertrack.benchmarks.files import Files
from feathertrack.benchmarks.framelist import FolderFrames
from feathertrack.benchmarks.layout import file_names, find_root, has
from feathertrack.benchmarks.sequence import Sequence
from feathertrack.benchmarks.truth import same_length
from feathertrack.errors import InputError
from feathertrack.textrows import parse_rows

PARTS = ("TEST", *(f"TRAIN_{number}" for number in range(12)))


@dataclass(frozen=True)
class TrackingNetReader:
    """Reads one sequence of a part.

    Attributes:
        folder: the part, which holds ``anno`` and ``frames``.
    """

    folder: Path

    def files(self, name: str) -> Files:
        """Where the sequence lies."""
        return Files(
            truth=self.folder / "anno" / f"{name}.txt",
            frames=self.folder / "frames" / name,
            pattern="%d.jpg",
        )

    def load(self, name: str) -> Sequence:
        """Read its ground truth; the pictures are counted when first asked for."""
        files = self.files(name)
        truth = parse_rows(files.truth, columns=4)
        frames = FolderFrames(files.frames)
        notes: tuple[str, ...] = ()
        if len(truth) == 1:
            return Sequence(name=name, frames=frames, truth=truth, origin=1)
        truth, cut, notes = same_length(truth, frames, path=files.truth)
        return Sequence(name=name, frames=cut, truth=truth, origin=1, notes=notes)


def open_trackingnet(root: str | Path, *, version: str | None = None) -> Benchmark:
    """The test set, or a part of the training set.

    Args:
        root: holds ``TEST`` and the other parts, or is one of them.
        version: ``TEST`` or ``TRAIN_0`` to ``TRAIN_11``, whose names are read off the root.

    Raises:
        InputError: no such part, or nothing of it in the root.
    """
    part = version or "TEST"
    if part not in PARTS:
        raise InputError(f"trackingnet has no version {part!r}: use one of {', '.join(PARTS)}")
    expected = f"{part}/frames/<sequence>/0.jpg and {part}/anno/<sequence>.txt"
    found = find_root(root, marks=has(f"{part}/anno"), name="trackingnet", expected=expected)
    folder = found.root / part
    made = bundled_list("trackingnet").subsets.get(part)
    return Benchmark(
        name="trackingnet",
        tree=expected,
        root=found.root,
        names=made or _names_in(folder / "anno"),
        reader=TrackingNetReader(folder),
        verified=made is not None,
        notes=found.notes,
    )


def _names_in(folder: Path) -> tuple[str, ...]:
    names = tuple(name.removesuffix(".txt") for name in file_names(folder) if name.endswith(".txt"))
    if not names:
        raise InputError(f"{folder} holds no annotation: expected <sequence>.txt")
    return names
