"""Trackers without a network of this package: one row of a table each, by name.

``create_tracker`` looks here before it looks for weights, so these names work wherever a tracker
is named. Files that a tracker needs follow an @, or are given as ``weights``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2

from feathertrack.errors import InputError
from feathertrack.trackers.opencv import FromOpenCV
from feathertrack.trackers.tracker import Tracker
from feathertrack.video.quiet import quiet_opencv


@dataclass(frozen=True, kw_only=True)
class BuiltIn:
    """How a tracker of the table is made.

    Attributes:
        make: from the paths of its files to the tracker.
        files: what each file is, the words that tell them apart in their names; () for none.
        deterministic: whether it does the same in every run.
    """

    make: Callable[..., Tracker]
    files: tuple[str, ...] = ()
    deterministic: bool = True


def create_built_in(name: str, *, weights: str | Path | None = None, preset: str = "") -> Tracker:
    """A tracker of the table.

    Args:
        name: one of ``BUILT_IN``.
        weights: its file. Of two files, ``backbone`` and ``head``, either; the other lies beside
            it and is called the same but for that word.
        preset: what followed the @ of its name: the same as ``weights``.

    Raises:
        InputError: a file too many, or one that is missing or cannot be read.
    """
    entry = BUILT_IN[name]
    given = [str(one) for one in (weights, preset) if one]
    if len(given) > 1:
        raise InputError(f"two files for {name}: {given[0]} and {given[1]}; give one")
    if not entry.files:
        if given:
            raise InputError(f"{name} has no files and no presets, got {given[0]!r}")
        return entry.make()
    if not given:
        raise InputError(
            f"{name} needs its model, which OpenCV does not bring: write {name}@FILE.onnx"
        )
    return entry.make(*_files(Path(given[0]), entry.files, name=name))


def _files(path: Path, words: tuple[str, ...], *, name: str) -> list[str]:
    """The paths of all files of a tracker from one of them."""
    if len(words) == 1:
        paths = [path]
    else:
        here = next((word for word in words if word in path.name), None)
        if here is None:
            raise InputError(
                f"{name} needs two files with {' and '.join(words)} in their names, got {path}"
            )
        paths = [path.with_name(path.name.replace(here, word)) for word in words]
    for one in paths:
        if not one.is_file():
            raise InputError(f"{name} needs the file {one}, which is not there")
    return [str(one) for one in paths]


def _plain(cv_class: str) -> Tracker:
    """One of OpenCV's trackers that need no model."""
    create = _of_opencv(cv_class).create
    return FromOpenCV(create, is_deterministic=cv_class != "TrackerMIL")


def _nano(backbone: str, head: str) -> Tracker:
    def make() -> Any:
        parameters = _of_opencv("TrackerNano_Params")()
        parameters.backbone, parameters.neckhead = backbone, head
        return _load(partial(_of_opencv("TrackerNano_create"), parameters), backbone)

    make()  # a model that cannot be read is found here and not at the first frame
    return FromOpenCV(make, model=backbone)


def _vit(model: str) -> Tracker:
    def make() -> Any:
        parameters = _of_opencv("TrackerVit_Params")()
        parameters.net = model
        return _load(partial(_of_opencv("TrackerVit_create"), parameters), model)

    make()
    return FromOpenCV(make, model=model)


def _of_opencv(name: str) -> Any:
    """What OpenCV calls so; it depends on the wheel, contrib alone has KCF and CSRT."""
    found = getattr(cv2, name, None)
    if found is None:
        raise InputError(f"this OpenCV has no {name}: pip install opencv-contrib-python-headless")
    return found


def _load(create: Callable[[], Any], path: str) -> Any:
    try:
        with quiet_opencv():
            return create()
    except cv2.error as error:
        reason = " ".join(str(error).split())
        raise InputError(f"OpenCV cannot read the model {path}: {reason}") from error


BUILT_IN: Mapping[str, BuiltIn] = {
    "opencv_csrt": BuiltIn(make=partial(_plain, "TrackerCSRT")),
    "opencv_kcf": BuiltIn(make=partial(_plain, "TrackerKCF")),
    "opencv_mil": BuiltIn(make=partial(_plain, "TrackerMIL"), deterministic=False),
    "opencv_nano": BuiltIn(make=_nano, files=("backbone", "head")),
    "opencv_vit": BuiltIn(make=_vit, files=("vit",)),
}
"""Name -> how it is made; sorted."""
