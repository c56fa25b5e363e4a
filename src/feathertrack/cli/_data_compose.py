"""``feathertrack data compose --images DIR --output DIR``: training clips out of photographs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import arg

from feathertrack.cli._options import Flag
from feathertrack.cli._terminal import megabytes, print_left_out, print_skipped, progress, remark

if TYPE_CHECKING:
    from feathertrack.data.composing import ComposeReport


@dataclass(frozen=True, kw_only=True)
class Compose:
    """Compose training clips out of photographs with masks.

    Objects cut out by their masks move over other photographs.

    Killed at any time, the same command goes on where it was.

    Train from it with the reader folder.

    Examples:
      feathertrack data compose --images ~/photos --output ~/composed --clips 9999
      feathertrack data compose --images ~/a/b.json --output ~/c --processes 8

    Attributes:
        images: Folder of the photographs with one json file in the form of COCO, or that file. In a
            folder backgrounds beside it may be photographs without objects.
        output: Folder of the clips.
        clips: How many clips.
        seed: Of all random numbers; a clip depends on it and on its own number.
        frames: Frames of a clip.
        size: Longer side of the frames in pixels.
        sources: Use only photographs of these sources, as the json calls them, with commas.
        all: Use photographs too of which the json does not say 'licensed' or 'permissive'.
        processes: How many work at once.
        lines: How many problems to print.
        json: Print the manifest as JSON instead of text.
    """

    images: Annotated[Path, arg(metavar="DIR|FILE")]

    output: Annotated[Path, arg(metavar="DIR")]

    clips: Annotated[int, arg(metavar="N")] = 1000

    seed: Annotated[int, arg(metavar="N")] = 0

    frames: Annotated[int, arg(metavar="N")] = 6

    size: Annotated[int, arg(metavar="PIXELS")] = 360

    sources: Annotated[
        str | None, arg(metavar="NAME,NAME,...", help_behavior_hint="(default: all)")
    ] = None

    all: Flag = False

    processes: Annotated[int, arg(metavar="N")] = 1

    lines: Annotated[int, arg(metavar="N")] = 20

    json: Flag = False

    def run(self) -> int:
        """Compose, or go on, and print what was made and what was left out."""
        from feathertrack.data.composing import ClipSettings, open_catalogue, write_clips

        sources = [word.strip() for word in (self.sources or "").split(",") if word.strip()]
        report = write_clips(
            open_catalogue(self.images, unlicensed=self.all, sources=sources),
            self.output,
            clips=self.clips,
            settings=ClipSettings(seed=self.seed, frames=self.frames, size=self.size),
            processes=self.processes,
            progress=lambda frames, total: progress(frames, total=total, name="composing"),
        )
        if self.json:
            print(json.dumps(report.manifest, indent=1))
        else:
            self._print(report)
        return 0

    def _print(self, report: ComposeReport) -> None:
        used = report.manifest["pictures"]
        print(
            f"{self.output}: {report.clips:,} clips, {report.frames:,} frames, "
            f"{megabytes(report.size)}, made of {len(used):,} pictures"
        )
        if not report.clips_written:
            remark("it was complete already")
        left = max(self.lines, 0)
        print_left_out(report.manifest["left_out"][:left])
        print_skipped(report.skipped, "pictures could not be used", lines=left)
