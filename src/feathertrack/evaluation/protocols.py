"""Every protocol by name: what is run, whose rules score it, and which one a benchmark takes.

A name is ``<what>@<toolkit>``; ``otb`` alone means the default of that row. ``docs/protocols.md``
shows how far they lie apart on real results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.errors import InputError
from feathertrack.evaluation.gathering import Ground, Job, gather, nearest
from feathertrack.evaluation.records import TrackerRecords
from feathertrack.evaluation.result_files.reading import concatenated_times
from feathertrack.evaluation.result_files.writing import RunKind
from feathertrack.evaluation.score_ope import score_one_pass, score_runs
from feathertrack.evaluation.score_servers import score_areas, score_pooled_overlap
from feathertrack.evaluation.score_unsupervised import score_unsupervised, score_vots
from feathertrack.evaluation.score_vot import score_anchors, score_confident, score_reset
from feathertrack.evaluation.scoring import ScoreTable

Score = Callable[[Job], ScoreTable]


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """One way to run and score.

    Attributes:
        name: as ``otb@pysot``.
        kinds: ``Benchmark.protocol`` of the benchmarks that it scores.
        run: what a tracker has to do.
        convention: whose rules, as the scoring function calls them.
        score: the function that scores.
        experiments: folders that results of it may lie in, "" for none.
        tolerates_missing: a sequence without a result counts as a miss.
    """

    name: str
    kinds: tuple[str, ...]
    run: RunKind
    convention: str
    score: Score
    experiments: tuple[str, ...] = ("",)
    tolerates_missing: bool = False


_OTB = ("otb", "tcolor128", "dtb70", "nfs", "folder", "synthetic")


def _one_pass(kind: str, kinds: tuple[str, ...], **conventions: str) -> list[Protocol]:
    return [
        Protocol(
            name=f"{kind}@{toolkit}",
            kinds=kinds,
            run="ope",
            convention=convention,
            score=score_one_pass,
            experiments=("", "ope"),
        )
        for toolkit, convention in conventions.items()
    ]


def _reset(kind: str, run: RunKind, experiments: tuple[str, ...]) -> list[Protocol]:
    return [
        Protocol(
            name=f"{kind}@{rule}",
            kinds=("vot",),
            run=run,
            convention=rule,
            score=score_reset,
            experiments=experiments,
        )
        for rule in ("pysot", "toolkit", "mmtracking", "got10k")
    ]


_OTB_CONVENTIONS = {
    "official": "otb_official",
    "pysot": "pysot",
    "got10k": "got10k_otb",
    "pytracking": "pytracking_otb",
    "pytracking_exclude_invalid": "pytracking_otb_exclude_invalid",
    "mmtracking": "mmtracking",
}

_ALL = [
    *_one_pass("otb", _OTB, **_OTB_CONVENTIONS),
    *(
        protocol
        for kind in ("tcolor128", "dtb70", "nfs")
        for protocol in _one_pass(kind, (kind,), **_OTB_CONVENTIONS)
    ),
    *_one_pass(
        "uav",
        ("uav",),
        pysot="pysot",
        got10k="got10k_uav",
        pytracking="pytracking_uav",
        mmtracking="mmtracking",
    ),
    *_one_pass(
        "lasot",
        ("lasot",),
        official="lasot_official",
        pysot="pysot_absent",
        got10k="got10k_lasot",
        pytracking="pytracking_lasot",
        mmtracking="mmtracking_visible",
    ),
    *(
        Protocol(
            name=f"otb_{run}@official",
            kinds=_OTB,
            run=run,
            convention="otb_official",
            score=score_runs,
            experiments=(run,),
        )
        for run in ("tre", "sre")
    ),
    Protocol(
        name="got10k",
        kinds=("got10k",),
        run="got10k",
        convention="got10k",
        score=score_pooled_overlap,
    ),
    Protocol(
        name="trackingnet",
        kinds=("trackingnet",),
        run="ope",
        convention="trackingnet",
        score=score_areas,
        tolerates_missing=True,
    ),
    *_reset("vot", "reset", ("baseline", "supervised", "")),
    *_reset("vot_realtime", "realtime", ("realtime",)),
    *(
        Protocol(
            name=f"{name}@toolkit",
            kinds=("vot", "vot_multistart"),
            run="unsupervised",
            convention="toolkit",
            score=score,
            experiments=("unsupervised",),
        )
        for name, score in (("vot_unsupervised", score_unsupervised), ("vots", score_vots))
    ),
    Protocol(
        name="vot2020@toolkit",
        kinds=("vot_multistart",),
        run="multistart",
        convention="toolkit",
        score=score_anchors,
        experiments=("baseline", "multistart", ""),
    ),
    *(
        Protocol(
            name=f"votlt@{rule}",
            kinds=("votlt",),
            run="longterm",
            convention=rule,
            score=score_confident,
            experiments=("longterm", ""),
        )
        for rule in ("pysot", "toolkit")
    ),
]

PROTOCOLS: dict[str, Protocol] = {protocol.name: protocol for protocol in _ALL}
"""Every protocol, by name."""

DEFAULTS: dict[str, str] = {
    "otb": "otb@official",
    "tcolor128": "tcolor128@pysot",
    "dtb70": "dtb70@pysot",
    "nfs": "nfs@pytracking",
    "uav": "uav@pysot",
    "lasot": "lasot@official",
    "got10k": "got10k",
    "trackingnet": "trackingnet",
    "vot": "vot@pysot",
    "vot_multistart": "vot2020@toolkit",
    "votlt": "votlt@pysot",
    "folder": "otb@pysot",
    "synthetic": "otb@official",
}
"""``Benchmark.protocol`` -> the protocol unless another is asked for.

The benchmark's own code where it has some that is defined for any result, else the toolkit that
most published rows come from.
"""


def protocols_of(benchmark: Benchmark) -> list[str]:
    """Names of the protocols that can score a benchmark, its default first."""
    fitting = [name for name, one in PROTOCOLS.items() if benchmark.protocol in one.kinds]
    default = DEFAULTS.get(benchmark.protocol, "")
    return sorted(fitting, key=lambda name: (name != default, list(PROTOCOLS).index(name)))


def find_protocol(name: str | None, benchmark: Benchmark) -> Protocol:
    """The protocol of a name for a benchmark.

    Args:
        name: of a row of the table; without its toolkit the default one is meant; the part before
            the @ may be the benchmark's name, as ``otb100@pysot``. None is the default.
        benchmark: what is to be scored.

    Raises:
        InputError: there is no such protocol, or it cannot score this benchmark.
    """
    fitting = protocols_of(benchmark)
    if not fitting:
        raise InputError(f"no protocol scores {benchmark.name} ({benchmark.protocol})")
    if name is None:
        return PROTOCOLS[fitting[0]]
    what, _, toolkit = name.partition("@")
    if what in (benchmark.name, benchmark.protocol):
        own = [one for one in fitting if not toolkit or one.endswith(f"@{toolkit}")]
        if name in fitting:
            return PROTOCOLS[name]
        if own:
            return PROTOCOLS[own[0]]
    if name in fitting:
        return PROTOCOLS[name]
    with_toolkit = next((one for one in fitting if one.partition("@")[0] == what), None)
    if not toolkit and with_toolkit:
        return PROTOCOLS[with_toolkit]
    if name in PROTOCOLS:
        raise InputError(f"protocol {name} cannot score {benchmark.name}: {', '.join(fitting)} can")
    raise InputError(
        f"no protocol of {benchmark.name} is called {name!r}; nearest: {nearest(name, fitting)}"
    )


def score_records(
    results: TrackerRecords,
    benchmark: Benchmark | Ground,
    *,
    protocol: str | None = None,
    partial: bool = False,
) -> ScoreTable:
    """Score one tracker's results.

    Args:
        results: its raw results.
        benchmark: what it was run on; a ``Ground`` is read once for many trackers.
        protocol: name of a protocol, None for the benchmark's default.
        partial: score only the sequences that have a result.

    Raises:
        InputError: the protocol does not fit, or results are missing or malformed.
    """
    ground = benchmark if isinstance(benchmark, Ground) else Ground(benchmark)
    chosen = find_protocol(protocol, ground.benchmark)
    table = chosen.score(gather(ground, results, chosen, partial=partial))
    return replace(table, latency=_latency(results))


def _latency(results: TrackerRecords) -> tuple[float, float] | None:
    """Seconds of a frame: the median, and what 95 of 100 frames do not exceed."""
    seconds = concatenated_times(results)
    if not len(seconds):
        return None
    median, slow = np.quantile(seconds, [0.5, 0.95])
    return float(median), float(slow)


def choose_results(trackers: Sequence[TrackerRecords], protocol: Protocol) -> list[TrackerRecords]:
    """Those that were made by the run which a protocol scores, one of each tracker that has it.

    Raises:
        InputError: there is none; the experiments that there are, are named.
    """
    chosen: dict[str, TrackerRecords] = {}
    for experiment in protocol.experiments:
        for one in trackers:
            if one.experiment == experiment:
                chosen.setdefault(one.tracker, one)
    if chosen:
        return [one for one in trackers if chosen.get(one.tracker) is one]
    there = ", ".join(sorted({one.experiment or "one pass" for one in trackers}))
    wanted = " or ".join(name or "one pass" for name in protocol.experiments)
    raise InputError(
        f"{protocol.name} scores results of {wanted}, but {trackers[0].place} holds: {there}"
    )
