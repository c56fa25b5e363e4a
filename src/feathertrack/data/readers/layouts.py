"""What the folders of training sets look like: a root is found, or said to be another set's."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from feathertrack.benchmarks.bundled import names_of
from feathertrack.benchmarks.layout import Found, file_names, find_root, subfolders
from feathertrack.errors import InputError, SourceError

_FEW = 50  # folders that are looked into


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A training set on the disk.

    Attributes:
        title: what people call it.
        tree: the files that belong to it, in one line.
        marks: how much of it a folder holds, 0 for nothing.
    """

    title: str
    tree: str
    marks: Callable[[Path], int]


def _got10k(folder: Path) -> int:
    return sum(
        any(name.startswith("GOT-10k_") for name in subfolders(folder / split)[:_FEW])
        for split in ("train", "val")
    )


@cache
def _lasot_classes() -> frozenset[str]:
    return frozenset(name.rpartition("-")[0] for name in names_of("lasot_all"))


def _lasot(folder: Path) -> int:
    here = [name for name in subfolders(folder) if name in _lasot_classes()]
    return sum(
        any(name.startswith(f"{one}-") for name in subfolders(folder / one)) for one in here[:_FEW]
    )


def _trackingnet(folder: Path) -> int:
    return sum((folder / f"TRAIN_{part}" / "anno").is_dir() for part in range(12))


def _ilsvrc(part: str) -> Callable[[Path], int]:
    return lambda folder: int((folder / "Annotations" / part).is_dir())


def _coco(folder: Path) -> int:
    names = file_names(folder / "annotations")
    return sum(name.startswith("instances_") and name.endswith(".json") for name in names)


def _youtubebb(folder: Path) -> int:
    return sum(
        name.startswith("yt_bb_detection_") and name.endswith((".csv", ".csv.gz"))
        for name in file_names(folder)
    )


def _davis(folder: Path) -> int:
    pairs = (folder / "JPEGImages", folder / "Annotations")
    return int(all(subfolders(one) for one in pairs) and not (pairs[1] / "VID").is_dir())


def _anything(folder: Path) -> int:
    return 1


def _own(folder: Path) -> int:
    """Sequences in the form of OTB, in the folder or one level deeper."""
    one_down = [folder / name for name in subfolders(folder)[:_FEW]]
    two_down = [one / name for one in one_down[:_FEW] for name in subfolders(one)[:_FEW]]
    return sum((one / "groundtruth_rect.txt").is_file() for one in (*one_down, *two_down))


LAYOUTS: Mapping[str, Layout] = {
    "got10k": Layout(
        title="GOT-10k",
        tree="train/GOT-10k_Train_000001/{00000001.jpg, groundtruth.txt, cover.label, ...}",
        marks=_got10k,
    ),
    "lasot": Layout(
        title="LaSOT",
        tree="airplane/airplane-1/{img/00000001.jpg, groundtruth.txt, full_occlusion.txt, ...}",
        marks=_lasot,
    ),
    "trackingnet": Layout(
        title="TrackingNet",
        tree="TRAIN_0/{frames/<video>/0.jpg, anno/<video>.txt}",
        marks=_trackingnet,
    ),
    "vid": Layout(
        title="ImageNet VID",
        tree="{Data, Annotations}/VID/{train, val}/.../<snippet>/000000.{JPEG, xml}",
        marks=_ilsvrc("VID"),
    ),
    "det": Layout(
        title="ImageNet DET",
        tree="{Data, Annotations}/DET/{train, val}/.../<picture>.{JPEG, xml}",
        marks=_ilsvrc("DET"),
    ),
    "coco": Layout(
        title="COCO",
        tree="annotations/instances_<split>.json, <split>/<picture>.jpg; train2017 is a split",
        marks=_coco,
    ),
    "youtubebb": Layout(
        title="YouTube-BoundingBoxes",
        tree="yt_bb_detection_train.csv and yt_bb_detection_train/<class>/<video>/<time>.jpg",
        marks=_youtubebb,
    ),
    "davis": Layout(
        title="DAVIS",
        tree="JPEGImages/[480p/]<video>/00000.jpg and Annotations/[480p/]<video>/00000.png",
        marks=_davis,
    ),
    "folder": Layout(
        title="a folder of sequences",
        tree="<sequence>/{pictures, groundtruth_rect.txt}, or a json file in the form of COCO",
        marks=_anything,
    ),
}
"""The layouts that ``feathertrack data index`` knows, by name."""


def layout_of(reader: str, *, besides: Sequence[str] = ()) -> Layout:
    """A layout by name.

    Args:
        reader: the name.
        besides: further names that could have been meant where this one is asked for.

    Raises:
        InputError: there is none of that name; the nearest are given.
    """
    if reader not in LAYOUTS:
        known = (*LAYOUTS, *besides)
        near = difflib.get_close_matches(reader.lower(), known, n=3, cutoff=0.4)
        raise InputError(
            f"no training set is called {reader!r}; nearest: {', '.join(near or known)}"
        )
    return LAYOUTS[reader]


def located(reader: str, root: str | Path) -> Found:
    """The folder where a training set begins: the given one, one below it, or one or two above.

    Raises:
        InputError: no such reader or folder.
        SourceError: nothing of it there; where there is another training set, that is named.
    """
    layout = layout_of(reader)
    given = Path(root).expanduser()
    if reader == "folder":
        _refuse_labelled(given)
    try:
        found = find_root(given, marks=layout.marks, name=layout.title, expected=layout.tree)
    except SourceError as error:
        other = recognized(given)
        if other is None:
            raise
        raise SourceError(
            f"{given} holds {LAYOUTS[other].title}, which is read as {other}, not as {reader}; "
            f"{layout.title} would be {layout.tree}"
        ) from error
    return Found(root=found.root.resolve(), notes=found.notes)


def _refuse_labelled(root: Path) -> None:
    """Refuse for ``folder`` a set whose reader knows more of it: where its targets are hidden.

    Raises:
        SourceError: names the reader.
    """
    below = {"got10k": {"train", "val", "test"}, "lasot": _lasot_classes()}
    above = {root, *root.resolve().parents[:2]}
    for name, parts in below.items():
        layout = LAYOUTS[name]
        for place in above:
            inside = root.resolve().relative_to(place.resolve()).parts
            if layout.marks(place) and (not inside or inside[0] in parts):
                raise SourceError(
                    f"{root} holds {layout.title}, which says where its targets are hidden: read "
                    f"it as {name}, not as folder"
                )


def recognized(root: Path) -> str | None:
    """Name of the layout that a folder, or one directly in it, has; None for none that is known."""
    below = [root / name for name in subfolders(root)[:_FEW]]
    for place in (root, *below):
        for name, layout in LAYOUTS.items():
            if name != "folder" and layout.marks(place):
                return name
    return "folder" if _own(root) else None
