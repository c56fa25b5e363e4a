"""From the number of a pair to its two views; one that cannot be read is replaced, and said so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes
from feathertrack.data.augment import (
    PairDraw,
    View,
    ViewDraw,
    ViewPlan,
    cut_view,
    draw_pair,
    plan_view,
    render,
)
from feathertrack.data.pairs import PairPlan, PairSampler
from feathertrack.data.pairs import View as Place
from feathertrack.data.settings import DataSettings, ViewSettings
from feathertrack.data.sources import Shot, Source
from feathertrack.errors import InputError, SourceError
from feathertrack.imaging.crop import mean_color

ATTEMPTS = 20
"""Pairs in a row that may be unreadable before the data count as broken."""

_PATCH_SIDES = {"siamfc": 255, "pysot": 511, "mmtracking": 511, "pytracking": 767, "squashed": 767}


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Both views of a pair.

    Attributes:
        template: RGB (h, w, 3), uint8, or float32 where colours were changed.
        search: as the template.
        template_box: the target in the template, x, y, w, h.
        search_box: the target in the search region; of a negative pair, the other object.
        positive: whether both are the same target.
        seed: for whatever a task draws.
        problems: what could not be read and was replaced, a sentence each.
    """

    template: View
    search: View
    template_box: Boxes
    search_box: Boxes
    positive: bool
    seed: int
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RawPair:
    """A pair before its pixels are varied, for the batched path.

    Attributes:
        patches: uint8 squares around template and search target; all first ones are of one size,
            and all second ones.
        plans: what is to be done to them.
        positive, seed, problems: as of ``Pair``.
    """

    patches: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    plans: tuple[ViewPlan, ViewPlan]
    positive: bool
    seed: int
    problems: tuple[str, ...] = ()


class PairMaker:
    """Makes pairs by number, in any process, always the same.

    Args:
        sources: the opened sets, in the order of ``data.sets``.
        data: the settings.
        seed: of everything that is drawn.

    Raises:
        InputError: settings that cannot be, or crops too small for them.
    """

    def __init__(self, sources: Sequence[Source], data: DataSettings, *, seed: int) -> None:
        self.sampler = PairSampler(sources, data, seed=seed)
        self.data = data
        _check_sides(sources, data)

    def make(self, epoch: int, index: int) -> Pair:
        """Read, cut and vary a pair with OpenCV.

        Raises:
            SourceError: ``ATTEMPTS`` pairs in a row could not be read.
        """
        plan, shots, problems = self._read(epoch, index)
        data = self.data
        draws = self._draws(plan)
        template, template_box = cut_view(shots[0], draws.template, data.template, data.crop)
        search, search_box = cut_view(shots[1], draws.search, data.search, data.crop)
        return Pair(
            template=template,
            search=search,
            template_box=template_box,
            search_box=search_box,
            positive=plan.positive,
            seed=plan.seed,
            problems=problems,
        )

    def raw(self, epoch: int, index: int) -> RawPair:
        """Read a pair and cut squares of one size, for ``batched.render_batch``.

        Raises:
            SourceError: ``ATTEMPTS`` pairs in a row could not be read.
        """
        plan, shots, problems = self._read(epoch, index)
        data = self.data
        draws = self._draws(plan)
        first, first_plan = self._patch(shots[0], draws.template, data.template)
        second, second_plan = self._patch(shots[1], draws.search, data.search)
        return RawPair(
            patches=(first, second),
            plans=(first_plan, second_plan),
            positive=plan.positive,
            seed=plan.seed,
            problems=problems,
        )

    def _draws(self, plan: PairPlan) -> PairDraw:
        """How both views of a pair are varied."""
        data = self.data
        return draw_pair(
            plan.seed, template=data.template, search=data.search, crop=data.crop, gray=plan.gray
        )

    def _read(self, epoch: int, index: int) -> tuple[PairPlan, tuple[Shot, Shot], tuple[str, ...]]:
        problems: list[str] = []
        for attempt in range(ATTEMPTS):
            plan = self.sampler.plan(epoch, index, attempt)
            try:
                template = self._load(plan.template)
                same = plan.search == plan.template
                search = template if same else self._load(plan.search)
                return plan, (template, search), tuple(problems)
            except SourceError as error:
                problems.append(str(error))
        raise SourceError(
            f"{ATTEMPTS} pairs in a row cannot be read: are the pictures there? The last: "
            f"{problems[-1]}"
        )

    def _load(self, place: Place) -> Shot:
        return self.sampler.sources[place.set].load(place.track, place.i)

    def _patch(
        self, shot: Shot, draw: ViewDraw, view: ViewSettings
    ) -> tuple[NDArray[np.uint8], ViewPlan]:
        """The part of a square shot that any draw may need, and the plan in its coordinates."""
        if shot.side is None:
            shot = square_shot(shot, side=_PATCH_SIDES[self.data.crop])
        width = shot.image.shape[1]
        plan = plan_view(
            shot.box, draw, view, crop=self.data.crop, image_width=width, side=shot.side
        )
        size = needed_side(view, self.data.crop)
        first = (width - size) // 2
        moved = replace(plan, start=(plan.start[0] - first, plan.start[1] - first))
        return _centered(shot.image, size=size, border=plan.border), moved


def square_shot(shot: Shot, *, side: int) -> Shot:
    """Cut the square of ``side`` pixels at template scale around the target of a full frame.

    Pixels are read linearly, as trackers read them; what lies outside has the frame's mean colour.
    """
    view = ViewSettings(size=side)
    width = shot.image.shape[1]
    plan = plan_view(shot.box, ViewDraw(), view, crop="siamfc", image_width=width, side=shot.side)
    image = np.asarray(render(shot.image, plan), dtype=np.uint8)
    return Shot(image=image, box=np.array(plan.box, dtype=np.float64), side=float(side))


def _check_sides(sources: Sequence[Source], data: DataSettings) -> None:
    """Refuse crops that would silently take the shift from the search region."""
    needed = max(needed_side(data.template, data.crop), needed_side(data.search, data.crop))
    for source in sources:
        if source.side is not None and source.side < needed:
            raise InputError(
                f"{source.name} has crops of {source.side} pixels, but shift and scale of the "
                f"views need {needed}: pack with --side {needed} or more"
            )


def needed_side(view: ViewSettings, crop: str) -> int:
    """Side of a square that holds every view that can be drawn, as far as a shot reaches."""
    if crop in ("pytracking", "squashed") or view.context > 0.5 or view.stretch >= 1:
        return _PATCH_SIDES[crop]
    zoom = (1 + view.scale) / (1 - view.stretch)
    reach = view.size * zoom + 2 * view.shift * (zoom if crop == "siamfc" else 1.0)
    return min((int(np.ceil(reach)) + 2) | 1, _PATCH_SIDES[crop])


def _centered(
    image: NDArray[np.uint8], *, size: int, border: Literal["mean", "replicate"]
) -> NDArray[np.uint8]:
    """The middle square of a square image; where the image is smaller, its border goes on."""
    side = image.shape[0]
    first = (side - size) // 2
    if first >= 0:
        return image[first : first + size, first : first + size]
    before, after = -first, size - side + first
    widths = (before, after, before, after)
    if border == "replicate":
        wider = cv2.copyMakeBorder(image, *widths, cv2.BORDER_REPLICATE)
    else:
        color = np.rint(mean_color(image)).tolist()
        wider = cv2.copyMakeBorder(image, *widths, cv2.BORDER_CONSTANT, value=color)
    return np.asarray(wider, np.uint8)
