"""Trackers to evaluate, by name, so that workers in other processes can make their own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from feathertrack.engines.protocol import EngineName, Precision
from feathertrack.errors import InputError, WeightsError
from feathertrack.evaluation.model_facts import FACTS, model_facts
from feathertrack.trackers.built_in import BUILT_IN
from feathertrack.trackers.changing import with_settings
from feathertrack.trackers.creation import check_tracker_name, create_tracker
from feathertrack.trackers.naming import import_class, parse_tracker_name
from feathertrack.trackers.toolkits import innermost, wrapped
from feathertrack.trackers.tracker import Tracker
from feathertrack.trackers.trax import TraxTracker

_WEIGHTS = (".pth", ".pt", ".tar", ".onnx", ".safetensors", ".model", ".xml")
_UNFIT = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """What ``create_tracker`` takes, and what to call the tracker in tables and folders.

    Attributes:
        label: name of its folder and row.
        name: ``NAME | FILE | module:Class``, with ``@PRESET`` or ``@FILE``.
        engine: what runs its network.
        device: where.
        precision: in what it computes.
        threads: processor threads of the network.
        settings: in place of the tracker's own; None leaves those.
        made: a tracker that is there already; it cannot be sent to another process.
    """

    label: str
    name: str
    engine: EngineName = "auto"
    device: str = "auto"
    precision: Precision = "auto"
    threads: int | None = None
    settings: object = None
    made: Tracker | None = None

    def create(self) -> Tracker:
        """The tracker, ready for ``init``.

        Raises:
            InputError: no such tracker, weights or preset.
        """
        if self.made is not None:
            return self.made
        tracker = create_tracker(
            self.name,
            engine=self.engine,
            device=self.device,
            precision=self.precision,
            threads=self.threads,
        )
        return tracker if self.settings is None else with_settings(tracker, self.settings)

    def check(self) -> None:
        """Find out what is wrong with it before anything is run, as far as no network is loaded.

        Raises:
            InputError: no such name, file, class, preset or program.
            WeightsError: the weights of the model are not on this machine.
            FeathertrackError: its module cannot be imported, or its program does not speak TraX.
        """
        check_tracker_name(self.name)
        parts = parse_tracker_name(self.name)
        if parts.kind == "program":
            TraxTracker(parts.target).check()

    @property
    def deterministic(self) -> bool:
        """Whether it does the same in every run, so that one is enough.

        The trackers of this package do. A class of the user's says so with ``is_deterministic``.
        """
        if self.made is not None:
            inner = innermost(self.made)
            own = type(inner).__module__.startswith("feathertrack.")
            return bool(getattr(inner, "is_deterministic", own))
        parts = parse_tracker_name(self.name)
        if parts.kind == "program":
            return False
        if parts.target in BUILT_IN:
            return BUILT_IN[parts.target].deterministic
        if parts.kind != "class":
            return True
        return bool(getattr(import_class(parts.target), "is_deterministic", False))

    def configuration(self) -> dict[str, Any]:
        """What decides its results, for the file beside them; weights by their digest.

        ``model`` says what its network costs besides; see ``model_facts``.
        """
        values = asdict(replace(self, made=None, settings=None))
        del values["made"], values["threads"], values["settings"]
        if self.settings is not None:
            values["settings"] = repr(self.settings)
        if self.made is not None:
            return {**values, "settings": repr(getattr(self.made, "settings", ""))}
        parts = parse_tracker_name(self.name)
        if parts.target in BUILT_IN and parts.preset:  # the preset of these is a file of weights
            parts = replace(parts, kind="file", target=parts.preset, preset="")
        if parts.kind == "file":
            from feathertrack.engines.source import Source

            values["name"] = Path(parts.target).name + (f"@{parts.preset}" if parts.preset else "")
            values["sha256"] = Source(parts.target).digest
        if facts := model_facts(self.name):
            values[FACTS] = facts
        return values


def contestant_of(tracker: Tracker | str) -> Contestant:
    """A tracker, or the name of one, as a contestant."""
    if isinstance(tracker, str):
        return Contestant(label=label_of(tracker), name=tracker)
    inner = innermost(tracker)
    engine = getattr(tracker, "engine", None)
    label = engine.info.name if engine is not None else type(inner).__name__
    ours = type(tracker).__module__.startswith("feathertrack.")
    made = tracker if ours else wrapped(tracker)
    return Contestant(label=fit(label), name=label, made=made)


def find_contestants(
    names: Sequence[str], *, skip: Callable[[str], None] | None = None, **how: Any
) -> list[Contestant]:
    """Contestants by name; a folder of weights counts as that many trackers.

    Args:
        names: as ``--tracker`` takes them.
        skip: given this, each file of a folder is loaded once; those that are no trackers are left
            out, and it is told each with why in a sentence.
        **how: the other attributes of a ``Contestant``.

    Raises:
        InputError: a folder without weights or without a tracker, or two trackers that would be
            called alike.
    """
    if not names:
        raise InputError("no tracker was named: give --tracker NAME, FILE or module:Class")
    spread = [one for name in names for one in _spread(name, skip, how)]
    labels = [label_of(name) for name in spread]
    twice = {label for label, count in Counter(labels).items() if count > 1}
    labels = [
        fit(f"{folder}-{label}") if label in twice and (folder := Path(name).parent.name) else label
        for name, label in zip(spread, labels, strict=True)
    ]
    folded = Counter(label.casefold() for label in labels)
    for name, label in zip(spread, labels, strict=True):
        if folded[label.casefold()] > 1:
            raise InputError(f"two trackers would be called {label!r}, as {name}: name each once")
    return [Contestant(label=label, name=n, **how) for n, label in zip(spread, labels, strict=True)]


def _spread(name: str, skip: Callable[[str], None] | None, how: Mapping[str, Any]) -> list[str]:
    if not name.strip():
        raise InputError(f"tracker {name!r} has no name: feathertrack list prints those there are")
    folder = Path(name)
    if not folder.is_dir():
        return [name]
    # An OpenVINO pair is .xml and .bin, an exported pair of ours a folder: .xml stands for both.
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _WEIGHTS)
    if not files:
        raise InputError(f"tracker {name} is a folder without weights ({', '.join(_WEIGHTS)})")
    # A network is a pair of files, which either names: it is one tracker.
    first = {path.name for path in files}
    files = [
        path
        for path in files
        if ".predict." not in path.name or path.name.replace(".predict.", ".embed.") not in first
    ]
    found = [str(path) for path in files]
    if skip is None:
        return found
    kept = [one for one in found if _loads(one, skip, how)]
    if not kept:
        raise InputError(f"tracker {name}: none of the folder's {len(found)} files is a tracker")
    return kept


def _loads(name: str, skip: Callable[[str], None], how: Mapping[str, Any]) -> bool:
    """Whether a file is a tracker; found out once, not in every sequence."""
    try:
        Contestant(label=name, name=name, **how).create()
    except (InputError, WeightsError) as error:
        why = " ".join(str(error).split())
        skip(f"left out: {why}" if name in why else f"left out: {name}: {why}")
        return False
    return True


def label_of(name: str) -> str:
    """What to call a tracker: no folder, no module, no suffix.

    >>> label_of("runs/FDSiamfc_30.pth"), label_of("mine.trackers:Box"), label_of("siamfc@otb")
    ('FDSiamfc_30', 'Box', 'siamfc@otb')
    """
    parts = parse_tracker_name(name)
    own = {
        "file": Path(parts.target).stem,
        "class": parts.target.rpartition(":")[2],
        "model": parts.target,
        "program": " ".join(re.split(r"[/\\]", word)[-1] for word in parts.target.split()),
    }[parts.kind]
    return fit(f"{own}@{Path(parts.preset).stem}" if parts.preset else own)


def fit(label: str) -> str:
    """A label that can be the name of a folder on every system."""
    return _UNFIT.sub("-", label).strip(". ") or "tracker"
