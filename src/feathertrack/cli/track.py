"""``feathertrack track SOURCE``: follow one object through a video."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import OmitArgPrefixes, Positional, UseAppendAction, arg

from feathertrack.cli._options import Flag, RangeOptions, TrackerOptions, announce
from feathertrack.errors import InputError

if TYPE_CHECKING:
    from feathertrack.cli._following import Outcome
    from feathertrack.cli._given import Given
    from feathertrack.cli._stopping import StopSignals
    from feathertrack.video.frames import Frame
    from feathertrack.video.opening import OpenedSource
    from feathertrack.video.outputs import OutputSpec


@dataclass(frozen=True, kw_only=True)
class Track:
    """Follow one object through a video, from a box on its first frame.

    Without --output, boxes are printed as CSV where another program reads them.

    Examples:
      feathertrack track clip.mp4 --box 10,20,50,60 --output out.mp4
      feathertrack track frames/ --box-file corrections.csv
        --output out.mp4 --output otb:boxes.txt --compare otb:truth.txt
      feathertrack track 0 --select --show
      feathertrack track clip.mp4 --box 10,20,50,60 | head -3

    Attributes:
        source: A video, a folder or "pattern*.jpg" of pictures, a camera number, an RTSP or HTTP
            address, or - for a list of files on standard input.
        box: Where the target is on the first frame: left, top, width and height in pixels, the
            first pixel being 0. 'feathertrack still' shows a frame with a grid to read it from.
        box_file: Boxes in a file: an OTB ground truth (x,y,w,h counted from 1, first line), or
            lines of frame,x,y,w,h counted from 0, each of which starts the target anew.
        select: Draw the box on the first frame with the mouse; needs an OpenCV with windows.
        output: What to write: .mp4, .mov, .mkv, folder/ (PNG), .csv, .jsonl, .xml (CVAT), or, where
            the suffix does not tell, otb: got10k: mot: json: coco: labelstudio: before the path.
        compare: Other results, or a ground truth, to draw beside ours; the mean overlap is printed.
        no_audio: Leave the sound of the source out of videos.
        show: Show every frame in a window as it comes (q or Esc ends); needs an OpenCV with
            windows.
        debug_view: Write the search region and the score map beside every frame: a video or a
            folder/ of PNG.
    """

    source: Positional[Annotated[str, arg(metavar="SOURCE")]]

    box: Annotated[str | None, arg(metavar="X,Y,W,H", help_behavior_hint="")] = None

    box_file: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None

    select: Flag = False

    output: Annotated[tuple[str, ...], UseAppendAction, arg(metavar="[FORMAT:]PATH")] = ()

    compare: Annotated[tuple[str, ...], UseAppendAction, arg(metavar="[FORMAT:]FILE ...")] = ()

    no_audio: Flag = False

    show: Flag = False

    debug_view: Annotated[str | None, arg(metavar="PATH", help_behavior_hint="")] = None

    range: OmitArgPrefixes[RangeOptions] = field(default_factory=RangeOptions)
    tracker: OmitArgPrefixes[TrackerOptions] = field(default_factory=TrackerOptions)

    def run(self) -> int:
        """Check every word, then track."""
        from feathertrack.cli._following import report
        from feathertrack.cli._given import read_given
        from feathertrack.cli._stopping import stop_signals
        from feathertrack.cli._window import require_windows
        from feathertrack.video.outputs import check_outputs

        self.tracker.check()
        given = read_given(self.box, self.box_file, select=self.select)
        specs, debug = self._outputs()
        if self.show:
            require_windows("--show", instead="write a video with --output out.mp4")
        if self.select:
            require_windows("--select", instead="read the box off 'feathertrack still SOURCE'")
        with stop_signals() as stop, self.range.open(self.source) as source:
            check_outputs([*specs, *debug], source=source.info.path, files=source.info.files)
            given.check(source.info)
            outcome, notes = self._track(source, given, stop, specs=specs, debug=debug)
        return report(outcome, paths=[spec.path for spec in (*specs, *debug)], notes=notes)

    def _outputs(self) -> tuple[list[OutputSpec], list[OutputSpec]]:
        """The outputs, and the debug view as another one.

        Raises:
            InputError: an unknown format or suffix, two outputs in one place, or one that would
                overwrite what is read.
        """
        from feathertrack.video.outputs import (
            PICTURES_FORMAT,
            VIDEO_FORMATS,
            check_outputs,
            parse_output,
        )

        specs = [parse_output(text) for text in self.output]
        debug = [] if self.debug_view is None else [parse_output(self.debug_view)]
        if any(spec.format not in (*VIDEO_FORMATS, PICTURES_FORMAT) for spec in debug):
            raise InputError(f"--debug-view {self.debug_view} must be a video or a folder/")
        for what, path in (("box file", self.box_file), ("file of weights", self.tracker.weights)):
            for spec in (*specs, *debug):
                if path is not None and spec.path.resolve() == path.resolve():
                    raise InputError(f"output {spec.path} is the {what} itself: name another")
        for path in (None, self.box_file, self.tracker.weights):
            check_outputs([*specs, *debug], source=path)
        return specs, debug

    def _track(
        self,
        source: OpenedSource,
        given: Given,
        stop: StopSignals,
        *,
        specs: Sequence[OutputSpec],
        debug: Sequence[OutputSpec],
    ) -> tuple[Outcome, list[str]]:
        """Follow the target; every output is closed when this returns, whatever happened."""
        from feathertrack.cli._following import follow_into
        from feathertrack.cli._given import draw_given
        from feathertrack.cli._view import PrintedRows, View
        from feathertrack.video.sinks import Sinks, open_sinks

        view = View(self.compare, info=source.info, ours=self.tracker.label, show=self.show)
        tracker = self.tracker.create()
        announce(tracker)
        frames: Iterable[Frame] = source
        if self.select:
            frames, given = draw_given(source)
        clip = self.range.clip(source.info)
        with ExitStack() as stack:
            stack.callback(view.close)
            audio = not self.no_audio
            sinks = [stack.enter_context(open_sinks(specs, clip, audio=audio, draw=view.draw))]
            if debug:
                draw = view.draw_debug(tracker)
                sinks.append(stack.enter_context(open_sinks(debug, clip, audio=False, draw=draw)))
            printed = [PrintedRows()] if not specs and not sys.stdout.isatty() else []
            outcome = follow_into(
                Sinks([*sinks, *printed]),
                frames,
                tracker,
                given,
                stop=stop,
                total=source.info.num_frames,
                watch=view.watch,
            )
        return outcome, [*(note for sink in sinks for note in sink.notes), *view.summaries()]
