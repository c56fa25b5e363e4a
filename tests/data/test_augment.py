"""Draws, views and boxes: what is drawn when, and that both ways of cutting show the same."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from feathertrack.data.augment import (
    Crop,
    ViewDraw,
    ViewPlan,
    cut_view,
    draw_pair,
    plan_view,
    render,
)
from feathertrack.data.augment.batched import render_batch
from feathertrack.data.settings import ViewSettings
from feathertrack.data.sources import Shot

SIAMFC = (
    ViewSettings(size=127, stretch=0.05, shift=4),
    ViewSettings(size=239, stretch=0.05, shift=4),
)
PYSOT = (
    ViewSettings(size=127, shift=4, scale=0.05, color=1),
    ViewSettings(size=255, shift=64, scale=0.18, color=1, blur=0.5, flip=0.5),
)
PYTRACKING = (
    ViewSettings(size=288, context=2, brightness=0.2),
    ViewSettings(size=288, context=2, shift=129.6, scale=0.5, brightness=0.2),
)
SQUASHED = (
    ViewSettings(size=128, context=0.2, shift=8, scale=0.1),
    ViewSettings(
        size=256, context=2, shift=64, scale=0.2, stretch=0.1, color=1, blur=0.5, flip=0.5
    ),
)
VIEWS: dict[Crop, tuple[ViewSettings, ViewSettings]] = {
    "siamfc": SIAMFC,
    "pysot": PYSOT,
    "mmtracking": PYSOT,
    "pytracking": PYTRACKING,
    "squashed": SQUASHED,
}


def smooth(height: int, width: int, *, seed: int = 0) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).uniform(0, 255, (height // 16 + 1, width // 16 + 1, 3))
    picture = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def patch(side: int) -> Shot:
    half = side / 2
    return Shot(image=smooth(side, side), box=np.array([half - 30, half - 20, 60, 40]), side=side)


def box_of_white(view: NDArray[Any]) -> NDArray[np.float64]:
    """Centre and size of a bright rectangle on black, from its light."""
    light = view[..., 0].astype(float) / 255
    across, down = light.sum(0), light.sum(1)
    center = [(line * np.arange(len(line))).sum() / line.sum() + 0.5 for line in (across, down)]
    return np.array([*center, light.sum(1).max(), light.sum(0).max()])


@pytest.mark.parametrize("crop", VIEWS)
def test_a_seed_draws_the_same_pair_again(crop: Crop) -> None:
    template, search = VIEWS[crop]
    pairs = [draw_pair(seed, template=template, search=search, crop=crop) for seed in (5, 5, 6)]
    assert pairs[0] == pairs[1] != pairs[2]


def test_siamfc_draws_in_the_order_of_its_code() -> None:
    rng = np.random.default_rng(3)
    pair = draw_pair(3, template=SIAMFC[0], search=SIAMFC[1], crop="siamfc")
    names = ("linear", "cubic", "area", "nearest", "lanczos4")
    for view in (pair.template, pair.search):
        assert view.stretch == rng.uniform(-1, 1)
        assert view.interpolation == names[rng.integers(5)]
        y, x = rng.integers(-4, 5, 2)
        assert view.shift == (x / 4, y / 4)


def test_pysot_draws_view_by_view() -> None:
    rng = np.random.default_rng(3)
    search = ViewSettings(size=255, shift=64, scale=0.18, color=1, blur=1)
    pair = draw_pair(3, template=ViewSettings(size=127, shift=4), search=search, crop="pysot")
    assert pair.template.shift == tuple(rng.uniform(-1, 1, 2))  # scale is 0: not drawn
    rng.random(2)  # colour and blur are drawn for, though their probability is 0
    assert pair.search.scale == tuple(rng.uniform(-1, 1, 2))
    assert pair.search.shift == tuple(rng.uniform(-1, 1, 2))
    rng.random()
    assert pair.search.color == tuple(rng.standard_normal(3))
    rng.random()
    assert pair.search.blur == (range(5, 46, 2)[rng.integers(21)], rng.random())


def test_mmtracking_draws_step_by_step() -> None:
    rng = np.random.default_rng(3)
    pair = draw_pair(3, template=PYSOT[0], search=PYSOT[1], crop="mmtracking")
    for view in (pair.template, pair.search):
        assert (view.scale, view.shift) == (
            tuple(rng.uniform(-1, 1, 2)),
            tuple(rng.uniform(-1, 1, 2)),
        )
    for view in (pair.template, pair.search):
        assert rng.random() < 1 and view.color == tuple(rng.standard_normal(3))


def test_pytracking_draws_both_boxes_first() -> None:
    rng = np.random.default_rng(3)
    pair = draw_pair(3, template=PYTRACKING[0], search=PYTRACKING[1], crop="pytracking")
    for view in (pair.template, pair.search):
        assert view.scale == tuple(rng.standard_normal(2))
        assert view.shift == tuple(rng.uniform(-1, 1, 2))
    assert [pair.template.brightness, pair.search.brightness] == list(rng.uniform(-1, 1, 2))


def test_siamfc_views_of_a_square_are_the_chain_of_its_code() -> None:
    shot, (_, search) = patch(255), SIAMFC
    for stretch, shift, name, flag in (
        (-0.9, (1.0, -1.0), "lanczos4", cv2.INTER_LANCZOS4),
        (0.7, (-0.5, 0.25), "area", cv2.INTER_AREA),
        (0.0, (0.0, 0.0), "nearest", cv2.INTER_NEAREST),
    ):
        draw = ViewDraw(stretch=stretch, shift=shift, interpolation=name)  # type: ignore[arg-type]
        side = round(255 * (1 + 0.05 * stretch))
        whole = cv2.resize(shot.image, (side, side), interpolation=flag)
        pad = 20
        color = np.rint(cv2.mean(whole)[:3]).tolist()
        whole = cv2.copyMakeBorder(whole, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=color)
        corner = round((side - 239) / 2) + pad
        x, y = corner - round(4 * shift[0]), corner - round(4 * shift[1])
        view, _ = cut_view(shot, draw, search, "siamfc")
        np.testing.assert_array_equal(view, whole[y : y + 239, x : x + 239])


@pytest.mark.parametrize("crop", VIEWS)
@pytest.mark.parametrize("side", [None, 511.0])
@pytest.mark.parametrize("flip", [False, True])
def test_the_box_is_where_the_target_is(crop: Crop, side: float | None, flip: bool) -> None:
    image = np.zeros((511, 511, 3), np.uint8)
    image[225:286, 215:296] = 255
    shot = Shot(image=image, box=np.array([215.0, 225, 81, 61]), side=side)
    _, search = VIEWS[crop]
    for seed in range(4):
        draw = draw_pair(seed, template=search, search=search, crop=crop).search
        draw = ViewDraw(
            stretch=draw.stretch,
            scale=(draw.scale[0] / 4, draw.scale[1] / 4),
            shift=(draw.shift[0] / 4, draw.shift[1] / 4),
            flip=flip,
        )
        view, box = cut_view(shot, draw, search, crop)
        found = box_of_white(view)
        np.testing.assert_allclose(box[:2] + box[2:] / 2, found[:2], atol=0.2)
        np.testing.assert_allclose(box[2:], found[2:], atol=0.3)


@pytest.mark.parametrize("crop", ["pysot", "mmtracking"])
def test_shifted_views_stay_inside_the_square(crop: Crop) -> None:
    view = ViewSettings(size=255, shift=300, scale=0.18)
    for shift in ((1.0, 1.0), (-1.0, 1.0)):
        draw = ViewDraw(shift=shift, scale=(1.0, -1.0))
        plan = plan_view(patch(511).box, draw, view, crop=crop, image_width=511, side=511)
        start, step = np.array(plan.start), np.array(plan.step)
        beyond = 0.0 if crop == "pysot" else 1.0  # mmtracking's square reaches to 511
        assert (start > -1e-6).all()
        assert (start + step * (plan.size - 1) < 510 + beyond + 1e-6).all()


def test_pytracking_box_is_that_of_the_formula() -> None:
    box, draw = np.array([100.0, 80, 60, 30]), ViewDraw(scale=(0.4, -0.7), shift=(0.5, -0.8))
    plan = plan_view(box, draw, PYTRACKING[1], crop="pytracking", image_width=640, side=None)
    size = box[2:] * np.exp(np.array(draw.scale) * 0.5)
    mean_side = np.sqrt(size.prod())
    jittered = box[:2] + box[2:] / 2 + mean_side * 4.5 * np.array(draw.shift) / 2
    factor = 288 / np.ceil(mean_side * 5)
    center = (288 - 1) / 2 + (box[:2] + box[2:] / 2 - jittered) * factor
    found = np.array(plan.box)
    np.testing.assert_allclose(found[:2] + found[2:] / 2 - 0.5, center)
    np.testing.assert_allclose(found[2:], box[2:] * factor)


def test_squashed_views_show_every_target_in_the_same_size() -> None:
    for box in ([100.0, 80, 60, 30], [10.5, 0, 7, 90]):
        template, search = (
            plan_view(box, ViewDraw(), view, crop="squashed", image_width=640, side=None).box
            for view in SQUASHED
        )
        side = 128 / 1.4
        np.testing.assert_allclose(template, [64 - side / 2, 64 - side / 2, side, side])
        np.testing.assert_allclose(search, [128 - 25.6, 128 - 25.6, 51.2, 51.2])
    moved = ViewDraw(shift=(0.5, -1.0), scale=(1.0, 0.0), stretch=-1.0)
    plan = plan_view(box, moved, SQUASHED[1], crop="squashed", image_width=640, side=None)
    x, y, width, height = plan.box
    np.testing.assert_allclose(
        [x + width / 2, y + height / 2, width, height],
        [128 - 32, 128 + 64, 51.2 * 0.9 / np.exp(0.2), 51.2 * 0.9],
    )


@pytest.mark.parametrize("crop", VIEWS)
def test_torch_shows_what_opencv_shows(crop: Crop) -> None:
    shot, (_, search) = patch(255 if crop == "siamfc" else 511), VIEWS[crop]
    plans: list[ViewPlan] = []
    for seed in range(6):
        pair = draw_pair(seed, template=search, search=search, crop=crop, gray=seed == 2)
        plan = plan_view(
            shot.box, pair.search, search, crop=crop, image_width=len(shot.image), side=shot.side
        )
        plans.append(plan)
    patches = torch.from_numpy(shot.image).permute(2, 0, 1).repeat(6, 1, 1, 1)
    views, boxes = render_batch(patches, plans)
    for index, plan in enumerate(plans):
        expected = render(shot.image, plan).astype(np.float32)
        difference = np.abs(views[index].permute(1, 2, 0).numpy() - expected)
        assert np.median(difference) < 1 and np.quantile(difference, 0.98) < 6, plan
        np.testing.assert_allclose(boxes[index], plan.box, rtol=1e-5)


@pytest.mark.parametrize("border", ["mean", "replicate"])
def test_torch_fills_the_outside_as_opencv_does(border: Any) -> None:
    image = smooth(64, 64)
    plan = ViewPlan(size=80, start=(-20.3, 10.6), step=(1.1, 0.9), box=(0, 0, 1, 1), border=border)
    views, _ = render_batch(torch.from_numpy(image).permute(2, 0, 1)[None], [plan])
    difference = np.abs(views[0].permute(1, 2, 0).numpy() - render(image, plan))
    assert difference.max() < 4 and difference.mean() < 0.6


def test_four_channels_show_what_three_show() -> None:
    image = smooth(511, 511)
    plan = ViewPlan(size=255, start=(100.3, 90.6), step=(1.1, 0.9), box=(0, 0, 1, 1))
    matrix = np.array([[1.1, 0, 100.3], [0, 0.9, 90.6]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    expected = cv2.warpAffine(image, matrix, (255, 255), flags=flags)
    assert np.abs(render(image, plan).astype(int) - expected).max() <= 1


def test_pixels_may_be_written_into_a_batch() -> None:
    batch = np.empty((2, 239, 239, 3), np.float32)
    for slot, color in zip(batch, (None, (1.0, 2.0, 3.0)), strict=True):
        draw = ViewDraw(color=color)
        view, _ = cut_view(patch(255), draw, SIAMFC[1], "siamfc", out=slot)
        assert view is slot
        np.testing.assert_array_equal(slot, cut_view(patch(255), draw, SIAMFC[1], "siamfc")[0])


def test_pixels_stay_bytes_where_nothing_needs_more() -> None:
    view, _ = cut_view(patch(255), ViewDraw(gray=True), SIAMFC[0], "siamfc")
    assert view.dtype == np.uint8 and (view == view[..., :1]).all()


def test_brightness_stays_below_white() -> None:
    view, _ = cut_view(patch(255), ViewDraw(brightness=1.0), PYTRACKING[1], "pytracking")
    assert view.max() == 255 and view.dtype == np.float32


@pytest.mark.parametrize("box", [[0, 0, 0, 5], [0, 0, float("nan"), 5], [0, 0, -1, -1]])
def test_a_box_without_area_is_refused(box: list[float]) -> None:
    with pytest.raises(ValueError, match="has no area"):
        plan_view(box, ViewDraw(), SIAMFC[0], crop="siamfc", image_width=9, side=None)


def test_target_beyond_the_frame_gives_the_mean_colour() -> None:
    shot = Shot(image=smooth(60, 80), box=np.array([500.0, 500, 10, 10]))
    view, _ = cut_view(shot, ViewDraw(), SIAMFC[1], "siamfc")
    assert np.ptp(view.reshape(-1, 3), axis=0).max() == 0


def test_plans_of_a_batch_must_fit() -> None:
    patches = torch.zeros(2, 3, 9, 9, dtype=torch.uint8)
    plan = ViewPlan(size=5, start=(0, 0), step=(1, 1), box=(0, 0, 1, 1))
    with pytest.raises(ValueError, match="2 patches but 1 plans"):
        render_batch(patches, [plan])
    other = ViewPlan(size=6, start=(0, 0), step=(1, 1), box=(0, 0, 1, 1))
    with pytest.raises(ValueError, match="differ in size"):
        render_batch(patches, [plan, other])
