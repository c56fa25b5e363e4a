"""``feathertrack demo``: follow the target of the packaged clip."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import OmitArgPrefixes, arg

from feathertrack.cli._options import TrackerOptions, announce

if TYPE_CHECKING:
    from feathertrack.cli._compare import Compared


@dataclass(frozen=True, kw_only=True)
class Demo:
    """Follow the target of the packaged clip, as a first try.

    A video and a table of boxes are written; no window is opened.

    Examples:
      feathertrack demo
      feathertrack demo --output first-try --tracker FDSiamfc_30.pth

    Attributes:
        output: Folder for tracked.mp4 and boxes.csv; it is made if need be.
        tracker: Which tracker, and what runs its network.
    """

    output: Annotated[Path, arg(metavar="FOLDER")] = Path("feathertrack-demo")

    tracker: OmitArgPrefixes[TrackerOptions] = field(default_factory=TrackerOptions)

    def run(self) -> int:
        """Track, write, and say what was done."""
        from feathertrack.cli._following import follow_into, report
        from feathertrack.cli._given import Given
        from feathertrack.cli._stopping import stop_signals
        from feathertrack.demo import clip_boxes, clip_path
        from feathertrack.results import Result
        from feathertrack.video import open_source
        from feathertrack.video.frames import Frame
        from feathertrack.video.outputs import OutputSpec
        from feathertrack.video.records import ClipInfo
        from feathertrack.video.sinks import open_sinks

        self.tracker.check()
        specs = [
            OutputSpec("mp4", self.output / "tracked.mp4"),
            OutputSpec("csv", self.output / "boxes.csv"),
        ]
        truth = _truth()

        def watch(_: Frame, result: Result | None) -> bool:
            if result is not None:
                truth.add(result)
            return True

        with stop_signals() as stop, open_source(clip_path()) as source:
            tracker = self.tracker.create()
            announce(tracker)
            with open_sinks(specs, ClipInfo.of(source.info)) as sinks:
                outcome = follow_into(
                    sinks,
                    source,
                    tracker,
                    Given(first=clip_boxes()[0]),
                    stop=stop,
                    total=source.info.num_frames,
                    watch=watch,
                )
        notes = [*sinks.notes, truth.summary()]
        return report(outcome, paths=[spec.path for spec in specs], notes=notes)


def _truth() -> Compared:
    """The true boxes of the packaged clip."""
    from feathertrack.cli._compare import Compared
    from feathertrack.demo import clip_boxes
    from feathertrack.video.records import TrackRow

    boxes = [tuple(map(float, box)) for box in clip_boxes()]
    rows = {i: TrackRow(frame=i, box=(x, y, w, h)) for i, (x, y, w, h) in enumerate(boxes)}
    return Compared("the true boxes", rows)
