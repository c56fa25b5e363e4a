from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from feathertrack.errors import InputError
from feathertrack.recipes import find_recipe
from feathertrack.training.tasks.siamkpn import SiamKPNTask, SiamKPNTaskSettings
from feathertrack.training.tasks.truth import truth_of
from tests.shared_data import shared
from tests.training.tasks.siamese_pairs import pairs, tiny_siamkpn, tiny_siamrpn


def _task(levels: int = 1, stages: int = 2, **settings: object) -> SiamKPNTask:
    network = tiny_siamkpn(levels=levels, stages=stages)
    return SiamKPNTask(network, SiamKPNTaskSettings(**settings))  # type: ignore[arg-type]


def _finite(task: SiamKPNTask) -> bool:
    gradients = [p.grad for p in task.parameters()]
    return all(g is not None and bool(torch.isfinite(g).all()) for g in gradients)


def test_labels_are_those_of_the_golden() -> None:
    folder = shared("goldens/siamkpn_stack3_difstd")
    about = json.loads((folder / "loss.json").read_text())
    golden = np.load(folder / "loss.npz")
    corners = torch.tensor(about["boxes_corner"])
    boxes = torch.cat([corners[:, :2] + 0.5, corners[:, 2:] - corners[:, :2]], dim=1)
    batch = replace(pairs([not one for one in about["negative"]], side=255), search_boxes=boxes)
    task = _task(stages=3, decay=0.9, labels="code")
    heat, offset, size = task.targets(truth_of(batch), size=31)
    for stage in range(3):
        np.testing.assert_allclose(heat[:, [stage]], golden["label_heatmap_as_code"], atol=1e-5)
    np.testing.assert_allclose(offset, golden["label_offsets"], atol=1e-5)
    np.testing.assert_allclose(size, golden["label_objsize"], atol=1e-4)


def test_intended_bumps_narrow_from_stage_to_stage() -> None:
    truth = truth_of(pairs([True]))
    intended = _task(decay=0.9).targets(truth, size=19).heat[0]
    assert intended[1].sum() < intended[0].sum()
    code = _task(decay=0.9, labels="code").targets(truth, size=19).heat[0]
    np.testing.assert_array_equal(code[0], intended[1])


@pytest.mark.parametrize("positive", [[False, False], [True, False], [True, True]])
def test_gradients_reach_every_weight_and_are_finite(positive: list[bool]) -> None:
    task = _task(levels=2, decay=0.9).train()
    losses = task(pairs(positive))
    losses["total"].backward()
    assert set(losses) == {"total", "heat", "offset", "size"}
    assert _finite(task)
    assert (float(losses["size"].detach()) > 0) == any(positive)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_saturated_scores_leave_gradients_finite(sign: float) -> None:
    task = _task().eval()
    with torch.no_grad():
        for head in ("head1", "head2"):
            task.get_parameter(f"network.kpn_head.heatmap.{head}.1.bias").fill_(sign * 1e4)
    losses = task(pairs([True, False]))
    losses["total"].backward()
    assert bool(torch.isfinite(losses["total"]))
    assert _finite(task)


def test_weights_of_offsets_are_a_choice_from_two_positive_pairs_on() -> None:
    def offset(weight: str, batch: list[bool]) -> float:
        losses = _task(offset_weight=weight).eval()(pairs(batch))
        return float(losses["offset"].detach())

    assert offset("own", [True, False]) == pytest.approx(offset("code", [True, False]))
    assert offset("own", [True, True]) != pytest.approx(offset("code", [True, True]), rel=1e-3)


def test_weights_of_the_terms_make_the_total() -> None:
    task = _task(heat_weight=2.0, offset_weight_in_total=3.0, size_weight=0.5).eval()
    losses = task(pairs([True, True]))
    expected = 2 * losses["heat"] + 3 * losses["offset"] + 0.5 * losses["size"]
    torch.testing.assert_close(losses["total"], expected)


def test_outputs_that_are_the_targets_decode_to_the_boxes() -> None:
    task, batch = _task(), pairs([True, True, True])
    heat, offset, size = (torch.from_numpy(part) for part in task.targets(truth_of(batch), size=19))
    found = task.boxes(heat[:, -1:], offset, size, side=159)
    np.testing.assert_allclose(found, batch.search_boxes, atol=1e-4)


def test_pictures_show_template_search_bump_and_score() -> None:
    task = _task().eval().to(memory_format=torch.channels_last)  # as the loop does
    pictures = task.pictures(pairs([True, False, True]), count=2)
    assert [picture.shape for picture in pictures] == [(159, 4 * 159, 3)] * 2


def test_what_does_not_fit_is_refused() -> None:
    recipe = find_recipe("siamkpn_small")
    with pytest.raises(InputError, match="trains networks of siamkpn"):
        SiamKPNTaskSettings().build(tiny_siamrpn(), recipe=recipe)
    with pytest.raises(InputError, match=r"task.decay must be above 0 and at most 1, got 0"):
        SiamKPNTaskSettings(decay=0.0).build(tiny_siamkpn(), recipe=recipe)
    data = replace(recipe.data, search=replace(recipe.data.search, size=256))
    with pytest.raises(InputError, match=r"data.search.size is 256"):
        SiamKPNTaskSettings().build(tiny_siamkpn(), recipe=replace(recipe, data=data))
