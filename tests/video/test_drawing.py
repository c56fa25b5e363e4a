"""What is drawn into a frame."""

from __future__ import annotations

import numpy as np
import pytest

from feathertrack.results import STATES, Result, State
from feathertrack.video.drawing import PALETTE, STATE_COLORS, draw_comparison, draw_result
from feathertrack.video.frames import Image
from feathertrack.video.lettering import contrast, lettering_for
from feathertrack.video.records import TrackRow


def grey(width: int = 320, height: int = 240) -> Image:
    return np.full((height, width, 3), 128, np.uint8)


def at(x: float, y: float, w: float, h: float, *, state: State = "tracking") -> Result:
    return Result(box=np.array([x, y, w, h]), score=0.5, state=state)


def places_of(image: Image, color: tuple[int, int, int]) -> np.ndarray:
    """(N, 2) x and y of the pixels of a colour."""
    return np.argwhere((image == color).all(axis=2))[:, ::-1]


@pytest.mark.parametrize("state", STATES)
def test_the_color_tells_the_state(state: State) -> None:
    image = draw_result(grey(), at(100, 100, 80, 60, state=state))
    places = places_of(image, STATE_COLORS[state])
    assert len(places)
    # The box, and the label above it, which may be wider.
    below = places[places[:, 1] >= 98]
    assert below.min(axis=0).tolist() == [99, 99]
    assert below.max(axis=0).tolist() == [180, 160]


def test_the_frame_is_not_changed() -> None:
    image = grey()
    drawn = draw_result(image, at(10, 10, 50, 50))
    assert (image == 128).all()
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8


def test_a_lost_box_is_dashed() -> None:
    solid = places_of(draw_result(grey(), at(60, 60, 200, 120)), STATE_COLORS["tracking"])
    dashed = places_of(
        draw_result(grey(), at(60, 60, 200, 120, state="lost")), STATE_COLORS["lost"]
    )
    left_solid, left_dashed = (
        np.unique(places[(places[:, 0] == 60) & (places[:, 1] > 62), 1])
        for places in (solid, dashed)
    )
    assert len(left_solid) == 118
    assert 40 < len(left_dashed) < 80


def test_a_box_that_leaves_the_frame_has_no_side_at_the_border() -> None:
    image = draw_result(grey(), at(-40, 100, 100, 60))
    column = image[115:145, 0]
    assert (column == 128).all()
    assert (image[120, 60] == STATE_COLORS["tracking"]).all()


@pytest.mark.parametrize(
    ("box", "corner"),
    [((500, 100, 50, 50), "right"), ((-90, 100, 50, 50), "left"), ((100, 900, 50, 50), "bottom")],
)
def test_an_arrow_points_to_a_box_outside(
    box: tuple[float, float, float, float], corner: str
) -> None:
    words = TrackRow(frame=0, box=box)  # nothing to say, so nothing but the arrow
    places = places_of(draw_result(grey(), words), PALETTE[0])
    x, y = places.mean(axis=0)
    assert len(places) > 20
    assert {"right": x > 290, "left": x < 30, "bottom": y > 210}[corner]


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (16, 9), (4000, 30)])
@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 1, 1),
        (-1e12, -1e12, 2e12, 2e12),
        (1e300, 0, 1, 1),
        (0.4, 0.4, 0.01, 0.01),
        (np.nan, 0, 1, 1),
        (0, 0, 1, 1e15),
    ],
)
def test_no_box_and_no_frame_is_too_strange(
    size: tuple[int, int], box: tuple[float, float, float, float]
) -> None:
    for state in STATES:
        result = at(*box, state=state)
        assert draw_result(grey(*size), result, label="a name").shape == (size[1], size[0], 3)
        drawn = draw_comparison(grey(*size), {"a long name of a file": result, "b": None})
        assert drawn.shape == (size[1], size[0], 3)


def test_words_grow_with_the_frame_and_fit_into_it() -> None:
    small, large = lettering_for(grey(320, 240)), lettering_for(grey(1920, 1080))
    assert large.height > 2 * small.height
    fitted = lettering_for(grey(320, 240), text="a name that is far too long for the frame")
    assert fitted.width("a name that is far too long for the frame") <= 320


def test_words_stand_out_from_their_ground() -> None:
    assert contrast((255, 180, 0)) != contrast((120, 0, 0))


def test_a_comparison_has_a_color_for_each_and_a_legend() -> None:
    results = {"truth": TrackRow(frame=0, box=(50, 40, 60, 50)), "ours": at(150, 40, 60, 50)}
    image = draw_comparison(grey(), {**results, "absent": None})
    first, second, third = (places_of(image, color) for color in PALETTE[:3])
    assert 48 <= first[first[:, 1] < 100][:, 0].min() <= 50
    assert 148 <= second[second[:, 1] < 100][:, 0].min() <= 150
    assert len(third) and (third[:, 1] > 150).all()  # in the legend only


def test_the_legend_leaves_the_boxes_free() -> None:
    image = draw_comparison(grey(), {"one": at(0, 180, 120, 60)})
    assert (image[200:230, 40:80] == 128).all()


def test_results_of_other_files_are_drawn_too() -> None:
    image = draw_result(grey(), TrackRow(frame=0, box=None, state="lost"), label="cat")
    assert len(places_of(image, STATE_COLORS["lost"]))
