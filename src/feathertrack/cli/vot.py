"""``feathertrack vot ini|serve|folder``: for the VOT toolkit."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar, Literal, get_args

from tyro.conf import OmitArgPrefixes, Positional, arg

from feathertrack.cli._options import TrackerOptions
from feathertrack.errors import InputError

_Action = Literal["ini", "serve", "folder"]


@dataclass(frozen=True, kw_only=True)
class Vot:
    """Write the VOT toolkit's trackers.ini, or serve a tracker to it.

    The toolkit itself belongs in an environment of its own.

    Examples:
      feathertrack vot ini --tracker fdsiamfc_30
      feathertrack vot ini --tracker best.pth --protocol folder
        --output workspace/trackers.ini
      vot evaluate --workspace workspace fdsiamfc_30

    Attributes:
        action: ini adds a tracker to trackers.ini; serve answers a TraX client on stdin and stdout;
            folder follows what the files in the current folder ask for.
        output: The file that ini adds to.
        id: What the toolkit calls the tracker; without it, the tracker's name.
        protocol: How the toolkit talks to the tracker: trax, or folder from toolkit 0.9 on.
        timeout: Seconds that the toolkit waits for a frame, with trax.
        tracker: Which tracker, and what runs its network.
    """

    ACTIONS: ClassVar[tuple[str, ...]] = get_args(_Action)

    action: Positional[_Action]

    output: Annotated[Path, arg(metavar="FILE")] = Path("trackers.ini")

    id: Annotated[str, arg(metavar="NAME", help_behavior_hint="")] = ""

    protocol: Literal["trax", "folder"] = "trax"

    timeout: Annotated[int, arg(metavar="SECONDS")] = 300

    tracker: OmitArgPrefixes[TrackerOptions] = field(default_factory=TrackerOptions)

    def run(self) -> int:
        """Do what was asked for."""
        self.tracker.check()
        if self.action == "ini":
            return self._write()
        tracker = self.tracker.create()
        if self.action == "serve":
            from feathertrack.adapters.trax import serve_trax

            serve_trax(tracker, name=self.tracker.label)
        else:
            from feathertrack.adapters.vot_folder import follow_folder

            follow_folder(tracker, Path())
        return 0

    def _write(self) -> int:
        from feathertrack.adapters.vot_registry import add_section, fit_name, section

        if self.timeout < 1:
            raise InputError(f"--timeout must be at least 1 second, got {self.timeout}")
        if self.protocol == "trax":
            from feathertrack.errors import require

            require("trax", extra="vot")
        self.tracker.create()  # what does not start here would not start there
        name = self.id or fit_name(self.tracker.label)
        values = section(
            tracker_words(self.tracker),
            protocol=self.protocol,
            label=self.tracker.label,
            timeout=self.timeout,
        )
        changed = add_section(self.output, name, values)
        print(f"{self.output} {'has' if changed else 'had'} the tracker {name}")
        return 0


def tracker_words(options: TrackerOptions) -> list[str]:
    """The words that ask for the same tracker from another folder."""
    words = ["--tracker", _from_anywhere(options.tracker)]
    if options.weights is not None:
        words += ["--weights", str(options.weights.absolute())]
    for name in ("engine", "device", "precision"):
        value = getattr(options, name)
        words += [f"--{name}", value] if value != "auto" else []
    if options.threads is not None:
        words += ["--threads", str(options.threads)]
    for name, value in options.settings:
        words += [f"--settings.{name}", value]
    return words


def _from_anywhere(tracker: str) -> str:
    """A tracker's name with the paths in it absolute."""
    from feathertrack.trackers.naming import parse_tracker_name

    parts = parse_tracker_name(tracker)
    if parts.kind == "program":
        return tracker
    target = str(Path(parts.target).absolute()) if parts.kind == "file" else parts.target
    preset = parts.preset
    if preset and (Path(preset).is_file() or os.sep in preset):
        preset = str(Path(preset).absolute())
    return f"{target}@{preset}" if preset else target
