"""A set of composed clips on the disk: in parallel, taken up again wherever it was stopped.

In its folder::

    plan.json       what every clip depends on
    000000/         a clip: img/0001.jpg, ..., groundtruth_rect.txt, clip.json
    manifest.json   which photographs were used, how often, and their licences; written last
    SOURCES.md      a copy of what the photographs' folder says of their origin
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from feathertrack._version import __version__
from feathertrack.benchmarks.layout import subfolders
from feathertrack.boxes import one_based
from feathertrack.data.composing.catalogue import Catalogue
from feathertrack.data.composing.clips import Clip, ClipSettings, compose_clip
from feathertrack.data.jobs import Progress, run_jobs
from feathertrack.data.licences import SOURCES
from feathertrack.data.made_sets import (
    PLAN,
    box_lines,
    growing_folder,
    making_set,
    read_json,
    rounded,
    write_jpeg,
)
from feathertrack.errors import InputError
from feathertrack.video.outfiles import write_atomically, writing

VERSION = 1
"""Another number where the same plan gives other pictures."""

MANIFEST = "manifest.json"
_MOST_CLIPS = 1_000_000
_NAMES = "composed clips"


@dataclass(frozen=True, kw_only=True)
class ComposeReport:
    """What came of composing.

    Attributes:
        clips: that are in the folder.
        clips_written: by this run.
        frames: of all clips.
        size: bytes of all pictures.
        skipped: name of every photograph that could not be used -> why.
        manifest: content of ``manifest.json``.
    """

    clips: int
    clips_written: int
    frames: int
    size: int
    skipped: dict[str, str]
    manifest: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Job:
    """What every process needs to know."""

    catalogue: Catalogue
    settings: ClipSettings
    output: Path


def write_clips(
    catalogue: Catalogue,
    output: Path,
    *,
    clips: int,
    settings: ClipSettings | None = None,
    processes: int = 1,
    progress: Progress | None = None,
) -> ComposeReport:
    """Make clips 0 to ``clips`` - 1, or those of them that are not in the folder.

    Args:
        catalogue: the photographs.
        output: folder of the set, made where it is missing.
        clips: how many; more than before adds clips to those that are there.
        settings: of all clips; without them the defaults.
        processes: how many work at once; the clips do not depend on it.
        progress: shows how far it is.

    Raises:
        InputError: numbers out of range, a folder of other clips or that cannot be written, or a
            process that was killed.
        SourceError: hardly any photograph can be read.
    """
    settings = settings or ClipSettings()
    settings.check()
    for name, value, last in (("clips", clips, _MOST_CLIPS), ("processes", processes, 1024)):
        if not 1 <= value <= last:
            raise InputError(f"{name} is {value}, expected 1 to {last:,}")
    with making_set(output, _plan(catalogue, settings), names=_NAMES):
        there = set(subfolders(output))
        todo = [number for number in range(clips) if _name(number) not in there]
        job = _Job(catalogue=catalogue, settings=settings, output=output)
        done = run_jobs(_write_clip, job, todo, processes=processes)
        frames = (number for number, _ in done for _ in range(settings.frames))
        for _ in progress(frames, len(todo) * settings.frames) if progress else frames:
            pass
        with writing(output):
            return _finish(job, written=len(todo))


def _plan(catalogue: Catalogue, settings: ClipSettings) -> dict[str, object]:
    about = {"format": f"feathertrack {_NAMES}", "version": VERSION}
    return {**about, **asdict(settings), "photographs": catalogue.digest}


def _name(number: int) -> str:
    return f"{number:06d}"


def _write_clip(job: _Job, number: int) -> None:
    """Write a clip as the reader ``folder`` reads it: boxes count pixels from 1, as in OTB."""
    clip = compose_clip(job.catalogue, job.settings, number)
    with growing_folder(job.output, _name(number)) as folder:
        (folder / "img").mkdir()
        for frame, image in enumerate(clip.frames, start=1):
            write_jpeg(folder / "img" / f"{frame:04d}.jpg", image, quality=clip.quality)
        (folder / "groundtruth_rect.txt").write_text(box_lines(one_based(clip.boxes)))
        (folder / "clip.json").write_text(json.dumps(_about(clip)) + "\n", encoding="utf-8")


def _about(clip: Clip) -> dict[str, object]:
    return {
        "category": clip.category,
        "visible": rounded(clip.visible),
        "pictures": clip.pictures,
        "skipped": clip.skipped,
    }


def _finish(job: _Job, *, written: int) -> ComposeReport:
    """Say what all clips that are there were made of."""
    output, catalogue = job.output, job.catalogue
    names = [name for name in subfolders(output) if (output / name / "clip.json").is_file()]
    used: Counter[str] = Counter()
    skipped: dict[str, str] = {}
    for name in names:
        about = read_json(output / name / "clip.json")
        used.update(about["pictures"])
        skipped.update(about["skipped"])
    known = {picture.name: picture for picture in catalogue.pictures}
    manifest = {
        **read_json(output / PLAN),
        "feathertrack": __version__,
        "clips": len(names),
        "pictures": [
            {
                "name": name,
                "source": known[name].source,
                "licence": known[name].licence,
                "clips": used[name],
            }
            for name in sorted(used)
        ],
        "skipped": dict(sorted(skipped.items())),
        "left_out": [asdict(problem) for problem in catalogue.problems],
    }
    write_atomically(output / MANIFEST, [json.dumps(manifest, indent=1), "\n"])
    if (catalogue.root / SOURCES).is_file():
        shutil.copyfile(catalogue.root / SOURCES, output / SOURCES)
    pictures = [one for name in names for one in (output / name / "img").iterdir()]
    return ComposeReport(
        clips=len(names),
        clips_written=written,
        frames=len(pictures),
        size=sum(one.stat().st_size for one in pictures),
        skipped=skipped,
        manifest=manifest,
    )
