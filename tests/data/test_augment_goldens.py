"""Crops of pysot and mmtracking, against what their code makes of the same numbers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from feathertrack.data.augment import ViewDraw, ViewPlan, cut_view, plan_view, render
from feathertrack.data.settings import ViewSettings
from feathertrack.imaging.crop import context_side
from tests.golden_fill import fill_image
from tests.goldens_compare import load_golden
from tests.shared_data import shared

MM_VIEWS = (
    ViewSettings(size=127, shift=4, scale=0.05),
    ViewSettings(size=255, shift=64, scale=0.18),
)
EXACT_WARP = int(cv2.__version__.split(".")[0]) >= 5
NOTHING = ViewDraw()


def picture() -> NDArray[np.uint8]:
    values = np.rint(fill_image("crop511_image", (3, 300, 400)))
    return np.ascontiguousarray(np.clip(values, 0, 255).astype(np.uint8).transpose(1, 2, 0))


def in_edges(corners: Any) -> NDArray[np.float64]:
    """Corners that count pixel centres, as pysot's, as a box of this package."""
    x0, y0, x1, y1 = (float(value) for value in corners)
    return np.array([x0 + 0.5, y0 + 0.5, x1 - x0, y1 - y0])


def in_centers(box: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y, width, height = box - [0.5, 0.5, 0, 0]
    return np.array([x, y, x + width, y + height])


def statistics(pixels: NDArray[Any]) -> NDArray[np.float64]:
    """Mean, deviation and largest value of a whole crop; the goldens keep every n-th pixel."""
    return np.array([pixels.mean(dtype=float), pixels.std(dtype=float), pixels.max()])


def crop511(case: str) -> NDArray[np.uint8]:
    about = load_golden("crop_aug", "crop_aug").about["cases"][case]
    shot = SimpleNamespace(image=picture(), box=in_edges(about["box"]), side=None)
    view, _ = cut_view(shot, NOTHING, ViewSettings(size=511), "pysot")
    return view


@pytest.mark.parametrize("number", [0, 1, 2])
def test_full_frame_gives_the_crop_of_511_of_pysot(number: int) -> None:
    golden = load_golden("crop_aug", "crop_aug")
    found = crop511(f"crop511_{number}")
    difference = np.abs(found[::7, ::7].astype(int) - golden.arrays[f"crop511_x_{number}"])
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.01
    whole = golden.about["cases"][f"crop511_{number}"]["x"]
    np.testing.assert_allclose(statistics(found)[:2], [whole["mean"], whole["std"]], atol=0.01)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_map_of_127_of_pysot_shows_its_pixels(number: int) -> None:
    """Its files of templates; training reads none of them, but cuts both views from those of 511.

    So no setting of a view asks for this map, from edge to edge of the pixels' centres.
    """
    golden = load_golden("crop_aug", "crop_aug")
    case = golden.about["cases"][f"crop511_{number}"]
    x0, y0, x1, y1 = case["box"]
    side = context_side(x1 - x0, y1 - y0)
    plan = ViewPlan(
        size=127,
        start=((x0 + x1 - side) / 2, (y0 + y1 - side) / 2),
        step=(side / 126, side / 126),
        box=(0, 0, 1, 1),
    )
    pixels = render(picture(), plan)
    difference = np.abs(pixels[::3, ::3].astype(int) - golden.arrays[f"crop511_z_{number}"])
    assert difference.max() <= (1 if EXACT_WARP else 4)
    whole = [case["z"]["mean"], case["z"]["std"]]
    np.testing.assert_allclose(statistics(pixels)[:2], whole, atol=0.01 if EXACT_WARP else 0.5)


@pytest.mark.parametrize("name", ["aug_template", "aug_search", "aug_search_none"])
def test_shift_and_scale_are_those_of_pysot(name: str) -> None:
    golden = load_golden("crop_aug", "crop_aug")
    about = golden.about["cases"][name]
    numbers = about["randoms_scale_x_scale_y_shift_x_shift_y"] or [0.0] * 4
    view = ViewSettings(size=about["size"], shift=about["shift"], scale=about["scale"])
    draw = ViewDraw(scale=tuple(numbers[:2]), shift=tuple(numbers[2:]))
    shot = SimpleNamespace(image=crop511("crop511_0"), box=in_edges(about["box_in"]), side=511.0)
    pixels, box = cut_view(shot, draw, view, "pysot")
    np.testing.assert_allclose(in_centers(box), about["box_out"], atol=1e-9)
    difference = np.abs(pixels[::4, ::4].astype(int) - golden.arrays[name])
    assert difference.max() <= (1 if EXACT_WARP else 4)
    assert difference.mean() < (0.01 if EXACT_WARP else 0.5)
    whole = [about["mean"], about["std"]]
    np.testing.assert_allclose(statistics(pixels)[:2], whole, atol=0.01 if EXACT_WARP else 0.5)


def mmtracking_golden() -> tuple[Any, SimpleNamespace]:
    """The arrays, and the target in its frame."""
    golden = np.load(shared("goldens/siamrpnpp_mmtracking") / "augment.npz")
    frame = np.rint(fill_image("aug_frame", (3, 180, 240))).astype(np.uint8).transpose(1, 2, 0)
    x0, y0, x1, y1 = golden["siamfc_in_box"].astype(float)
    side = context_side(x1 - x0, y1 - y0) * 511 / 127
    # its square is drawn around x + w/2 as a pixel's centre, and shown half a crop's pixel off
    moved = 0.5 - 0.5 * side / 511
    box = np.array([x0 + moved, y0 + moved, x1 - x0, y1 - y0])
    return golden, SimpleNamespace(image=np.ascontiguousarray(frame), box=box, side=None)


def shifted(golden: Any, which: int, **more: Any) -> ViewDraw:
    numbers = golden["shift_draws"][which * 4 : which * 4 + 4] * 2 - 1
    return ViewDraw(scale=tuple(numbers[:2]), shift=tuple(numbers[2:]), **more)


def test_crop_of_511_is_that_of_mmtracking() -> None:
    golden, shot = mmtracking_golden()
    pixels, found = cut_view(shot, NOTHING, ViewSettings(size=511), "mmtracking")
    np.testing.assert_allclose(in_centers(found), golden["siamfc_box"], atol=1e-3)
    difference = np.abs(pixels[::16, ::16] - golden["siamfc_img"])
    assert difference.max() < 1.5  # ours is of whole grey levels, before and after
    np.testing.assert_allclose(statistics(pixels), golden["siamfc_stat"], atol=0.6)


@pytest.mark.parametrize("which", [0, 1])
def test_mmtracking_views_agree_within_grey_levels(which: int) -> None:
    """The reference warps twice in floats; here both warps are one, on 8 bits."""
    golden, shot = mmtracking_golden()
    pixels, found = cut_view(shot, shifted(golden, which), MM_VIEWS[which], "mmtracking")
    np.testing.assert_allclose(in_centers(found), golden[f"ss_box{which}"], atol=1e-3)
    difference = np.abs(pixels[::8, ::8] - golden[f"ss_img{which}"])
    assert difference.mean() < 1
    np.testing.assert_allclose(statistics(pixels)[:2], golden[f"ss_stat{which}"][:2], atol=0.5)


def test_blur_is_that_of_mmtracking() -> None:
    golden, shot = mmtracking_golden()
    blur = (int(golden["blur_size"]), float(golden["blur_wx"]))
    pixels, _ = cut_view(shot, shifted(golden, 0, blur=blur), MM_VIEWS[0], "mmtracking")
    difference = np.abs(pixels[::8, ::8] - golden["blur_img"])
    assert difference.mean() < 0.4
    assert difference.max() < 3
    np.testing.assert_allclose(statistics(pixels)[:2], golden["blur_stat"][:2], atol=0.3)


def test_colour_offset_is_that_of_mmtracking() -> None:
    golden = np.load(shared("goldens/siamrpnpp_mmtracking") / "augment.npz")
    normals = tuple(golden["color_randn"][:, 0].tolist())
    plan = plan_view(
        [10, 10, 20, 20],
        ViewDraw(color=normals),
        ViewSettings(size=127),
        crop="mmtracking",
        image_width=511,
        side=511.0,
    )
    assert plan.offset is not None
    np.testing.assert_allclose(plan.offset[::-1], golden["color_offset"], atol=2e-3)


def test_blur_equals_the_kernel_of_the_specification() -> None:
    image = picture()[:127, :127]
    for size, upright in ((5, 0.25), (45, 0.8)):
        kernel = np.zeros((size, size))
        kernel[:, size // 2] += upright / size
        kernel[size // 2] += (1 - upright) / size
        expected = cv2.filter2D(image.astype(np.float32), -1, kernel)
        plan = plan_view(
            [43.5, 43.5, 40, 40],
            ViewDraw(blur=(size, upright)),
            ViewSettings(size=127),
            crop="pysot",
            image_width=127,
            side=127.0,
        )
        np.testing.assert_allclose(render(image, plan), expected, atol=1e-2)
