"""From a name to a tracker that is ready for ``init``."""

from __future__ import annotations

import difflib
import fnmatch
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from feathertrack.engines import create_engine
from feathertrack.engines.pair import SUFFIXES, find_pair
from feathertrack.engines.protocol import CallingEngine, Engine, EngineName, NetworkInfo, Precision
from feathertrack.errors import InputError, blaming
from feathertrack.trackers.built_in import BUILT_IN, create_built_in
from feathertrack.trackers.changing import settings_of, with_settings
from feathertrack.trackers.families import TrackerSettings, find_family
from feathertrack.trackers.naming import TrackerName, import_class, parse_tracker_name
from feathertrack.trackers.pairs import PAIRS, pair_weights
from feathertrack.trackers.presets import DEFAULTS, PRESETS, PUBLISHED, presets_for
from feathertrack.trackers.settings import override, settings_from_json
from feathertrack.trackers.toolkits import wrapped
from feathertrack.trackers.tracker import EngineTracker, Tracker
from feathertrack.trackers.trax import TraxTracker
from feathertrack.trackers.weights_file import check_weights_without_torch
from feathertrack.weights.catalogue import find_weights

DEFAULT_MODEL = "feather_small"
"""The shipped model that ``default`` stands for."""

ABOUT = "about"
"""Where a file of settings says what it was tuned on; trackers do not read it."""


def create_tracker(
    name: str = "default",
    *,
    weights: str | Path | None = None,
    engine: EngineName = "auto",
    device: str = "auto",
    precision: Precision = "auto",
    threads: int | None = None,
    **settings: object,
) -> Tracker:
    """A tracker by name, ready for ``init``.

    Trackers and engines cannot be pickled, as they hold a running network: make one in each worker
    process. Threads may share an engine (``tracker_for``), not a tracker.

    Args:
        name: ``NAME | FILE | module:Class``, with ``@PRESET`` or ``@FILE`` for settings, or
            ``trax:COMMAND``, a program that speaks TraX. A class may be written for got10k, pysot
            or pytracking too.
        weights: file of weights, or two with a comma between them for a tracker of two networks;
            None takes the shipped or downloaded ones of ``name``.
        engine: the runtime; "auto" measures those that are installed, once, and takes the fastest.
        device: "auto", "cpu", "cuda", "cuda:1" or "mps".
        precision: "auto" takes bfloat16 where the processor has it, else float32.
        threads: processor threads of the network; None leaves it to the runtime.
        **settings: fields of the tracker's settings, such as ``window_weight=0.2``.

    Raises:
        InputError: no such name, file, preset or field; the text names what is near.
        MissingExtra: the weights or the engine need an extra that is not installed.
        TrackerFailed: a class of the user's cannot be imported or made.
    """
    _check_words(name=name, engine=engine, device=device, precision=precision)
    if weights is not None and not isinstance(weights, str | Path):
        raise InputError(f"weights must be the path of a file, got {weights!r}")
    parts = parse_tracker_name(name)
    if parts.kind in ("class", "program"):
        _refuse_ours(parts, weights=weights is not None, settings=bool(settings))
        return _create_foreign(parts)
    if parts.target in BUILT_IN:
        if settings:
            raise InputError(f"{parts.target} has no settings, got {', '.join(settings)}")
        return create_built_in(parts.target, weights=weights, preset=parts.preset)
    if parts.target in PAIRS:
        files = zip(PAIRS[parts.target], pair_weights(parts.target, weights), strict=True)
        runtime = (engine, device, precision, threads)
        engines = [_engine_of(model, path, *runtime) for model, path in files]
        return _create_pair(parts, engines, settings)
    named = DEFAULT_MODEL if parts.target == "default" else parts.target
    model, preset = named, parts.preset
    if parts.kind == "model":
        model, preset = model_and_preset(named, parts.preset)  # before weights are missed
    path = _weights_path(named, weights, is_file=parts.kind == "file")
    known = model if parts.kind == "model" else ""
    network = _engine_of(known, path, engine, device, precision, threads)
    _check_conventions(named, network.info, path)
    return tracker_for(network, preset=preset, changes=settings)


def _create_foreign(parts: TrackerName) -> Tracker:
    """A program that speaks TraX, or a class of the user's."""
    if parts.kind == "program":
        return TraxTracker(parts.target)
    found = import_class(parts.target)
    with blaming(parts.target, "cannot be made"):
        made = found()
    tracker = wrapped(made, name=parts.target)
    if not parts.preset:
        return tracker
    settings = settings_of(tracker)
    if settings is None or not _is_file(parts.preset):
        _refuse_ours(parts, weights=False, settings=True)
    return with_settings(tracker, settings_from_json(settings, _read_json(Path(parts.preset))))


def _engine_of(
    model: str,
    path: Path,
    engine: EngineName,
    device: str,
    precision: Precision,
    threads: int | None,
) -> CallingEngine:
    """The network of a file, which must be of a model, unless that is ""."""
    check_weights_without_torch(path)
    network = create_engine(
        path, engine=engine, device=device, precision=precision, threads=threads
    )
    if model and network.info.name != model:
        raise InputError(f"{path} holds the weights of {network.info.name}, not of {model}")
    return network


def _check_conventions(name: str, info: NetworkInfo, path: Path) -> None:
    """Refuse weights of other conventions than those that were published under a name."""
    published, found = PUBLISHED.get(name), info.conventions.get("anchors")
    if published is not None and found is not None and found != published.anchors:
        raise InputError(
            f"{path} was trained with the anchors of {found}, {name} with those of "
            f"{published.anchors}: say the file itself, --tracker {path}"
        )


def _create_pair(
    parts: TrackerName, engines: Sequence[CallingEngine], changes: Mapping[str, object]
) -> Tracker:
    """A tracker of two networks, with the settings of the first."""
    first = engines[0].info
    made: Tracker = find_family(first.family).tracker(
        engines, override(find_settings(first, parts.preset), changes)
    )
    return made


def check_tracker_name(name: str) -> None:
    """Refuse a name that ``create_tracker`` would refuse, as far as no network is loaded for it.

    Raises:
        InputError: no such name, file, class or preset.
        WeightsError: the weights of the model are not on this machine.
        TrackerFailed: a class of the user's cannot be imported.
    """
    parts = parse_tracker_name(name)
    if parts.kind in ("class", "program"):
        if parts.kind == "class":
            import_class(parts.target)
            if parts.preset:
                _create_foreign(parts)
    elif parts.target in BUILT_IN:
        create_built_in(parts.target, preset=parts.preset)
    elif parts.target in PAIRS:
        model_and_preset(PAIRS[parts.target][0], parts.preset)
        pair_weights(parts.target, None)
    elif parts.kind == "file":
        if Path(parts.target).suffix.lower() in SUFFIXES:
            find_pair(Path(parts.target))
        elif not Path(parts.target).exists():
            raise InputError(f"tracker {name}: there is no file {parts.target}")
    else:
        model = DEFAULT_MODEL if parts.target == "default" else parts.target
        model_and_preset(model, parts.preset)
        find_weights(model)


def tracker_for(
    engine: Engine, *, preset: str = "", changes: Mapping[str, object] | None = None
) -> EngineTracker:
    """A tracker on an engine that is already there; any number may share one engine.

    Raises:
        InputError: no tracker decodes the network, or there is no such preset or field.
    """
    settings = override(find_settings(engine.info, preset), changes or {})
    return find_family(engine.info.family).make(engine, settings)


def find_settings(info: NetworkInfo, preset: str = "") -> TrackerSettings:
    """The settings of a model: its defaults, a preset's, or those of a JSON file.

    The calibration that the weights carry, such as ``midpoint`` and ``slope``, takes the place of
    the shipped one, except where a JSON file says otherwise.

    Raises:
        InputError: the model has no such preset; the text lists those it has. Or the weights carry
            a number that is no field of the confidence, or out of its range.
    """
    family = find_family(info.family)
    is_file = _is_file(preset)
    settings = DEFAULTS.get(info.name, family.defaults())
    if preset and not is_file:
        settings = _choose(info.name, presets_for(info.name, info.conventions), preset)
    if info.config:
        confidence = override(settings.confidence, info.config)
        settings = override(settings, {"confidence": confidence})
    return settings_from_json(settings, _read_json(Path(preset))) if is_file else settings


def model_and_preset(name: str, preset: str) -> tuple[str, str]:
    """The model that a name stands for, and the preset: that of published weights, if none is said.

    Raises:
        InputError: there is no such name or preset, or no such file of settings.
    """
    _check_known(name)
    published = PUBLISHED.get(name)
    model = published.model if published else name
    if preset and _is_file(preset):
        settings_from_json(DEFAULTS[model], _read_json(Path(preset)))
    elif preset:
        _choose(name, PRESETS.get(model, {}), preset)
    return model, preset or (published.preset if published else "")


def _choose(name: str, presets: Mapping[str, TrackerSettings], preset: str) -> TrackerSettings:
    if preset not in presets:
        known = ", ".join(sorted(presets)) or "none"
        raise InputError(f"{name} has no preset {preset!r}; it has: {known}")
    return presets[preset]


def _is_file(preset: str) -> bool:
    return bool(preset) and (Path(preset).suffix == ".json" or Path(preset).is_file())


def list_trackers(pattern: str = "*") -> list[str]:
    """Names that ``create_tracker`` knows, presets included, that match a shell pattern; sorted."""
    names = {"default", DEFAULT_MODEL, *DEFAULTS, *PRESETS, *PUBLISHED, *PAIRS, *BUILT_IN} - {
        "fdsiamd"
    }
    presets = {f"{name}@{preset}" for name, table in PRESETS.items() for preset in table}
    presets |= {
        f"{name}@{preset}" for name, pair in PAIRS.items() for preset in PRESETS.get(pair[0], {})
    }
    return sorted(fnmatch.filter(names | presets, pattern))


def _refuse_ours(parts: TrackerName, *, weights: bool, settings: bool) -> None:
    """Refuse what only a network of ours takes, for a class or a program of the user's."""
    refused = [what for what, given in (("weights", weights), ("settings", settings)) if given]
    if refused:
        raise InputError(
            f"tracker {parts.target!r} is a {parts.kind} of yours: it takes no "
            f"{' and no '.join(refused)} here"
        )


def _check_words(**words: object) -> None:
    for option, word in words.items():
        if not isinstance(word, str):
            example = "default" if option == "name" else "auto"
            raise InputError(
                f"the {option} of a tracker is a text, such as {example!r}, got {word!r}"
            )


def _check_known(model: str) -> None:
    known = [name for name in list_trackers() if "@" not in name]
    if model not in known:
        near = difflib.get_close_matches(model, known, n=3, cutoff=0.3) or known
        raise InputError(
            f"no tracker and no file is called {model!r}; nearest names: {', '.join(near)}"
        )


def _weights_path(model: str, weights: str | Path | None, *, is_file: bool) -> Path:
    if is_file:
        if weights is not None:
            raise InputError(f"two files of weights: {model} and {weights}; give one")
        return Path(model)
    if weights is None:
        return find_weights(model)
    if "," in str(weights) and not Path(weights).is_file():
        raise InputError(f"{model} runs one network: give one file of weights, got {weights}")
    return Path(weights)


def _read_json(path: Path) -> Mapping[str, object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read settings from {path}: {error}") from error
    if not isinstance(content, dict):
        raise InputError(f"settings in {path} must be a JSON object of field: value")
    return {name: value for name, value in content.items() if name != ABOUT}
