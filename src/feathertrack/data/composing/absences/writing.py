"""Composed absences on the disk, in the layout of GOT-10k.

In the folder::

    plan.json                 what every sequence depends on
    OTB-Car1-covered/         00000001.jpg, ..., groundtruth.txt, absence.label, cover.label,
                              meta_info.ini, composed.json
    manifest.json             what was composed of what, and the licences; written last

Boxes count pixels from 0 and are kept while the target is away, also beyond the frame.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from feathertrack._version import __version__
from feathertrack.boxes import Boxes
from feathertrack.data.composing.absences.covering import draw_covering
from feathertrack.data.composing.absences.footage import Footage
from feathertrack.data.composing.absences.leaving import draw_leaving
from feathertrack.data.composing.absences.schedule import draw_absences, labels
from feathertrack.data.composing.catalogue import Catalogue
from feathertrack.data.jobs import Progress, run_jobs
from feathertrack.data.made_sets import (
    PLAN,
    box_lines,
    growing_folder,
    making_set,
    read_json,
    rounded,
    write_jpeg,
)
from feathertrack.errors import InputError, SourceError
from feathertrack.video.frames import Image
from feathertrack.video.outfiles import write_atomically, writing
from feathertrack.video.pictures import read_picture

VERSION = 1
KINDS = ("covered", "left")
_QUALITY = 92
_NAMES = "composed absences"


@dataclass(frozen=True, kw_only=True)
class AbsencesReport:
    """What came of composing.

    Attributes:
        manifest: content of ``manifest.json``.
        written: sequences that this run made.
        failed: name of every sequence that could not be made -> why.
    """

    manifest: dict[str, Any]
    written: int
    failed: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class _Job:
    """What every process needs to know."""

    catalogue: Catalogue
    tasks: tuple[tuple[Footage, str], ...]
    output: Path
    seed: int


def write_absences(
    footage: Sequence[Footage],
    catalogue: Catalogue,
    output: Path,
    *,
    seed: int = 0,
    kinds: Sequence[str] = KINDS,
    processes: int = 1,
    progress: Progress | None = None,
) -> AbsencesReport:
    """Compose one sequence of each kind out of each given one, or those that are not there yet.

    A sequence depends on its original, the photographs, the seed and its name only.

    Args:
        footage: the originals.
        catalogue: photographs, for what hides targets and for what is beside a frame.
        output: folder, made where it is missing.
        seed: of all random numbers.
        kinds: ``covered``: cut-outs slide over the target, stay and slide away; ``left``: the
            camera turns away and back.
        processes: how many work at once.
        progress: shows how many sequences are done.

    Raises:
        InputError: an unknown kind, a seed below 0, a folder of something else, or one that cannot
            be written.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise InputError(f"no absence is called {kind!r}: use {' or '.join(KINDS)}")
    if seed < 0:
        raise InputError(f"seed is {seed}, expected 0 or more")
    plan = {
        "format": f"feathertrack {_NAMES}",
        "version": VERSION,
        "seed": seed,
        "photographs": catalogue.digest,
    }
    tasks = tuple((one, kind) for one in footage for kind in kinds)
    with making_set(output, plan, names=_NAMES):
        job = _Job(catalogue=catalogue, tasks=tasks, output=output, seed=seed)
        todo = [n for n, task in enumerate(tasks) if not (output / _name(*task)).is_dir()]
        done = run_jobs(_write_one, job, todo, processes=processes)
        failed: dict[str, str] = {}
        numbers = (number for number, error in done if not _note(failed, tasks[number], error))
        for _ in progress(numbers, len(todo)) if progress else numbers:
            pass
        with writing(output):
            return _finish(job, written=len(todo) - len(failed), failed=failed)


def _name(one: Footage, kind: str) -> str:
    return f"{one.name}-{kind}"


def _note(failed: dict[str, str], task: tuple[Footage, str], error: str) -> bool:
    if error:
        failed[_name(*task)] = error
    return False


def _write_one(job: _Job, number: int) -> str:
    """Write a sequence; what is wrong where its pictures cannot be read, else ""."""
    one, kind = job.tasks[number]
    rng = np.random.default_rng((job.seed, zlib.crc32(_name(one, kind).encode())))
    try:
        with growing_folder(job.output, _name(one, kind)) as folder:
            about = _compose(rng, job.catalogue, one, kind, folder)
            (folder / "composed.json").write_text(json.dumps(about) + "\n", encoding="utf-8")
    except SourceError as error:
        return str(error)
    return ""


def _compose(
    rng: np.random.Generator, catalogue: Catalogue, one: Footage, kind: str, folder: Path
) -> dict[str, object]:
    first = read_picture(one.paths[0])
    absences = draw_absences(rng, len(one))
    skipped: dict[str, str] = {}
    draw = draw_covering if kind == "covered" else draw_leaving
    away = draw(rng, catalogue, one, absences, like=first, skipped=skipped)
    visible, colourless = np.zeros(len(one)), _is_grey(first)
    for number, path in enumerate(one.paths):
        image, visible[number] = away.shown(_read_alike(path, first), number)
        image = _grey(image) if colourless else image
        write_jpeg(folder / f"{number + 1:08d}.jpg", image, quality=_QUALITY)
    size = (first.shape[1], first.shape[0])
    _write_labels(folder, one, away.boxes, visible, size=size)
    return {
        "source": one.name,
        "kind": kind,
        "frames": len(one),
        "absences": [asdict(absence) for absence in absences],
        "visible": rounded(visible),
        "pictures": [
            {"name": catalogue.pictures[n].name, "licence": catalogue.pictures[n].licence}
            for n in dict.fromkeys(away.pictures)
        ],
        "skipped": skipped,
    }


def _read_alike(path: Path, first: Image) -> Image:
    image = read_picture(path)
    if image.shape != first.shape:
        raise SourceError(f"{path} is {image.shape[1]}x{image.shape[0]}, unlike the first frame")
    return image


def _is_grey(image: Image) -> bool:
    return bool(np.ptp(image, axis=2).mean() < 3)


def _grey(image: Image) -> Image:
    """What was laid on a picture without colours loses its own."""
    return np.asarray(
        cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8
    )


def _write_labels(
    folder: Path,
    one: Footage,
    boxes: Boxes,
    visible: np.ndarray[Any, np.dtype[np.float64]],
    *,
    size: tuple[int, int],
) -> None:
    absent, cover = labels(visible)
    (folder / "groundtruth.txt").write_text(box_lines(boxes))
    for name, values in (("absence", absent), ("cover", cover)):
        (folder / f"{name}.label").write_text("".join(f"{value}\n" for value in values.tolist()))
    (folder / "meta_info.ini").write_text(
        f"[METAINFO]\nobject_class: {one.category or 'object'}\n"
        f"resolution: ({size[0]}, {size[1]})\n",
        encoding="utf-8",
    )


def _finish(job: _Job, *, written: int, failed: dict[str, str]) -> AbsencesReport:
    """Say what was composed of what."""
    names = sorted(path.parent.name for path in job.output.glob("*/composed.json"))
    made = {name: read_json(job.output / name / "composed.json") for name in names}
    for about in made.values():
        about.pop("visible", None)
    manifest = {
        **read_json(job.output / PLAN),
        "feathertrack": __version__,
        "sequences": made,
        "failed": failed,
    }
    write_atomically(job.output / "manifest.json", [json.dumps(manifest, indent=1), "\n"])
    return AbsencesReport(manifest=manifest, written=written, failed=failed)
