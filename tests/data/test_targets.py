"""Labels, anchors, keypoints and proposals, against the goldens and against what they promise."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from feathertrack.boxes import iou
from feathertrack.data.targets import (
    AnchorTargetSettings,
    anchor_grid,
    anchor_sizes,
    anchor_targets,
    center_boxes,
    keypoint_targets,
    proposals,
    response_label,
)
from feathertrack.data.targets.anchor_targets import negative_window, overlaps
from tests.goldens_compare import load_golden
from tests.shared_data import shared

ALL = AnchorTargetSettings(positives=10**5, total=2 * 10**5, negatives=10**5)
BOXES = ("centred_square", "wide", "tall_offset", "small", "half_cell")


def from_corners(corners: Any) -> NDArray[np.float64]:
    """Corners that count pixel centres -> a box of this package."""
    x0, y0, x1, y1 = np.asarray(corners, dtype=float).T
    return np.stack([x0 + 0.5, y0 + 0.5, x1 - x0, y1 - y0], axis=-1)


@pytest.mark.parametrize(
    ("name", "shape", "radii"),
    [
        ("labels_15x15", (15, 15), (16, 0)),
        ("labels_17x17", (17, 17), (16, 0)),
        ("labels_16x17", (16, 17), (16, 0)),
        ("labels_custom_16_32_8", (15, 15), (16, 32)),
        ("labels_custom_24_40_8", (15, 15), (24, 40)),
    ],
)
def test_response_label_is_the_reference_one(
    name: str, shape: tuple[int, int], radii: tuple[int, int]
) -> None:
    expected = load_golden("fdsiamfc", "losses").arrays[name][0, 0]
    label = response_label(*shape, positive_radius=radii[0], neutral_radius=radii[1])
    np.testing.assert_array_equal(label, expected)


@pytest.mark.parametrize(("prefix", "size"), [("r50_25", 25), ("alex_17", 17)])
def test_anchors_are_those_of_pysot(prefix: str, size: int) -> None:
    golden = load_golden("anchor_target", "anchor_target").arrays
    grid = np.moveaxis(anchor_grid(size), -1, 0)
    np.testing.assert_array_equal(grid[:, :, ::4, ::4], golden[f"{prefix}_all_anchors_center_s4"])
    corners = np.concatenate([grid[:2] - grid[2:] / 2, grid[:2] + grid[2:] / 2])
    np.testing.assert_array_equal(corners[..., ::4, ::4], golden[f"{prefix}_all_anchors_corner_s4"])
    sizes = anchor_sizes()
    base = np.concatenate([-sizes / 2, sizes / 2], axis=1)
    np.testing.assert_array_equal(base, golden[f"{prefix}_base_anchors"])


@pytest.mark.parametrize("size", [25, 21])
def test_anchors_of_trackers_are_relative_to_the_middle(size: int) -> None:
    expected = load_golden("anchor_target", "anchor_target").arrays[f"tracker_anchors_{size}_s37"]
    np.testing.assert_array_equal(anchor_grid(size, middle=0).reshape(-1, 4)[::37], expected)


@pytest.mark.parametrize("grid", ["r50_25", "alex_17"])
@pytest.mark.parametrize("name", BOXES)
@pytest.mark.parametrize("positive", [True, False])
def test_anchor_targets_are_those_of_pysot(grid: str, name: str, positive: bool) -> None:
    golden = load_golden("anchor_target", "anchor_target")
    key = f"{grid}_{name}_{'pos' if positive else 'neg'}"
    box = from_corners([golden.about["cases"][key]["box"]])
    found = anchor_targets(box, [positive], [0], size=int(grid[-2:]), settings=ALL)
    about = golden.about["cases"][key]
    np.testing.assert_array_equal(found.label[0], golden.arrays[f"{key}_cls"])
    counts = [int((found.label == label).sum()) for label in (1, 0, -1)]
    assert counts == [about["n_pos"], about["n_neg"], about["n_ignore"]]
    assert found.weight.sum() == pytest.approx(about["weight_sum"], abs=1e-5)
    assert found.weight.max() == pytest.approx(about["weight_max"], abs=1e-5)
    if positive:
        overlap = overlaps(center_boxes(box), anchor_grid(int(grid[-2:])))[0]
        expected = golden.arrays[f"{key}_overlap_s3"]
        np.testing.assert_allclose(overlap[:, ::3, ::3], expected, atol=1e-5)
        assert overlap.mean() == pytest.approx(about["overlap"]["mean"], abs=1e-5)
        assert found.delta.mean() == pytest.approx(about["delta"]["mean"], abs=1e-5)
        np.testing.assert_allclose(
            found.delta[0][:, :, ::6, ::6], golden.arrays[f"{key}_delta_s6"], atol=1e-5
        )
        np.testing.assert_allclose(
            found.delta[0][:, found.label[0] == 1], golden.arrays[f"{key}_delta_at_pos"], atol=1e-5
        )
    else:
        assert not found.delta.any()


def test_anchors_and_assignment_are_those_of_mmtracking() -> None:
    golden = np.load(shared("goldens/siamrpnpp_mmtracking") / "targets_loss.npz")
    grid = np.moveaxis(anchor_grid(25, kind="mmtracking"), 0, 2).reshape(-1, 4)
    corners = np.concatenate([grid[:, :2] - grid[:, 2:] / 2, grid[:, :2] + grid[:, 2:] / 2], 1)
    np.testing.assert_array_equal(corners, golden["anchors_xyxy"])
    boxes = from_corners(golden["gt"])
    overlap = overlaps(center_boxes(boxes), anchor_grid(25, kind="mmtracking"))
    np.testing.assert_allclose(np.moveaxis(overlap, 1, 3).reshape(5, -1), golden["iou"], atol=1e-6)
    settings = AnchorTargetSettings(
        kind="mmtracking", positives=10**5, total=2 * 10**5, negatives=10**5
    )
    found = anchor_targets(boxes, np.ones(5, bool), np.arange(5), size=25, settings=settings)
    flat = np.moveaxis(found.label, 1, 3).reshape(5, -1)
    np.testing.assert_array_equal(flat, golden["assigned"])
    kept = golden["is_positive"]
    delta = np.moveaxis(found.delta, (1, 2), (4, 3)).reshape(5, -1, 4)[kept, ::3]
    np.testing.assert_allclose(delta, golden["bbox_targets"][kept], atol=1e-5)


def test_sampled_anchors_depend_on_the_seed_alone() -> None:
    boxes = np.tile([[80.0, 84, 90, 86]], (6, 1))
    positive = [True, True, True, False, False, False]
    first = anchor_targets(boxes, positive, [1, 2, 1, 3, 4, 3], size=25)
    assert ((first.label == 1).sum((1, 2, 3)) <= 16).all()
    np.testing.assert_array_equal((first.label == 0).sum((1, 2, 3)), [48, 48, 48, 16, 16, 16])
    for a, b in ((0, 2), (3, 5)):
        np.testing.assert_array_equal(first.label[a], first.label[b])
    assert (first.label[0] != first.label[1]).any() and (first.label[3] != first.label[4]).any()
    alone = anchor_targets(boxes[1:2], [True], [2], size=25)
    np.testing.assert_array_equal(alone.label[0], first.label[1])


def test_sampling_takes_every_candidate_equally_often() -> None:
    boxes = np.tile([[80.0, 84, 90, 86]], (2000, 1))
    label = anchor_targets(boxes, np.zeros(2000), np.arange(2000), size=25).label
    counts = (label == 0).sum(0)
    counts = counts[counts > 0]
    assert len(counts) == 245
    expected = 2000 * 16 / 245
    assert np.abs(counts - expected).max() < 6 * np.sqrt(expected)


def test_centered_window_is_around_the_object() -> None:
    box = from_corners([[95, 95, 159, 159]])
    settings = AnchorTargetSettings(negatives=10**5, window="centered")
    label = anchor_targets(box, [False], [0], size=25, settings=settings).label[0, 0]
    rows, columns = np.nonzero(label == 0)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (9, 15, 9, 15)


def test_anchor_of_zero_overlap_is_no_target() -> None:
    found = anchor_targets([[300.0, 300, 5, 5]], [True], [0], size=17)
    assert not found.weight.any() and np.isfinite(found.delta).all()


@pytest.mark.parametrize(
    ("config", "stages", "decay"),
    [("stack1", 1, 1.0), ("stack2_difstd", 2, 0.9), ("stack3_difstd", 3, 0.9)],
)
@pytest.mark.parametrize("name", BOXES)
def test_keypoint_targets_are_the_reference_ones(
    config: str, stages: int, decay: float, name: str
) -> None:
    golden = load_golden("keypoint_target", "keypoint_target")
    key, arrays = f"{config}_{name}", golden.arrays
    box = from_corners([golden.about["cases"][key]["box"]])
    for labels, suffix in (("intended", "intended"), ("code", "as_code")):
        found = keypoint_targets(box, [True], stages=stages, decay=decay, labels=labels)
        expected = arrays[f"{key}_heatmap_{suffix}"]
        np.testing.assert_array_equal(found.heat[0] > 0, expected > 0)
        np.testing.assert_allclose(found.heat[0], expected, atol=1e-5)
        np.testing.assert_array_equal(found.heat[0] == 1, expected == 1)
    about, last = golden.about["cases"][key], found.heat[0, -1]  # as the code has it
    assert [*np.argwhere(last == 1)[0][::-1]] == about["peak"]
    assert int((last > 0).sum()) == about["n_support"]
    assert last.sum() == pytest.approx(about["heat_sum"], abs=1e-4)
    if stages == 3:
        mask = arrays[f"{key}_objsize_mask"]
        np.testing.assert_allclose(found.offset[0], arrays[f"{key}_offsets"], atol=1e-5)
        size = np.array(golden.about["cases"][key]["objsize"])[:, None, None] * mask
        np.testing.assert_allclose(found.size[0], size, atol=1e-5)


def test_keypoints_lie_where_offsets_say() -> None:
    expected = load_golden("keypoint_target", "keypoint_target").arrays["keypoints"]
    seen = np.zeros((31, 31), bool)
    for x, y in product(range(7, 255, 24), repeat=2):
        found = keypoint_targets([[x - 19.5, y - 19.5, 40, 40]], [True])
        near = found.heat[0, 0] > 0
        places = np.array([x, y])[:, None, None] - 64 * found.offset[0]
        kept = near[::5, ::5]
        np.testing.assert_allclose(places[:, ::5, ::5][:, kept], expected[:, kept], atol=1e-4)
        seen |= near
    assert seen[::5, ::5].all()


def test_keypoint_targets_of_a_negative_pair_are_zero() -> None:
    found = keypoint_targets([[100.0, 100, 50, 50]] * 2, [False, True], stages=2)
    assert not found.heat[0].any() and not found.offset[0].any() and not found.size[0].any()
    assert found.heat[1].max() == 1


def test_keypoint_outside_the_map_has_no_peak() -> None:
    found = keypoint_targets([[260.0, 260, 20, 20]], [True])
    assert not (found.heat == 1).any()


def test_proposals_are_reproducible_and_overlap_the_target() -> None:
    boxes = np.array([[100.0, 90, 60, 40], [20, 30, 8, 150], [5, 5, 3, 3]])
    first = proposals(boxes, [1, 2, 3])
    again = proposals(boxes[::-1], [3, 2, 1])
    np.testing.assert_array_equal(first.boxes, again.boxes[::-1])
    overlap = iou(first.boxes.astype(float), boxes[:, None])
    np.testing.assert_allclose(first.overlap, 2 * overlap - 1, atol=1e-5)
    assert (overlap[:2] > 0.1).all()
    assert first.boxes.shape == (3, 16, 4) and np.isfinite(first.delta).all()
    assert len(np.unique(first.boxes[0], axis=0)) > 8


def test_deltas_lead_from_proposal_to_target() -> None:
    boxes = np.array([[100.0, 90, 60, 40]])
    found = proposals(boxes, [7], count=4)
    size = found.boxes[0, :, 2:] * np.exp(found.delta[0, :, 2:])
    center = (
        found.boxes[0, :, :2]
        + found.boxes[0, :, 2:] / 2
        + found.delta[0, :, :2] * found.boxes[0, :, 2:]
    )
    np.testing.assert_allclose(
        np.concatenate([center - size / 2, size], 1), boxes.repeat(4, 0), rtol=1e-4
    )


def test_with_another_stride_cells_lie_further_apart_and_targets_move_onto_the_same_box() -> None:
    grid, wide = anchor_grid(17), anchor_grid(9, stride=16)
    np.testing.assert_array_equal(grid[:, ::2, ::2], wide)
    box, positive = [[100.0, 90.0, 70.0, 60.0]], [True]
    fine = anchor_targets(box, positive, [0], size=17, settings=ALL)
    coarse = anchor_targets(box, positive, [0], size=9, settings=ALL, stride=16)
    np.testing.assert_array_equal(fine.label[..., ::2, ::2], coarse.label)
    np.testing.assert_array_equal(fine.delta[..., ::2, ::2], coarse.delta)
    other = negative_window(center_boxes(box), size=9, centered=True, stride=16)[0]
    assert other.sum() == 49 and other[4, 4]


def test_square_anchor_sizes_agree_between_the_codes() -> None:
    both = anchor_sizes(), anchor_sizes(kind="mmtracking")
    np.testing.assert_array_equal(both[0][:3], both[1][:3])


def test_targets_of_a_batch_are_those_of_the_loss_goldens() -> None:
    corners = [[85, 92, 165, 170], [120.5, 60, 190, 150.25], [60, 100, 150, 140]]
    boxes, positive = from_corners(corners), [True, True, False]
    expected = load_golden("siamrpn_r50", "loss").arrays
    found = anchor_targets(boxes, positive, [0, 1, 2], size=25, settings=ALL)
    np.testing.assert_array_equal(found.label, expected["label_cls"])
    np.testing.assert_allclose(found.weight, expected["label_loc_weight"], atol=1e-5)
    np.testing.assert_allclose(found.delta[..., ::4, ::4], expected["label_loc_s4"], atol=1e-5)
    expected = load_golden("siamkpn_stack3_difstd", "loss").arrays
    points = keypoint_targets(boxes, positive, stages=3, decay=0.9, labels="code")
    np.testing.assert_allclose(points.heat[:, :1], expected["label_heatmap_as_code"], atol=1e-5)
    np.testing.assert_allclose(points.offset, expected["label_offsets"], atol=1e-5)
    np.testing.assert_allclose(points.size, expected["label_objsize"], atol=1e-5)
