"""A set of mined tracks on the disk: in parallel, taken up again wherever it was stopped.

In its folder::

    plan.json          what every track depends on
    CLIP-00120-0/      a track: img/0001.jpg, ..., groundtruth_rect.txt, track.json
    moments/           what came of every start, a file for every moment that is done
    manifest.json      every track with its origin, and what became of the others; written last
    SOURCES.md         a copy of what the folder of the videos says of their origin
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from feathertrack._version import __version__
from feathertrack.benchmarks.layout import file_names, subfolders
from feathertrack.boxes import zero_based
from feathertrack.data.jobs import Progress, run_jobs
from feathertrack.data.licences import SOURCES
from feathertrack.data.made_sets import PLAN, making_set, read_json
from feathertrack.data.mining.clips import MANIFEST, Clips
from feathertrack.data.mining.cycles import Follower
from feathertrack.data.mining.judging import CHANGED, MOVED, SAME, Placed, duplicates
from feathertrack.data.mining.moments import KEPT, MOMENTS, TRACK, Job, mine_moment, record_of
from feathertrack.data.mining.settings import SHORTEST, MiningSettings
from feathertrack.errors import InputError
from feathertrack.textrows import parse_rows
from feathertrack.video.outfiles import write_atomically, writing

VERSION = 1
"""Another number where the same plan gives other tracks."""

DUPLICATE = "the same as a longer track"

_NAMES = "mined tracks"


@dataclass(frozen=True, kw_only=True)
class MiningReport:
    """What came of mining.

    Attributes:
        tracks: that are in the folder.
        tracks_written: by this run.
        starts: that were followed, in all runs.
        frames: of all tracks.
        size: bytes of all pictures.
        outcomes: what became of how many starts.
        skipped: name of every video that could not be read, or not to its end -> why.
        manifest: content of ``manifest.json``.
    """

    tracks: int
    tracks_written: int
    starts: int
    frames: int
    size: int
    outcomes: Mapping[str, int]
    skipped: Mapping[str, str]
    manifest: dict[str, Any]


def mine_tracks(
    clips: Clips,
    output: Path,
    make_tracker: Callable[[], Follower],
    *,
    tracker: Mapping[str, object],
    settings: MiningSettings | None = None,
    processes: int = 1,
    progress: Progress | None = None,
) -> MiningReport:
    """Follow things in all clips, there and back, and write the tracks on which both agree.

    The tracks depend on the clips, the settings and the tracker, and not on the number of processes
    or on interruptions. What is in the folder is not made again.

    Args:
        clips: the videos.
        output: folder of the set, made where it is missing.
        make_tracker: makes a tracker in each process; it must be possible to pickle it.
        tracker: what to say of the tracker in the manifest; with other words in the folder nothing
            is done.
        settings: of all tracks; without them the defaults.
        processes: how many work at once.
        progress: shows how far it is, in frames of starts.

    Raises:
        InputError: numbers out of range, a folder of other tracks or that cannot be written, or a
            process that was killed.
    """
    settings = settings or MiningSettings()
    settings.check()
    if not 1 <= processes <= 1024:
        raise InputError(f"processes is {processes}, expected 1 to 1,024")
    with making_set(output, _plan(clips, tracker, settings), names=_NAMES):
        before = _tracks(output)
        moments = tuple(clips.moments(settings))
        todo = [n for n, one in enumerate(moments) if not record_of(output, one.name).is_file()]
        job = Job(
            root=clips.root,
            output=output,
            settings=settings,
            make_tracker=make_tracker,
            moments=moments,
        )
        done = run_jobs(mine_moment, job, todo, processes=processes)
        count = settings.frames
        steps = (n for n, _ in done for _ in range(moments[n].starts * count))
        total = sum(moments[n].starts * count for n in todo)
        for _ in progress(steps, total) if progress else steps:
            pass
        with writing(output):
            return _finish(clips, output, settings, before=before)


def _plan(
    clips: Clips, tracker: Mapping[str, object], settings: MiningSettings
) -> dict[str, object]:
    about = {"format": f"feathertrack {_NAMES}", "version": VERSION}
    return {**about, **asdict(settings), "all": clips.unlicensed, "tracker": dict(tracker)}


def _tracks(output: Path) -> set[str]:
    """Names of the tracks that are whole."""
    return {name for name in subfolders(output) if (output / name / TRACK).is_file()}


def _finish(
    clips: Clips, output: Path, settings: MiningSettings, *, before: set[str]
) -> MiningReport:
    """Remove duplicates, and say what every track that is there comes from."""
    folder = output / MOMENTS
    records = [read_json(folder / name) for name in file_names(folder) if name.endswith(".json")]
    rows = [row for record in records for row in record["starts"]]
    kept = [row["name"] for row in rows if row["outcome"] == KEPT]
    about = {name: read_json(output / name / TRACK) for name in kept if name in _tracks(output)}
    twins = duplicates([_placed(output / name, one) for name, one in about.items()])
    for name in kept:
        if name in twins or name not in about:
            (output / name / TRACK).unlink(missing_ok=True)  # so that half a track is known as such
            shutil.rmtree(output / name, ignore_errors=True)
    tracks = {name: one for name, one in sorted(about.items()) if name not in twins}
    outcomes = Counter(row["outcome"] for row in rows)
    outcomes[DUPLICATE] = outcomes[KEPT] - len(tracks)
    outcomes[KEPT] = len(tracks)
    skipped = {**clips.skipped, **_broken(clips, records)}
    manifest = {
        **read_json(output / PLAN),
        "feathertrack": __version__,
        "thresholds": {"shortest": SHORTEST, "moved": MOVED, "changed": CHANGED, "same": SAME},
        "starts": len(rows),
        "outcomes": {name: count for name, count in outcomes.most_common() if count},
        "tracks": [{"name": name, **one} for name, one in tracks.items()],
        "skipped": skipped,
        "left_out": [asdict(problem) for problem in clips.problems],
    }
    write_atomically(output / MANIFEST, [json.dumps(manifest, indent=1), "\n"])
    if (clips.root / SOURCES).is_file():
        shutil.copyfile(clips.root / SOURCES, output / SOURCES)
    pictures = [one for name in tracks for one in (output / name / "img").iterdir()]
    return MiningReport(
        tracks=len(tracks),
        tracks_written=len(set(tracks) - before),
        starts=len(rows),
        frames=len(pictures),
        size=sum(one.stat().st_size for one in pictures),
        outcomes=manifest["outcomes"],
        skipped=skipped,
        manifest=manifest,
    )


def _placed(folder: Path, about: Mapping[str, Any]) -> Placed:
    first, step, count = about["first_frame"], about["stride"], about["frames"]
    return Placed(
        name=folder.name,
        clip=about["clip"],
        frames=range(first, first + step * count, step),
        boxes=zero_based(parse_rows(folder / "groundtruth_rect.txt", columns=4)),
    )


def _broken(clips: Clips, records: list[dict[str, Any]]) -> dict[str, str]:
    """The first problem of every video that could not be read to its end."""
    files = {clip.name: clip.file for clip in clips.clips}
    found: dict[str, str] = {}
    for record in records:
        if record["problem"]:
            found.setdefault(files.get(record["clip"], record["clip"]), record["problem"])
    return found
