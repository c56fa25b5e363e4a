"""Groups of options that several commands share."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import FlagCreatePairsOff, UseAppendAction, arg

from feathertrack.cli._overrides import apply_overrides
from feathertrack.cli._terminal import remark
from feathertrack.errors import InputError

if TYPE_CHECKING:
    from feathertrack.engines.protocol import Engine
    from feathertrack.trackers.tracker import Tracker
    from feathertrack.video.frames import SourceInfo
    from feathertrack.video.opening import OpenedSource
    from feathertrack.video.records import ClipInfo


Flag = Annotated[bool, FlagCreatePairsOff, arg(help_behavior_hint="")]
"""An option without a value, off unless it is there."""

DataRoot = Annotated[Path | None, arg(metavar="ROOT", help_behavior_hint="")]
"""The folder that holds the folders of data sets."""

OutputFolder = Annotated[Path | None, arg(metavar="DIR", help_behavior_hint="")]
"""Where a command writes; what it takes without one, its own words say."""

TrainingDevices = Annotated[str, arg(metavar="auto|cpu|cuda[:N]")]
"""What trains."""

Fields = Annotated[
    tuple[tuple[str, str], ...], UseAppendAction, arg(name="SECTION.FIELD", metavar="VALUE")
]
"""Fields of settings and their new values, in the order given."""


@dataclass(frozen=True, kw_only=True)
class TrackerOptions:
    """Which tracker, and what runs its network.

    Attributes:
        tracker: A name of 'feathertrack list', a file of weights, MODULE:CLASS (a class of yours
            with init(image, box) and update(image)), or 'trax:COMMAND' (any program that speaks
            TraX). After an @: a preset of settings, or a JSON file of them.
        weights: Weights for the tracker that is named; without it, the shipped or downloaded ones.
            A tracker of two networks takes two files, A.pth,B.pth.
        engine: What runs the network. auto measures those that are installed, once per machine, and
            takes the fastest.
        device: Where the network runs.
        precision: What the network computes in. auto takes bfloat16 where the processor has it.
        threads: Processor threads of the network.
        settings: Change a setting of the tracker: --settings.window-weight 0.3,
            --settings.confidence.midpoint 0.6.
    """

    tracker: Annotated[str, arg(metavar="NAME|FILE|MODULE:CLASS[@PRESET]")] = "default"

    weights: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None

    engine: Literal["auto", "onnx", "openvino", "torch"] = "auto"

    device: Annotated[str, arg(metavar="auto|cpu|cuda[:N]|mps")] = "auto"

    precision: Literal["auto", "float32", "bfloat16", "float16", "int8"] = "auto"

    threads: Annotated[int | None, arg(metavar="N", help_behavior_hint="(default: all cores)")] = (
        None
    )

    settings: Annotated[
        tuple[tuple[str, str], ...],
        UseAppendAction,
        arg(name="settings.FIELD", metavar="VALUE"),
    ] = ()

    def check(self) -> None:
        """Refuse words that can be seen to be wrong before any file is read.

        Raises:
            InputError: no such device, or a number of threads that makes no sense.
        """
        from feathertrack.engines.requests import check_request

        check_request(
            engine=self.engine,
            device=self.device,
            precision=self.precision,
            threads=self.threads,
        )

    @property
    def label(self) -> str:
        """What to call the tracker in a picture: no folder, no module."""
        target, at, preset = self.tracker.rpartition("@")
        if at and re.search(r"[/\\]", preset):  # a file, and not the name of a preset
            return f"{_last(target)}@{Path(_last(preset)).stem}"
        return self.tracker if at else _last(self.tracker)

    def weights_path(self) -> Path | None:
        """The weights that ``create`` takes; None for a tracker without a network of ours.

        Raises:
            InputError: there are none here.
        """
        from feathertrack.trackers.creation import DEFAULT_MODEL
        from feathertrack.trackers.naming import parse_tracker_name
        from feathertrack.weights.catalogue import find_weights

        if runs_no_network(self.tracker):
            return None
        parts = parse_tracker_name(self.tracker)
        if parts.kind == "file":
            return Path(parts.target)
        model = DEFAULT_MODEL if parts.target == "default" else parts.target
        return self.weights or find_weights(model)

    def create(self) -> Tracker:
        """The tracker, ready for ``init``.

        Raises:
            InputError: no such tracker, weights, preset or setting; the nearest are named.
        """
        from feathertrack.trackers.changing import settings_of, with_settings
        from feathertrack.trackers.creation import create_tracker
        from feathertrack.trackers.naming import parse_tracker_name

        refuse_engine_words(
            self.tracker,
            engine=self.engine,
            device=self.device,
            precision=self.precision,
            threads=self.threads,
        )
        tracker = create_tracker(
            self.tracker,
            weights=self.weights,
            engine=self.engine,
            device=self.device,
            precision=self.precision,
            threads=self.threads,
        )
        if not self.settings:
            return tracker
        settings = settings_of(tracker)
        if settings is None:
            named = parse_tracker_name(self.tracker)
            what = "is a class of yours: it has" if named.kind == "class" else "has"
            raise InputError(f"tracker {self.tracker!r} {what} no settings")
        return with_settings(tracker, apply_overrides(settings, self.settings))


def refuse_engine_words(tracker: str, **words: object) -> None:
    """Refuse words about what runs a network, for a tracker that runs none of ours.

    Raises:
        InputError: one of them is given; "auto" and None are not.
    """
    given = [f"--{name}" for name, word in words.items() if word not in ("auto", None)]
    if given and runs_no_network(tracker):
        raise InputError(
            f"tracker {tracker!r} runs no network of ours: it takes no {' and no '.join(given)}"
        )


def runs_no_network(tracker: str) -> bool:
    """Whether a name stands for a class or program of the user's, or a tracker of OpenCV's."""
    from feathertrack.trackers.built_in import BUILT_IN
    from feathertrack.trackers.naming import parse_tracker_name

    parts = parse_tracker_name(tracker)
    return parts.kind in ("class", "program") or parts.target in BUILT_IN


@dataclass(frozen=True, kw_only=True)
class RangeOptions:
    """Which frames of the source.

    Attributes:
        start: First frame to read; the first of the source is 0.
        stop: Frame to stop before.
        step: Read every N-th frame.
        reverse: From the last frame to the first.
    """

    start: Annotated[int, arg(metavar="FRAME")] = 0

    stop: Annotated[int | None, arg(metavar="FRAME", help_behavior_hint="(default: the end)")] = (
        None
    )

    step: Annotated[int, arg(metavar="N")] = 1

    reverse: Flag = False

    def open(self, source: str) -> OpenedSource:
        """Frames of the source in the chosen range; use it as a context manager."""
        from feathertrack.video import open_source

        return open_source(
            source, start=self.start, stop=self.stop, step=self.step, reverse=self.reverse
        )

    def clip(self, info: SourceInfo) -> ClipInfo:
        """What outputs must know of the source, read in this range."""
        from feathertrack.video.records import ClipInfo

        whole = self.start == 0 and self.stop is None and self.step == 1
        return dataclasses.replace(
            ClipInfo.of(info),
            num_frames=info.num_frames if whole else None,
            step=self.step,
            reverse=self.reverse,
        )


def _last(name: str) -> str:
    """A name without its folder or module."""
    return re.split(r"[/\\:]", name)[-1]


def announce(tracker: Tracker) -> None:
    """Tell a person at a terminal what runs the network and why."""
    if hasattr(tracker, "engine"):
        remark(f"{tracker.engine.info.name}: {describe(tracker.engine)}")


def describe(engine: Engine) -> str:
    """What runs a network and why, in one line."""
    choice = getattr(engine, "choice", None)
    return str(choice or f"{engine.name} {engine.precision} on {engine.device}")
