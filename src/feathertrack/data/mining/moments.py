"""What is done at one moment of a clip: find starts, follow each, write the tracks that hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from feathertrack.boxes import Boxes, one_based
from feathertrack.data.made_sets import (
    box_lines,
    growing_folder,
    rounded,
    write_jpeg,
)
from feathertrack.data.mining.clips import Moment, without_folder
from feathertrack.data.mining.cycles import Cycle, Follower, follow_both_ways
from feathertrack.data.mining.judging import CHANGED, MOVED, box_change, content_change
from feathertrack.data.mining.settings import SHORTEST, MiningSettings
from feathertrack.data.mining.shots import read_shot
from feathertrack.data.mining.starts import Start, choose_starts, find_starts
from feathertrack.errors import SourceError
from feathertrack.video.frames import Image
from feathertrack.video.outfiles import write_atomically, writing

TRACK = "track.json"
MOMENTS = "moments"
KEPT = "kept"
LOST = "lost on the way there or back"
UNCHANGED = "nothing changes on it"

_QUALITY = 92  # of the JPEG files


@dataclass(frozen=True, kw_only=True)
class Job:
    """What every process needs to know.

    Attributes:
        root: folder of the videos.
        output: folder of the set.
        settings: of all tracks.
        make_tracker: makes one; it must be possible to pickle it.
        moments: jobs are numbers of these.
    """

    root: Path
    output: Path
    settings: MiningSettings
    make_tracker: Callable[[], Follower]
    moments: tuple[Moment, ...]


def mine_moment(job: Job, number: int) -> None:
    """Write the tracks of a moment, and then what came of each start to ``moments/NAME.json``.

    What is there of an earlier run that was stopped is not made again.
    """
    moment, settings = job.moments[number], job.settings
    frames: list[Image] = []
    problem = ""
    try:
        frames.extend(_shot(job, moment))
    except SourceError as error:
        problem = without_folder(error, job.root)
    rows = []
    if len(frames) >= SHORTEST:
        starts = choose_starts(
            find_starts(frames),
            moment.starts,
            moving=settings.moving,
            rng=np.random.default_rng(moment.seed),
        )
        for order, start in enumerate(starts):
            rows.append(_mine_start(job, moment, frames, order, start))
    content = {"clip": moment.clip.name, "problem": problem, "starts": rows}
    path = record_of(job.output, moment.name)
    with writing(path):
        path.parent.mkdir(exist_ok=True)
        write_atomically(path, [json.dumps(content), "\n"])


def record_of(output: Path, name: str) -> Path:
    """Where it is written what came of a moment; a moment with such a file is done."""
    return output / MOMENTS / f"{name}.json"


def _shot(job: Job, moment: Moment) -> Iterator[Image]:
    settings = job.settings
    return read_shot(
        job.root / moment.clip.file,
        first=moment.first,
        stride=settings.stride,
        frames=settings.frames,
        size=settings.size,
    )


def _mine_start(
    job: Job, moment: Moment, frames: Sequence[Image], order: int, start: Start
) -> dict[str, object]:
    """Follow one start, write its track if it is good, and return what came of it."""
    name = f"{moment.name}-{order}"
    row: dict[str, object] = {"name": name, "kind": start.kind, "box": rounded(start.box)}
    if (job.output / name / TRACK).is_file():
        return {**row, "outcome": KEPT}
    tracker = _tracker(job.make_tracker)
    cycle = follow_both_ways(tracker, frames, start.box, overlap=job.settings.overlap)
    if cycle is None:
        return {**row, "outcome": LOST}
    shown = frames[: len(cycle.boxes)]
    own = cycle.boxes[1:]  # the tracker's: the first is not drawn as it draws them
    moved, changed = box_change(own), content_change(shown[1:], own)
    luck = np.random.default_rng((*moment.seed, order)).random()
    if moved <= MOVED and changed <= CHANGED and luck >= job.settings.still:
        return {**row, "outcome": UNCHANGED}
    about = _about(moment, start, cycle, settings=job.settings)
    changes = {"box_change": round(moved, 3), "content_change": round(changed, 3)}
    with growing_folder(job.output, name) as folder:
        _write(folder, shown, cycle.boxes, {**about, **changes})
    return {**row, "outcome": KEPT}


@lru_cache(maxsize=1)
def _tracker(make_tracker: Callable[[], Follower]) -> Follower:
    """The tracker of this process."""
    return make_tracker()


def _about(
    moment: Moment, start: Start, cycle: Cycle, *, settings: MiningSettings
) -> dict[str, object]:
    return {
        "clip": moment.clip.name,
        "source": moment.clip.file,
        "licence": moment.clip.licence,
        "first_frame": moment.first,
        "stride": settings.stride,
        "frames": len(cycle.boxes),
        "start_box": rounded(start.box),
        "start_kind": start.kind,
        "start_score": round(start.score, 3),
        "seed": moment.seed[0],
        "mean_score": round(float(cycle.scores[1:].mean()), 3),
        "mean_overlap": round(float(cycle.overlaps.mean()), 3),
        "least_overlap": round(float(cycle.overlaps.min()), 3),
    }


def _write(folder: Path, frames: Sequence[Image], boxes: Boxes, about: dict[str, object]) -> None:
    """Write a track as the reader ``folder`` reads it: boxes count pixels from 1, as in OTB."""
    (folder / "img").mkdir()
    for number, image in enumerate(frames, start=1):
        write_jpeg(folder / "img" / f"{number:04d}.jpg", image, quality=_QUALITY)
    (folder / "groundtruth_rect.txt").write_text(box_lines(one_based(boxes)))
    (folder / TRACK).write_text(json.dumps(about) + "\n", encoding="utf-8")
