"""The sequences that settings are tuned on, and those that they are scored on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from feathertrack.benchmarks import Benchmark, open_benchmark
from feathertrack.benchmarks.names import fold
from feathertrack.data.namelists import names_files, read_names
from feathertrack.errors import InputError
from feathertrack.tuning.identity import truth_digest

_PIECE = re.compile(r"_\d+$")


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What is tuned on, and what is scored on.

    Attributes:
        tuned: part of a benchmark.
        scored: another part, or another benchmark; None to score nothing.
        how: where the two come from, for people.
        overlap: sequences of ``scored`` that were tuned on too.
    """

    tuned: Benchmark
    scored: Benchmark | None
    how: str
    overlap: tuple[str, ...] = ()

    @property
    def warning(self) -> str:
        """What must be said of the scores; "" for nothing."""
        if self.scored is None or not self.overlap:
            return ""
        named = ", ".join(self.overlap[:3]) + (", ..." if len(self.overlap) > 3 else "")
        return (
            f"{len(self.overlap)} of the {len(self.scored)} sequences that are scored were tuned "
            f"on ({named}): the scores are too good, and say little of other sequences"
        )


def split(
    benchmark: Benchmark,
    *,
    sequences: str = "",
    report: str = "",
    held_out: float = 0.5,
    seed: int = 0,
) -> Parts:
    """Divide a benchmark.

    Args:
        benchmark: all of it.
        sequences: list of those to tune on, as ``folds.json:dev``; "" for what is left by the
            others.
        report: list of those to score on, a folder with the same benchmark's data, or "none".
        held_out: share of the sequences that is drawn to be scored on, where no list is given;
            0 tunes and scores on all.
        seed: of the draw.

    Raises:
        InputError: a list or share that does not fit.
    """
    if not 0 <= held_out < 1:
        raise InputError(f"--held-out is a share from 0 to less than 1, got {held_out}")
    tuned, how = benchmark, "all sequences"
    scored: Benchmark | None = None
    if report not in ("", "none"):
        scored = _reported(benchmark, report)
    if sequences:
        tuned, how = _listed(benchmark, sequences, "--sequences"), sequences
    elif scored is not None:
        tuned, how = _without(benchmark, scored), f"what {report} leaves"
    elif report == "none" or held_out == 0:
        pass
    else:
        scored = _drawn(benchmark, held_out, seed)
        tuned, how = _without(benchmark, scored), f"{1 - held_out:.0%} drawn with seed {seed}"
    if scored is None and report != "none":
        scored = _without(benchmark, tuned) if sequences else benchmark
    if not len(tuned):
        raise InputError(f"no sequence of {benchmark.name} is left to tune on")
    if scored is not None and not len(scored):
        raise InputError(
            f"no sequence of {benchmark.name} is left to score on: give --report, or --report none"
        )
    overlap = () if scored is None else overlapping(tuned, scored)
    return Parts(tuned=tuned, scored=scored, how=how, overlap=overlap)


def overlapping(tuned: Benchmark, scored: Benchmark) -> tuple[str, ...]:
    """Sequences of ``scored`` that are in ``tuned`` too, under whatever name or benchmark.

    Of one benchmark those of the same name, of two those with the same true boxes.
    """
    if tuned.name == scored.name and tuned.root == scored.root:
        known = {fold(name) for name in tuned.names}
        return tuple(name for name in scored.names if fold(name) in known)
    boxes = {truth_digest(tuned, name) for name in tuned.names}
    return tuple(name for name in scored.names if truth_digest(scored, name) in boxes)


def _reported(benchmark: Benchmark, report: str) -> Benchmark:
    if Path(report).expanduser().is_dir():
        return open_benchmark(benchmark.name, Path(report).expanduser())
    return _listed(benchmark, report, "--report")


def _listed(benchmark: Benchmark, spec: str, option: str) -> Benchmark:
    if not names_files(benchmark.root, spec):
        known = " nor a folder" if option == "--report" else ""
        raise InputError(
            f"{option} {spec}: there is no such list of names in {benchmark.root} or beside "
            f"it{known}; write FILE.txt or FILE.json:KEY"
        )
    names = dict.fromkeys(benchmark.resolve(one) for one in read_names(benchmark.root, spec))
    return replace(benchmark, names=tuple(names))


def _without(benchmark: Benchmark, other: Benchmark) -> Benchmark:
    """The benchmark without the videos of another part, pieces of them included."""
    gone = {video_of(name) for name in other.names} if other.name == benchmark.name else set()
    shared = set(overlapping(other, benchmark))
    names = (n for n in benchmark.names if n not in shared and video_of(n) not in gone)
    return replace(benchmark, names=tuple(names))


def _drawn(benchmark: Benchmark, share: float, seed: int) -> Benchmark:
    """About that share of the sequences; pieces of a video stay together."""
    videos = _in_drawn_order({video_of(name) for name in benchmark.names}, seed)
    if len(videos) < 2:
        raise InputError(
            f"{benchmark.name} has one video, of which nothing can be held out: --held-out 0 tunes "
            "and scores on the same"
        )
    wanted, chosen = share * len(benchmark), set[str]()
    counts = {video: 0 for video in videos}
    for name in benchmark.names:
        counts[video_of(name)] += 1
    for video in videos[:-1]:
        if chosen and sum(counts[one] for one in chosen) >= wanted:
            break
        chosen.add(video)
    names = tuple(name for name in benchmark.names if video_of(name) in chosen)
    return replace(benchmark, names=names)


def _in_drawn_order(names: Iterable[str], seed: int) -> Sequence[str]:
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest())


def video_of(name: str) -> str:
    """The video that a sequence is a piece of: its name without a number at the end.

    >>> video_of("person7_2"), video_of("Basketball"), video_of("airplane-1")
    ('person7', 'Basketball', 'airplane-1')
    """
    return _PIECE.sub("", name)
