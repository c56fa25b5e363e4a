"""Which two frames make a pair: a function of seed, epoch and index alone.

An epoch has ``pairs_per_epoch`` places. Each set gets as many of them as its share says, spread by
a permutation of the epoch. Within a set the videos come in passes: every one is used once before
any is used again, in an order that is new in every pass and goes on from epoch to epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feathertrack.data.choosing import Choose, chooser_for
from feathertrack.data.settings import DataSettings, SetSettings
from feathertrack.data.shuffling import shuffled
from feathertrack.data.sources import Source
from feathertrack.errors import InputError

_TRIES = 200
"""Videos that are tried for one pair before a set is said to have none."""


@dataclass(frozen=True, kw_only=True)
class View:
    """One of the two frames: number of the set, of its track, and of the usable frame in it."""

    set: int
    track: int
    i: int


@dataclass(frozen=True, kw_only=True)
class PairPlan:
    """What a pair is made of, before any picture is read.

    Attributes:
        template: the frame that shows the target.
        search: the frame in which it is sought.
        positive: both show the same target.
        gray: both lose their colours.
        seed: of everything that is drawn for the pair later, below 2**63.
    """

    template: View
    search: View
    positive: bool
    gray: bool
    seed: int


@dataclass(frozen=True, kw_only=True)
class _Pass:
    """How the places of an epoch and the videos of a set meet.

    Attributes:
        first: the first place of the set among the shuffled ones.
        places: its number of places per epoch.
        size: videos per pass.
        units: videos that there are, or tracks where each counts by itself.
    """

    first: int
    places: int
    size: int
    units: int


class PairSampler:
    """Plans pairs.

    Where no set has a ``count``, the sets are drawn by their shares. Where one has, a set weighs
    its share times its videos per pass, which with equal shares is the union list of pysot. A
    count below the number of videos uses one fixed part of them.

    Args:
        sources: the opened sets, in the order of ``data.sets``.
        data: the settings.
        seed: of everything.

    Raises:
        InputError: no set, a share or probability that cannot be, or an empty set.
    """

    def __init__(self, sources: Sequence[Source], data: DataSettings, *, seed: int) -> None:
        _check(sources, data)
        self.sources = tuple(sources)
        self.data = data
        self.seed = seed
        self._by_track = data.crop == "mmtracking"  # there an instance is a video of its own
        self._passes = self._spread()
        self._choose: Choose = chooser_for(data)

    def plan(self, epoch: int, index: int, attempt: int = 0) -> PairPlan:
        """The pair of a place in an epoch.

        Args:
            epoch: counted from 0.
            index: 0 .. pairs_per_epoch - 1.
            attempt: 0; higher numbers give the pairs that stand in for one whose pictures cannot
                be read: of the same set, another video.

        Raises:
            InputError: the set has no two frames that fit its settings.
        """
        key = (epoch, index, attempt)
        rng = np.random.default_rng([self.seed, *key])
        seed = int(rng.integers(2**63))
        gray = self.data.gray > 0 and rng.random() < self.data.gray
        negative = self.data.negative > 0 and rng.random() < self.data.negative
        number, unit = self._unit(*key)
        for tries in range(_TRIES):
            if tries or attempt:
                unit = int(rng.integers(self._passes[number].size))
            template, search = self._pair(number, self._nth(number, unit), rng, negative=negative)
            if template is not None and search is not None:
                return PairPlan(
                    template=template, search=search, positive=not negative, gray=gray, seed=seed
                )
        raise InputError(
            f"the training set {self.sources[number].name} gave no pair of usable frames in "
            f"{_TRIES} draws: frame_range is {self.data.sets[number].frame_range}, order "
            f"{self.data.order!r}; still pictures need frame_range 1"
        )

    def places(self) -> tuple[int, ...]:
        """Pairs per epoch of every set."""
        return tuple(one.places for one in self._passes)

    def _spread(self) -> list[_Pass]:
        units = [
            source.num_tracks if self._by_track else source.num_videos for source in self.sources
        ]
        sizes = [
            one.count if one.count >= 0 else count
            for one, count in zip(self.data.sets, units, strict=True)
        ]
        counted = any(one.count >= 0 for one in self.data.sets)
        weights = [
            one.share * (size if counted else 1)
            for one, size in zip(self.data.sets, sizes, strict=True)
        ]
        places = _apportion(self.data.pairs_per_epoch, weights)
        firsts = np.cumsum([0, *places]).tolist()
        return [
            _Pass(first=first, places=count, size=size, units=there)
            for first, count, size, there in zip(firsts, places, sizes, units, strict=False)
        ]

    def _unit(self, epoch: int, index: int, attempt: int) -> tuple[int, int]:
        """Number of the set, and place of the video in its pass."""
        place = shuffled(index, self.data.pairs_per_epoch, self.seed, 1, epoch)
        number = max(
            n for n, one in enumerate(self._passes) if one.first <= place and one.places > 0
        )
        one = self._passes[number]
        turn, rest = divmod(epoch * one.places + place - one.first, one.size)
        return number, shuffled(rest, one.size, self.seed, 2, number, turn)

    def _nth(self, number: int, unit: int) -> int:
        """The video, or track, that a number of a pass stands for."""
        one = self._passes[number]
        if one.size == one.units:
            return unit
        return shuffled(unit % one.units, one.units, self.seed, 3, number)

    def _pair(
        self, number: int, unit: int, rng: np.random.Generator, *, negative: bool
    ) -> tuple[View | None, View | None]:
        track = self._track(number, unit, rng)
        frames = self.sources[number].frames(track)
        if not len(frames):
            return None, None
        reach = self.data.sets[number].frame_range
        if not negative:
            chosen = self._choose(frames, reach, rng)
            if chosen is None:
                return None, None
            return View(set=number, track=track, i=chosen[0]), View(
                set=number, track=track, i=chosen[1]
            )
        template = View(set=number, track=track, i=int(rng.integers(len(frames))))
        return template, self._other(number, track, rng)

    def _track(self, number: int, unit: int, rng: np.random.Generator) -> int:
        if self._by_track:
            return unit
        tracks = self.sources[number].tracks_of(unit)
        return tracks[int(rng.integers(len(tracks)))] if len(tracks) > 1 else tracks[0]

    def _other(self, number: int, track: int, rng: np.random.Generator) -> View | None:
        """A frame of another target, of any set; of the same set in mmtracking."""
        if not self._by_track and len(self.sources) > 1:
            number = int(rng.integers(len(self.sources)))
        source = self.sources[number]
        for _ in range(_TRIES):
            unit = int(rng.integers(self._passes[number].units))
            other = self._track(number, unit, rng)
            count = len(source.frames(other))
            if count and (other != track or source.num_tracks == 1):
                return View(set=number, track=other, i=int(rng.integers(count)))
        return None


def _check(sources: Sequence[Source], data: DataSettings) -> None:
    if not sources or len(sources) != len(data.sets):
        raise InputError(f"{len(sources)} training sets are open, {len(data.sets)} are in settings")
    if data.pairs_per_epoch < 1:
        raise InputError(f"pairs_per_epoch is {data.pairs_per_epoch}, expected 1 or more")
    for name, value in (("negative", data.negative), ("gray", data.gray)):
        if not 0 <= value <= 1:
            raise InputError(f"{name} is {value}, expected a probability from 0 to 1")
    for one, source in zip(data.sets, sources, strict=True):
        _check_set(one, source)
    if not any(one.share > 0 and one.count != 0 for one in data.sets):
        raise InputError("every training set has share 0: nothing is left to draw from")
    total = sum(source.num_tracks for source in sources)
    if data.negative > 0 and total < 2:
        raise InputError(f"negative is {data.negative}, but the sets hold one target only")


def _check_set(one: SetSettings, source: Source) -> None:
    if not (0 <= one.share < float("inf")):
        raise InputError(f"share of {source.name} is {one.share}, expected 0 or more")
    if one.count < -1:
        raise InputError(f"count of {source.name} is {one.count}, expected -1 for all, or more")
    if one.frame_range < 0:
        raise InputError(f"frame_range of {source.name} is {one.frame_range}, expected 0 or more")
    if not source.num_videos or not source.num_tracks:
        raise InputError(f"the training set {source.name} holds no video with a usable box")


def _apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Split a whole number by weights, by largest remainders.

    >>> _apportion(10, [1.0, 1.0, 1.0])
    [4, 3, 3]
    """
    exact = [total * weight / sum(weights) for weight in weights]
    parts = [int(number) for number in exact]
    order = sorted(range(len(weights)), key=lambda n: (parts[n] - exact[n], n))
    for number in order[: total - sum(parts)]:
        parts[number] += 1
    return parts
