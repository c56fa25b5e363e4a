"""``feathertrack demo``: follow the target of the packaged clip."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from tyro.conf import OmitArgPrefixes, arg

from feathertrack.cli._options import TrackerOptions


@dataclass(frozen=True, kw_only=True)
class Demo:
    """Follow the target of the packaged clip; write a video and a table of boxes.

    It opens no window and needs no network, GPU or torch.

    Examples:
      feathertrack demo
      feathertrack demo --output /tmp/demo --tracker FDSiamfc_30.pth

    Attributes:
        output: Folder for tracked.mp4 and boxes.csv; it is made if need be.
        tracker: Which tracker, and what runs its network.
    """

    output: Annotated[Path, arg(metavar="FOLDER")] = Path("feathertrack-demo")

    tracker: OmitArgPrefixes[TrackerOptions] = field(default_factory=TrackerOptions)

    def run(self) -> int:
        """Track, write, and say what was done."""
        import numpy as np

        from feathertrack.cli._compare import Compared
        from feathertrack.cli._following import follow_into, report
        from feathertrack.cli._given import Given
        from feathertrack.cli._stopping import stop_signals
        from feathertrack.demo import clip_boxes, clip_path
        from feathertrack.results import Result
        from feathertrack.video import open_source
        from feathertrack.video.frames import Frame
        from feathertrack.video.outputs import OutputSpec
        from feathertrack.video.records import ClipInfo, TrackRow
        from feathertrack.video.sinks import open_sinks

        self.tracker.check()
        specs = [
            OutputSpec("mp4", self.output / "tracked.mp4"),
            OutputSpec("csv", self.output / "boxes.csv"),
        ]
        true_boxes = clip_boxes()
        rows = {
            i: TrackRow(frame=i, box=tuple(map(float, box))) for i, box in enumerate(true_boxes)
        }
        truth = Compared("the true boxes", rows)

        def watch(_: Frame, result: Result | None) -> bool:
            if result is not None:
                truth.add(result)
            return True

        with stop_signals() as stop, open_source(clip_path()) as source:
            tracker = self.tracker.create()
            with open_sinks(specs, ClipInfo.of(source.info)) as sinks:
                outcome = follow_into(
                    sinks,
                    source,
                    tracker,
                    Given(first=np.array(true_boxes[0])),
                    stop=stop,
                    total=source.info.num_frames,
                    watch=watch,
                )
        notes = [*sinks.notes, truth.summary()]
        return report(outcome, paths=[spec.path for spec in specs], notes=notes)
