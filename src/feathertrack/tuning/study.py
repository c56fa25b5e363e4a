"""A study: points that wait, run or are done, shared by any number of processes.

Optuna keeps it. What is added here: a process that was killed is noticed, and its points are run by
another; nothing is proposed twice; a study is of one tracker, benchmark and objective for ever.
"""

from __future__ import annotations

import contextlib
import time
import uuid
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from feathertrack.errors import InputError, require
from feathertrack.lock import exclusive
from feathertrack.tuning.axes import Axis
from feathertrack.tuning.journal import open_storage, waiting_for
from feathertrack.tuning.places import split_place, without_secrets
from feathertrack.tuning.recorded import AXES, described, kind_of, text_of_kinds
from feathertrack.tuning.spaces import Point, Space, key_of

State = Literal["waiting", "running", "complete", "stopped", "failed", "abandoned"]

DATA = "data"
"""What a study is of, in this: the digest of its data. Studies from before it have none."""

_SILENCE = 3600.0
"""Seconds after which a process of another machine that says nothing is given up."""
_GRACE = 60.0
"""Seconds in which a point that was just taken may be without an owner."""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A point of a study.

    Attributes:
        number: of the point in the study.
        point: it.
        state: "stopped" after some sequences, "failed" for an error, "abandoned" by a process that
            was killed.
        values: of the objectives; () before there are any.
        details: what ``finish`` was told of it.
    """

    number: int
    point: Point
    state: State
    values: tuple[float, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


class Study:
    """See above; a context manager, in which this process owns the points it takes.

    Args:
        place: journal file or URL, with ``#NAME`` for one of several studies.
        folder: where processes that share a file system show that they live.
        space: of the search.
        made: what the study is of; kept with it and compared.
        maximize: one for each objective.
        sampler: of Optuna's; None for points that are only ever added.

    Raises:
        InputError: the place cannot be opened, or holds a study of something else.
    """

    def __init__(
        self,
        place: str,
        *,
        folder: Path,
        space: Space,
        made: Mapping[str, Any],
        maximize: Sequence[bool],
        sampler: Any = None,
    ) -> None:
        optuna: Any = require("optuna", extra="tune")
        self.space = space
        self._states = optuna.trial.TrialState
        self._distributions = {axis.path: _distribution(optuna, axis) for axis in space.axes}
        self._owner = uuid.uuid4().hex
        self._folder = folder
        where, name = split_place(place)
        try:
            self._study = optuna.create_study(
                storage=open_storage(where),
                study_name=name,
                directions=["maximize" if up else "minimize" for up in maximize],
                load_if_exists=True,
                sampler=sampler or optuna.samplers.RandomSampler(seed=0),
                pruner=optuna.pruners.NopPruner(),
            )
        except InputError:
            raise
        except Exception as error:
            raise InputError(f"study {without_secrets(place)} cannot be read: {error}") from error
        if self._study.get_trials(deepcopy=False):  # go on drawing, do not draw the same again
            self._study.sampler.reseed_rng()
        self._claim(place, {**made, "axes": {axis.path: kind_of(axis) for axis in space.axes}})

    def _claim(self, place: str, made: Mapping[str, Any]) -> None:
        known = self._study.user_attrs.get("made")
        if known is None:
            self._study.set_user_attr(AXES, described(self.space.axes))
            self._study.set_user_attr("made", dict(made))
            return
        for key, value in made.items():
            if key == DATA and known.get(key, value) != value:
                raise InputError(
                    f"study {without_secrets(place)} is of other data: sequences of the same names "
                    "had other frames or true boxes; give the --data from before, or choose "
                    "another --study"
                )
            if key != DATA and known.get(key) != value:
                before, now = (
                    text_of_kinds(one) if key == "axes" and one else _brief(one)
                    for one in (known.get(key), value)
                )
                raise InputError(
                    f"study {without_secrets(place)} is of another {key} ({before}, now {now}): "
                    "choose another --study"
                )

    @property
    def optuna(self) -> Any:
        """Optuna's own object."""
        return self._study

    @contextlib.contextmanager
    def owned(self) -> Iterator[None]:
        """Show that this process lives, for the length of a ``with`` block."""
        with exclusive(self._lock_of(self._owner)):
            yield

    def _lock_of(self, owner: str) -> Path:
        return self._folder / ".processes" / f"{owner}.lock"

    def tried(self) -> list[Tried]:
        """All points, in the order in which they came into the study."""
        return [self._tried(trial) for trial in self._study.get_trials(deepcopy=False)]

    def _tried(self, trial: Any) -> Tried:
        names: dict[Any, State] = {
            self._states.WAITING: "waiting",
            self._states.RUNNING: "running",
            self._states.COMPLETE: "complete",
            self._states.PRUNED: "stopped",
            self._states.FAIL: "failed",
        }
        state = names[trial.state]
        if trial.user_attrs.get("abandoned"):
            state = "abandoned"
        details = trial.user_attrs.get("details", {})
        return Tried(
            number=trial.number,
            point=self.space.point(_params(trial)),
            state=state,
            values=tuple(details.get("values", ())),
            details=details,
        )

    def add_missing(self, points: Sequence[Point]) -> None:
        """Put those of the points into the study that are not done, running or waiting there."""
        with waiting_for(self._folder / ".processes" / "adding.lock"):
            gone = ("failed", "abandoned")
            known = {one.point for one in self.tried() if one.state not in gone}
            self.add([point for point in dict.fromkeys(points) if point not in known])

    def add(self, points: Sequence[Point]) -> None:
        """Put points into the study that any process may take."""
        for point in points:
            self._study.enqueue_trial(dict(point), user_attrs={"point": key_of(point)})

    def take(self, count: int, *, propose: bool) -> list[Trial]:
        """Take up to so many points to run: those that wait, then what the sampler proposes.

        Args:
            count: how many.
            propose: let the sampler propose; otherwise only points that were added are taken.
        """
        taken: list[Trial] = []
        doubles = 0
        while len(taken) < count:
            if not propose and not self._waits():
                break
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a point from before the range was narrowed
                asked = self._study.ask(self._distributions)
            asked.set_user_attr("owner", self._owner)
            trial = Trial(asked, self.space.point(asked.params))
            added = "point" in asked.user_attrs  # else others took the last one that was
            if (propose and doubles) or ((propose or added) and not self._runs_elsewhere(trial)):
                taken.append(trial)
                continue
            asked.set_user_attr("abandoned", True)
            self._study.tell(asked, state=self._states.FAIL)
            if propose:  # two processes began with the same seed
                self._study.sampler.reseed_rng()
                doubles += 1
        return taken

    def _runs_elsewhere(self, trial: Trial) -> bool:
        number = trial.asked.number
        return any(
            one.point == trial.point and one.state == "running" and one.number < number
            for one in self.tried()
        )

    def _waits(self) -> bool:
        return bool(self._study.get_trials(deepcopy=False, states=(self._states.WAITING,)))

    def beat(self) -> None:
        """Say that this process lives, for those that do not share its file system."""
        self._study.set_user_attr(f"beat {self._owner}", time.time())

    def finish(
        self, trial: Trial, *, state: State, values: Sequence[float], details: Mapping[str, Any]
    ) -> None:
        """Keep what came of a point."""
        told = {
            "complete": self._states.COMPLETE,
            "stopped": self._states.PRUNED,
            "failed": self._states.FAIL,
        }[state]
        with contextlib.suppress(ValueError, RuntimeError):  # taken for dead, it was given away
            trial.asked.set_user_attr("details", {**details, "values": list(values)})
            complete = state == "complete"
            self._study.tell(trial.asked, list(values) if complete else None, state=told)

    def revive(self) -> int:
        """Give back the points of processes that are gone; return how many."""
        count = 0
        for trial in self._study.get_trials(deepcopy=False, states=(self._states.RUNNING,)):
            if self._lives(trial):
                continue
            try:  # of two processes that see it, one is told that it is too late
                self._study._storage.set_trial_user_attr(trial._trial_id, "abandoned", True)
                self._study.tell(trial.number, state=self._states.FAIL)
            except (ValueError, RuntimeError):
                continue
            self.add([self.space.point(_params(trial))])
            count += 1
        return count

    def _lives(self, trial: Any) -> bool:
        owner = trial.user_attrs.get("owner")
        if owner == self._owner:
            return True
        if owner is None:
            age = time.time() - trial.datetime_start.timestamp()
            return bool(age < _GRACE)
        lock = self._lock_of(owner)
        if lock.is_file():
            with exclusive(lock) as free:
                return not free
        beat = self._study.user_attrs.get(f"beat {owner}", trial.datetime_start.timestamp())
        return bool(time.time() - beat < _SILENCE)


@dataclass(frozen=True)
class Trial:
    """A point that this process has taken.

    Attributes:
        asked: Optuna's object.
        point: the point.
    """

    asked: Any
    point: Point


def _params(trial: Any) -> dict[str, Any]:
    """The values of a trial, also of one that nobody has taken yet."""
    fixed = trial.system_attrs.get("fixed_params", {})
    return {**fixed, **trial.params}


def _distribution(optuna: Any, axis: Axis) -> Any:
    of = optuna.distributions
    if axis.choices:
        return of.CategoricalDistribution(axis.choices)
    if axis.whole:
        return of.IntDistribution(int(axis.low), int(axis.high), log=axis.log)
    return of.FloatDistribution(axis.low, axis.high, log=axis.log)


def _brief(value: Any) -> str:
    text = str(value)
    return text if len(text) < 80 else f"{text[:77]}..."
