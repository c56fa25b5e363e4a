"""``feathertrack bench``: how fast a tracker is on this machine, and where the time goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import OmitArgPrefixes, arg

from feathertrack.cli._options import TrackerOptions, describe
from feathertrack.cli._terminal import (
    megabytes,
    print_table,
    progress,
    quantity,
    remark,
    write_json,
)
from feathertrack.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from feathertrack.boxes import Boxes
    from feathertrack.cli._stopwatch import Latency
    from feathertrack.trackers.tracker import Tracker
    from feathertrack.video.frames import Frame, SourceInfo


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Measure frames per second and latency of a tracker, part by part.

    Frames are decoded on the same thread, so that the parts add up.

    Examples:
      feathertrack bench
      feathertrack bench --tracker FDSiamfc_30.pth --engine torch --threads 2
      feathertrack bench --source clip.mp4 --box 10,20,50,60 --json bench.json

    Attributes:
        source: A video, folder, pattern, camera or address; it is read again as often as needed.
        box: Where the target is on the first frame, in pixels. Without it: the true box of the
            packaged clip, or a box in the middle of the frame.
        frames: How many frames to time.
        warm_up: How many frames to follow before.
        json: Write the numbers here too.
        tracker: Which tracker, and what runs its network.
    """

    source: Annotated[
        str | None, arg(metavar="SOURCE", help_behavior_hint="(default: the packaged clip)")
    ] = None

    box: Annotated[str | None, arg(metavar="X,Y,W,H", help_behavior_hint="")] = None

    frames: Annotated[int, arg(metavar="N")] = 300

    warm_up: Annotated[int, arg(metavar="N")] = 30

    json: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None

    tracker: OmitArgPrefixes[TrackerOptions] = field(default_factory=TrackerOptions)

    def run(self) -> int:
        """Measure, print a table, and write the JSON."""
        from feathertrack.cli._stopwatch import measure

        self.tracker.check()
        if self.frames < 1 or self.warm_up < 0:
            raise InputError("--frames must be 1 or more, and --warm-up 0 or more")
        info, box = self._target()
        tracker = self.tracker.create()
        count = self.warm_up + self.frames + 1
        frames = progress(self._frames(count), total=count, name="measuring")
        latency = measure(tracker, frames, box, count=self.frames, warm_up=self.warm_up)
        numbers = self._numbers(tracker, info, latency)
        _print(numbers)
        if self.json is not None:
            write_json(self.json, numbers)
            print(self.json)
        return 0

    def _target(self) -> tuple[SourceInfo, Boxes]:
        """The source and the box of the target on its first frame."""
        import numpy as np

        from feathertrack.cli._given import parse_box
        from feathertrack.demo import clip_boxes
        from feathertrack.video import open_source

        box = None if self.box is None else parse_box(self.box)
        with open_source(self._spec(), stop=1) as source:
            frame = next(iter(source))
            info = source.info
        if box is None and self.source is None:
            box = clip_boxes()[0]
        if box is None:
            height, width = frame.image.shape[:2]
            side = max(min(height, width) / 4, 1.0)
            box = np.array([(width - side) / 2, (height - side) / 2, side, side])
            remark("no --box: a box in the middle of the frame is followed")
        return info, box

    def _spec(self) -> str | Path:
        from feathertrack.demo import clip_path

        return clip_path() if self.source is None else self.source

    def _frames(self, count: int) -> Iterator[Frame]:
        """The frames of the source, from its start again until there are enough."""
        from feathertrack.video import open_source

        while count > 0:
            with open_source(self._spec(), stop=count, prefetch=0) as source:
                for frame in source:
                    yield frame
                    count -= 1

    def _numbers(
        self, tracker: Tracker, info: SourceInfo, latency: Mapping[str, Latency]
    ) -> dict[str, Any]:
        from feathertrack.cli._footprint import footprint, peak_memory
        from feathertrack.cli._machine import installed_versions, processor
        from feathertrack.cli._stopwatch import TRACKER

        tracking, decoding = latency[TRACKER].mean, latency["decode"].mean
        return {
            "tracker": self.tracker.tracker,
            **_engine(tracker),
            "threads": self.tracker.threads,
            "source": {"name": info.name, "width": info.width, "height": info.height},
            "frames": self.frames,
            "warm_up": self.warm_up,
            "frames_per_second": {
                "tracker": 1e3 / tracking,
                "with_decoding": 1e3 / (tracking + decoding),
            },
            "latency_ms": {part: asdict(one) for part, one in latency.items()},
            "peak_memory_bytes": peak_memory(),
            **footprint(self.tracker.weights_path()),
            "cpu": processor(),
            "versions": installed_versions(),
        }


def _engine(tracker: Tracker) -> dict[str, Any]:
    """What runs the network; {} for a class of the user's."""
    engine = getattr(tracker, "engine", None)
    if engine is None:
        return {}
    return {
        "model": engine.info.name,
        "engine": engine.name,
        "device": engine.device,
        "precision": engine.precision,
        "why": describe(engine),
        "regions_per_frame": getattr(getattr(tracker, "settings", None), "num_scales", 1),
    }


def _print(numbers: Mapping[str, Any]) -> None:
    """The numbers for people."""
    source, speed = numbers["source"], numbers["frames_per_second"]
    runs = numbers.get("why") or "a class of yours"
    threads = numbers["threads"] or f"{numbers['cpu']['cores']} (all cores)"
    print(f"{numbers['tracker']}: {runs}")
    print(f"{numbers['cpu']['model']}, threads: {threads}")
    name = Path(source["name"]).name
    size = f"{source['width']} x {source['height']}"
    print(f"{name}, {size}: {numbers['frames']} frames after {numbers['warm_up']} of warm-up\n")
    rows = [
        (part, *(f"{one[key]:.2f}" for key in ("mean", "p50", "p95", "p99")))
        for part, one in numbers["latency_ms"].items()
    ]
    print_table(("ms per frame", "mean", "p50", "p95", "p99"), rows, right=range(1, 5))
    print(f"\n{speed['tracker']:.1f} frames/s; with decoding {speed['with_decoding']:.1f} frames/s")
    print("; ".join(_costs(numbers)))


def _costs(numbers: Mapping[str, Any]) -> Iterator[str]:
    peak = numbers["peak_memory_bytes"]
    yield f"peak memory {megabytes(peak)}" if peak else "peak memory not available"
    if numbers["weights_bytes"] is not None:
        yield f"weights {megabytes(numbers['weights_bytes'])}"
    if "note" in numbers:
        yield f"parameters and MACs: {numbers['note']}"
    if "parameters" in numbers:
        regions = numbers["regions_per_frame"]
        yield f"{quantity(numbers['parameters'])} parameters"
        yield f"{quantity(regions * numbers['macs_predict'])} MACs per frame ({regions} regions)"
