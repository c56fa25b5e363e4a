"""UAV123 and UAV20L (Mueller et al., ECCV 2016).

``data_seq/UAV123/<folder>/%06d.jpg`` and ``anno/<UAV123|UAV20L>/<sequence>.txt``; several sequences
are parts of one folder of pictures. NaN where the target is absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.bundled import bundled_list, flagged
from feathertrack.benchmarks.files import Files
from feathertrack.benchmarks.layout import child, find_root, frames_of, has
from feathertrack.benchmarks.sequence import Sequence
from feathertrack.benchmarks.truth import same_length
from feathertrack.textrows import parse_rows

_ANNOTATIONS = {"uav123": "UAV123", "uav20l": "UAV20L"}


@dataclass(frozen=True)
class UavReader:
    """Reads one sequence of ``uav123`` or ``uav20l``.

    Attributes:
        root: holds ``data_seq`` and ``anno``.
        benchmark: which of the two.
    """

    root: Path
    benchmark: str

    def files(self, name: str) -> Files:
        """Where the sequence lies."""
        entry = bundled_list(self.benchmark).entries[name]
        own = _ANNOTATIONS[self.benchmark]
        annotations = child(child(self.root, "anno"), own)
        pictures = child(child(self.root, "data_seq"), "UAV123", own)
        return Files(
            truth=child(annotations, f"{name}.txt"),
            frames=child(pictures, entry.folder),
            pattern="%06d.jpg",
            numbers=entry.numbers,
        )

    def load(self, name: str) -> Sequence:
        """Read its ground truth."""
        entry, files = bundled_list(self.benchmark).entries[name], self.files(name)
        frames = frames_of(files.frames, entry.numbers, files.pattern)
        rows = parse_rows(files.truth, columns=4)
        truth, frames, notes = same_length(rows, frames, path=files.truth)
        return Sequence(
            name=name,
            frames=frames,
            truth=truth,
            origin=1,
            attributes=entry.attributes or self._attributes(files.truth),
            size_wh=entry.size_wh,
            fps=30.0,
            object_class=entry.object_class,
            notes=notes,
        )

    def _attributes(self, truth: Path) -> frozenset[str]:
        """Those of UAV20L, which are not in the list but in the archive."""
        path = truth.parent / "att" / truth.name
        if not path.is_file():
            return frozenset()
        flags = "".join(str(int(flag)) for flag in parse_rows(path).reshape(-1))
        return flagged(tuple(bundled_list("uav123").attributes), flags)


def open_uav(name: str, root: str | Path) -> Benchmark:
    """UAV123 or UAV20L.

    Raises:
        InputError: nothing of it in the root.
    """
    own = _ANNOTATIONS[name]
    expected = f"data_seq/UAV123/<folder>/000001.jpg and anno/{own}/<sequence>.txt"
    found = find_root(
        root, marks=has("data_seq/UAV123", f"anno/{own}"), name=name, expected=expected
    )
    made = bundled_list(name)
    flags = child(child(found.root, "anno"), own) / "att"
    notes = found.notes
    if not any(entry.attributes for entry in made.entries.values()) and not flags.is_dir():
        notes += (f"no attributes: they are read from {flags}, which is not there",)
    return Benchmark(
        name=name,
        tree=expected,
        root=found.root,
        names=tuple(made.entries),
        reader=UavReader(found.root, name),
        attributes=bundled_list("uav123").attributes,
        notes=notes,
    )
