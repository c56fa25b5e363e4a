"""One clip out of photographs: the same whenever its number and seed are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes, clip
from feathertrack.data.composing.catalogue import Catalogue
from feathertrack.data.composing.cutouts import Unusable, cut_out, read_scene
from feathertrack.data.composing.rendering import Rendered, render
from feathertrack.data.composing.scenes import Cast, draw_cast, draw_scene
from feathertrack.errors import InputError, SourceError
from feathertrack.video.frames import Image

HIDDEN = 0.4
"""Share of the target that is seen, below which it counts as absent."""

_ATTEMPTS = 100
_FIRST_SEEN = 0.7  # of the target in the first frame, so that a template can be cut from it
_SMALLEST_BOX = 8.0  # pixels of the shorter side of what is in the frame


@dataclass(frozen=True, kw_only=True)
class ClipSettings:
    """What all clips of a set have in common.

    Attributes:
        seed: of all random numbers, 0 or more.
        frames: of a clip, 2 to 300.
        size: longer side of the frames in pixels, 128 to 1280.
    """

    seed: int = 0
    frames: int = 6
    size: int = 360

    def check(self) -> None:
        """Refuse numbers out of their range.

        Raises:
            InputError: one of them is.
        """
        for name, first, last in (("seed", 0, 2**63 - 1), ("frames", 2, 300), ("size", 128, 1280)):
            value = getattr(self, name)
            if not first <= value <= last:
                raise InputError(f"{name} is {value}, expected {first} to {last}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Clip:
    """A clip and what it was made of.

    Attributes:
        frames: RGB uint8 pictures.
        boxes: float64 (N, 4) around the target in the frame, its hidden parts too; NaN where less
            than ``HIDDEN`` of it is seen.
        visible: float64 (N,) share of the target that is seen.
        category: of the target.
        quality: of the JPEG files.
        pictures: names of the photographs.
        skipped: name of every photograph that could not be used -> why.
    """

    frames: tuple[Image, ...]
    boxes: Boxes
    visible: NDArray[np.float64]
    category: str
    quality: int
    pictures: tuple[str, ...]
    skipped: Mapping[str, str]


def compose_clip(catalogue: Catalogue, settings: ClipSettings, number: int) -> Clip:
    """Make a clip; it depends on the catalogue, the settings and its number only.

    What comes out with its target hidden at first, hardly to be seen or too small is drawn again.

    Raises:
        SourceError: a hundred attempts gave no clip, as hardly any photograph can be read.
    """
    skipped: dict[str, str] = {}
    for attempt in range(_ATTEMPTS):
        rng = np.random.default_rng((settings.seed, number, attempt))
        cast = draw_cast(rng, catalogue)
        try:
            made, quality = _rendered(rng, catalogue, cast, settings)
        except Unusable as error:
            skipped[error.name] = error.reason
            continue
        height, width = made.frames[0].shape[:2]
        boxes = clip(made.boxes, width=width, height=height)
        boxes[made.visible < HIDDEN] = np.nan
        if not _is_good(boxes, made.visible):
            continue
        return Clip(
            frames=made.frames,
            boxes=boxes,
            visible=made.visible,
            category=catalogue.outlines[cast.target].category,
            quality=quality,
            pictures=_pictures(catalogue, cast),
            skipped=skipped,
        )
    example = next(iter(skipped), "")
    raise SourceError(
        f"clip {number} cannot be made: {len(skipped)} pictures cannot be used, as {example}: "
        f"{skipped.get(example, 'their objects are too small')}"
    )


def _rendered(
    rng: np.random.Generator, catalogue: Catalogue, cast: Cast, settings: ClipSettings
) -> tuple[Rendered, int]:
    """The pictures of a clip, and how hard they are to be pressed."""
    ground = read_scene(catalogue, catalogue.pictures[cast.scene])
    if cast.mirrored:
        ground = np.ascontiguousarray(ground[:, ::-1])
    cuts = {number: cut_out(catalogue, catalogue.outlines[number]) for number in cast.outlines}
    scene = draw_scene(
        rng,
        cast,
        cuts=cuts,
        scene_wh=(ground.shape[1], ground.shape[0]),
        frames=settings.frames,
        long_side=settings.size,
    )
    return render(scene, ground=ground, cuts=cuts, noise=rng), scene.film.quality


def _is_good(boxes: Boxes, visible: NDArray[np.float64]) -> bool:
    """Whether a clip begins with its target, and shows it in half of the frames or more."""
    there = ~np.isnan(boxes[:, 0])
    if visible[0] < _FIRST_SEEN or not there[0] or there.mean() < 0.5:
        return False
    return bool(boxes[there, 2:].min() >= _SMALLEST_BOX)


def _pictures(catalogue: Catalogue, cast: Cast) -> tuple[str, ...]:
    numbers = (cast.scene, *(catalogue.outlines[one].picture for one in cast.outlines))
    return tuple(dict.fromkeys(catalogue.pictures[number].name for number in numbers))
