"""``feathertrack data mine VIDEOS --output DIR``: training tracks out of videos without boxes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import OmitArgPrefixes, Positional, arg

from feathertrack.cli._options import Flag, TrackerOptions, runs_no_network
from feathertrack.cli._terminal import megabytes, print_left_out, print_skipped, progress, remark

if TYPE_CHECKING:
    from feathertrack.data.mining import MiningReport


@dataclass(frozen=True, kw_only=True)
class Mine:
    """Mine training tracks from videos without boxes.

    What moves or looks like a thing is followed there and back.

    A track is kept as far as both ways agree.

    Killed at any time, the same command goes on where it was.

    Train from it with the reader folder.

    Examples:
      feathertrack data mine ~/clips --output ~/mined
      feathertrack data mine ~/clips --output ~/mined --stride 3 --processes 8
        --tracker opencv_vit@vit.onnx

    Attributes:
        videos: Folder of the videos; a manifest.json in it says which of them are permissive or
            licensed.
        output: Folder of the tracks.
        all: Use videos too of which no manifest.json says 'licensed' or 'permissive'.
        starts: Boxes per video to start from, if so many things are found.
        moving: Share of them that should move by themselves.
        frames: Frames of the longest track.
        stride: Use every N-th frame of the videos.
        size: Longer side of the frames in pixels, at most.
        overlap: What the boxes there and back must overlap by.
        still: Share that is kept of the tracks on which nothing changes.
        seed: Of all random numbers.
        processes: How many work at once.
        lines: How many problems to print.
        json: Print the manifest as JSON instead of text.
    """

    videos: Positional[Annotated[Path, arg(metavar="VIDEOS")]]

    output: Annotated[Path, arg(metavar="DIR")]

    all: Flag = False

    starts: Annotated[int, arg(metavar="N")] = 40

    moving: Annotated[float, arg(metavar="SHARE")] = 0.5

    frames: Annotated[int, arg(metavar="N")] = 40

    stride: Annotated[int, arg(metavar="N")] = 1

    size: Annotated[int, arg(metavar="PIXELS")] = 480

    overlap: Annotated[float, arg(metavar="SHARE")] = 0.6

    still: Annotated[float, arg(metavar="SHARE")] = 0.05

    seed: Annotated[int, arg(metavar="N")] = 0

    processes: Annotated[int, arg(metavar="N")] = 1

    lines: Annotated[int, arg(metavar="N")] = 20

    json: Flag = False

    tracker: OmitArgPrefixes[TrackerOptions] = field(default_factory=TrackerOptions)

    def run(self) -> int:
        """Mine, or go on, and print what was found and what was left out."""
        from feathertrack.data.mining import MiningSettings, mine_tracks, open_clips

        self.tracker.check()
        settings = MiningSettings(
            seed=self.seed,
            starts=self.starts,
            moving=self.moving,
            frames=self.frames,
            stride=self.stride,
            size=self.size,
            overlap=self.overlap,
            still=self.still,
        )
        settings.check()
        clips = open_clips(self.videos, unlicensed=self.all)
        words = self._tracker_words()
        report = mine_tracks(
            clips,
            self.output,
            words.create,
            tracker=_describe(words),
            settings=settings,
            processes=self.processes,
            progress=lambda frames, total: progress(frames, total=total, name="mining"),
        )
        if self.json:
            print(json.dumps(report.manifest, indent=1))
        else:
            self._print(report)
        return 0

    def _tracker_words(self) -> TrackerOptions:
        """The words about the tracker; several processes have a thread each."""
        words = self.tracker
        words.create()  # what is wrong with it is said here, and not by every process
        if self.processes > 1 and words.threads is None and not runs_no_network(words.tracker):
            return replace(words, threads=1)
        return words

    def _print(self, report: MiningReport) -> None:
        print(
            f"{self.output}: {report.tracks:,} tracks, {report.frames:,} frames, "
            f"{megabytes(report.size)}, from {report.starts:,} starts"
        )
        if not report.tracks_written:
            remark("it was complete already")
        left = max(self.lines, 0)
        for reason, count in list(report.outcomes.items())[:left]:
            print(f"  {count:>10,}  {reason}")
        print_left_out(report.manifest["left_out"][:left])
        print_skipped(report.skipped, "videos could not be read, or not to their end", lines=left)


def _describe(words: TrackerOptions) -> dict[str, object]:
    """What the tracks depend on, and no path of this machine."""
    from feathertrack.weights.digest import file_digest

    weights = words.weights_path()
    asked = asdict(words)
    return {
        "name": words.label,
        "weights": file_digest(weights) if weights and weights.is_file() else None,
        **{key: asked[key] for key in ("engine", "device", "precision")},
        "settings": [list(pair) for pair in words.settings],
    }
