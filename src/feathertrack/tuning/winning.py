"""What a search gives: the winner as a preset, and its scores beside those of untuned settings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from feathertrack._version import __version__
from feathertrack.errors import InputError
from feathertrack.evaluation.result_files import write_whole
from feathertrack.evaluation.scoring import ScoreTable
from feathertrack.evaluation.significance import Interval, paired_difference
from feathertrack.trackers.creation import ABOUT
from feathertrack.trackers.settings import settings_to_json
from feathertrack.tuning.crew import Crew, Watcher
from feathertrack.tuning.identity import claim_data, identity_of
from feathertrack.tuning.keeping import Kept
from feathertrack.tuning.plan import SearchPlan
from feathertrack.tuning.spaces import UNTUNED, Point, changes_of
from feathertrack.tuning.splitting import Parts
from feathertrack.tuning.study import Tried

_NUMBERED = re.compile(r"preset-\d+\.json")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Untuned settings and the winner's on one part of the benchmark.

    Attributes:
        part: "tuned on", "held out", or "scored on" where some of it was tuned on.
        before: scores of the tracker as it was.
        after: scores of the winner.
    """

    part: str
    before: ScoreTable
    after: ScoreTable

    def gains(self) -> dict[str, Interval]:
        """How much each measure grew, on the same resamples of the sequences."""
        found = {
            name: paired_difference(interval, self.before.intervals[name])
            for name, interval in self.after.intervals.items()
            if name in self.before.intervals
        }
        return {name: gap for name, gap in found.items() if gap is not None}


def _held_out_in(folder: Path) -> Path:
    return folder / "held-out"


def claim_parts(folder: Path, parts: Parts, tuned: Mapping[str, str]) -> None:
    """Refuse other data than those that the results in the folder of a study are of.

    Args:
        folder: of the study.
        parts: what is tuned on, and what is scored on.
        tuned: ``identity_of`` what is tuned on.

    Raises:
        InputError: a sequence is another than that of its name was; with what can be done.
    """
    remedy = "give the --data from before, or choose another --study"
    claim_data(folder, parts.tuned.name, tuned, remedy=remedy)
    if parts.scored is not None:
        place = _held_out_in(folder)
        remedy = f"give the --report from before, or remove {place} to score anew"
        claim_data(place, parts.scored.name, identity_of(parts.scored), remedy=remedy)


def judge_winner(
    winner: Point, kept: Kept, parts: Parts, plan: SearchPlan, *, watcher: Watcher
) -> list[Verdict]:
    """Score the winner and the untuned settings on what was tuned on and on what was held out.

    Raw results are kept as those of the search are; what is there is not run again.

    Raises:
        InputError: a result cannot be made or scored; the text says why.
    """
    places = {"tuned on": kept}
    if parts.scored is not None:
        folder = _held_out_in(kept.folder)
        places["scored on" if parts.overlap else "held out"] = replace(
            kept, folder=folder, benchmark=parts.scored
        )
    verdicts = []
    for part, place in places.items():
        names = place.benchmark.names
        errors = Crew(place, plan, watcher=watcher).run([UNTUNED, winner], names)
        for error in errors.values():
            raise InputError(f"the winner cannot be scored: {error}")
        before, after = (place.score(point, names) for point in (UNTUNED, winner))
        verdicts.append(Verdict(part=part, before=before, after=after))
    return verdicts


def write_preset(
    path: Path, winner: Tried, kept: Kept, parts: Parts, *, about: Mapping[str, Any]
) -> None:
    """Write all settings of a point as a file that ``--tracker NAME@FILE`` reads.

    Under "about" it says what it was tuned on, which trackers do not read.

    Raises:
        InputError: the file cannot be written.
    """
    one = kept.contestants[kept.number_of(winner.point)]
    content = {
        ABOUT: {
            "tracker": one.name,
            "tuned_on": {
                "benchmark": parts.tuned.name,
                "sequences": list(parts.tuned.names),
                "how": parts.how,
            },
            "scored_on": None
            if parts.scored is None
            else {"benchmark": parts.scored.name, "sequences": list(parts.scored.names)},
            **({"warning": parts.warning} if parts.warning else {}),
            **({"untuned": kept.untuned} if kept.untuned else {}),
            "changed": changes_of(winner.point),
            "values": list(winner.values),
            **about,
            "feathertrack": __version__,
        },
        **settings_to_json(kept.space.settings_at(winner.point)),
    }
    write_whole(path, json.dumps(content, indent=1) + "\n")


def remove_stale_presets(folder: Path, *, keep: Iterable[Path]) -> None:
    """Remove the winners of an earlier conclusion; other people's files stay.

    Args:
        folder: of a study.
        keep: presets of now.

    Raises:
        InputError: one cannot be removed.
    """
    for path in set(folder.glob("preset-*.json")) - set(keep):
        if _NUMBERED.fullmatch(path.name) and _is_ours(path):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                said = error.strerror or error
                raise InputError(f"{path} is of an earlier search, remove it: {said}") from error


def _is_ours(path: Path) -> bool:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    about = content.get(ABOUT) if isinstance(content, dict) else None
    return isinstance(about, dict) and {"tuned_on", "feathertrack"} <= about.keys()


def scores_of(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The scores of verdicts as values for a file."""
    return {
        verdict.part: {
            "untuned": dict(verdict.before.headline),
            "tuned": dict(verdict.after.headline),
            "gains": {name: str(gap) for name, gap in verdict.gains().items()},
        }
        for verdict in verdicts
    }
