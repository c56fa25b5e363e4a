"""Need for Speed at 30 and 240 frames per second (Galoogahi et al., ICCV 2017).

``<seq>/<fps>/<seq>/%05d.jpg`` and ``<seq>/<fps>/<seq>.txt``, whose columns are those of VATIC: id
xmin ymin xmax ymax frame lost occluded generated "label". The form of pytracking is read too:
``sequences/<seq>/%05d.jpg`` and ``anno/nfs_<seq>.txt`` with x y w h at 30 frames per second.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.bundled import bundled_list
from feathertrack.benchmarks.files import Files
from feathertrack.benchmarks.framelist import NamedFrames
from feathertrack.benchmarks.layout import child, count_known, find_root, numbered_pictures
from feathertrack.benchmarks.numbering import with_missing
from feathertrack.benchmarks.sequence import Flags, Sequence
from feathertrack.benchmarks.truth import same_length
from feathertrack.boxes import Boxes, xyxy_to_xywh
from feathertrack.textrows import parse_rows, read_bytes, rows_of

_LABEL = re.compile(rb'"[^\r\n]*')
_LOST = 6
_STRIDE = 8


@dataclass(frozen=True)
class NfsReader:
    """Reads one sequence.

    Attributes:
        root: the folder of the sequences, or that of ``sequences`` and ``anno``.
        fps: 30 or 240.
    """

    root: Path
    fps: int

    @property
    def _converted(self) -> bool:
        return (self.root / "anno").is_dir() and (self.root / "sequences").is_dir()

    def files(self, name: str) -> Files:
        """Where the sequence lies."""
        entry = bundled_list("nfs").entries[name]
        numbers = entry.numbers if self.fps == 30 else None
        if self._converted:
            truth = child(self.root / "anno", f"nfs_{name}.txt", f"{name}.txt")
            frames = child(self.root / "sequences", name)
        else:
            folder = child(self.root, name) / str(self.fps)
            truth, frames = child(folder, f"{name}.txt"), child(folder, name)
        return Files(truth=truth, frames=frames, pattern="%05d.jpg", numbers=numbers)

    def load(self, name: str) -> Sequence:
        """Read its ground truth; at 30 frames per second every eighth row of a full one."""
        entry, files = bundled_list("nfs").entries[name], self.files(name)
        truth, lost = _read(files.truth, converted=self._converted)
        pictures = numbered_pictures(files.frames)
        length = len(pictures) or len(files.numbers or truth)
        if self.fps == 30 and abs(len(truth) / _STRIDE - length) <= abs(len(truth) - length):
            truth, lost = truth[::_STRIDE], lost[::_STRIDE]
        names = with_missing(list(pictures.values()), first=1)
        names = names or [files.pattern % (i + 1) for i in range(length)]
        truth, frames, notes = same_length(
            truth, NamedFrames(files.frames, names), path=files.truth
        )
        return Sequence(
            name=name,
            frames=frames,
            truth=truth,
            absent=lost[: len(truth)],
            size_wh=entry.size_wh,
            fps=float(self.fps),
            object_class=entry.object_class,
            notes=notes if abs(len(names) - len(lost)) > 1 else (),  # the archive is one off
        )


def _read(path: Path, *, converted: bool) -> tuple[Boxes, Flags]:
    """Boxes as x,y,w,h and whether the target is lost."""
    if converted:
        boxes = parse_rows(path, columns=4)
        return boxes, np.isnan(boxes[:, 0])
    without_label = _LABEL.sub(b"", read_bytes(path))
    rows = rows_of(without_label, name=str(path), columns=9)
    return xyxy_to_xywh(rows[:, 1:5]), rows[:, _LOST] == 1


def open_nfs(name: str, root: str | Path) -> Benchmark:
    """Need for Speed as ``nfs30`` or ``nfs240``.

    Raises:
        InputError: no sequence in the root.
    """
    fps = int(name.removeprefix("nfs"))
    made = bundled_list("nfs")
    known = count_known(made.entries)
    expected = f"<sequence>/{fps}/<sequence>/00001.jpg and <sequence>/{fps}/<sequence>.txt"

    def marks(folder: Path) -> int:
        converted = fps == 30 and (folder / "anno").is_dir() and (folder / "sequences").is_dir()
        return known(folder) or int(converted)

    found = find_root(root, marks=marks, name=name, expected=expected)
    return Benchmark(
        name=name,
        tree=expected,
        root=found.root,
        names=tuple(made.entries),
        reader=NfsReader(found.root, fps),
        aliases={f"nfs_{one}": one for one in made.entries},
        notes=found.notes,
    )
