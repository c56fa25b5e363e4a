from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from feathertrack.errors import InputError
from feathertrack.recipes import find_recipe
from feathertrack.training.losses.feather import cell_targets, overlaps
from feathertrack.training.tasks.feather import (
    FeatherTask,
    FeatherTaskSettings,
    at_cells,
    best_boxes,
    mirrored,
    shrunk,
)
from tests.training.tasks.feather_pairs import feather_pairs, tiny_feather
from tests.training.tasks.siamese_pairs import tiny_siamkpn

STEPS = 100


def _task(**settings: Any) -> FeatherTask:
    return FeatherTask(tiny_feather(), FeatherTaskSettings(**settings))


def test_eight_pairs_are_learned_by_heart() -> None:
    task, batch = _task(mirror=0.0).train(), feather_pairs([True] * 6 + [False] * 2, side=192)
    optimizer = torch.optim.Adam(task.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    totals = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        losses = task(batch)
        losses["total"].backward()
        optimizer.step()
        schedule.step()
        totals.append(float(losses["total"].detach()))
    assert totals[0] > 2
    assert totals[-1] < 0.15
    with torch.no_grad():
        score, box = task.network(batch.template, batch.search)
    targets = task.targets(batch, size=12)
    overlap = overlaps(box, targets.distances)[0].flatten(1)
    best = score.flatten(1).argmax(1)
    assert float(overlap[torch.arange(8), best][:6].min()) > 0.85
    assert float(score[:6].sigmoid().amax((1, 2, 3)).min()) > 0.8
    assert float(score[6:].sigmoid().max()) < 0.2


def test_outputs_that_are_the_targets_decode_to_the_boxes() -> None:
    boxes = torch.tensor([[100.0, 90, 50, 70], [31.0, 160, 64, 33.5]])
    wanted = cell_targets(boxes, torch.tensor([True, True]), size=16, stride=16)
    found = best_boxes(wanted.weight[:, None], wanted.distances, stride=16)
    torch.testing.assert_close(found, boxes)


@pytest.mark.parametrize("positive", [[False, False], [True, False], [True, True]])
def test_gradients_reach_every_weight_and_are_finite(positive: list[bool]) -> None:
    task = _task().train()
    losses = task(feather_pairs(positive))
    losses["total"].backward()
    assert set(losses) == {"total", "score", "box"}
    gradients = [parameter.grad for parameter in task.parameters()]
    assert all(one is not None and bool(torch.isfinite(one).all()) for one in gradients)
    assert (float(losses["box"].detach()) > 0) == any(positive)


def test_losses_are_in_float32_under_autocast() -> None:
    task = _task().train()
    with torch.autocast("cpu", torch.bfloat16):
        losses = task(feather_pairs([True, False]))
    assert {value.dtype for value in losses.values()} == {torch.float32}


def test_weights_of_the_terms_make_the_total() -> None:
    task = _task(score_weight=3.0, box_weight=0.5).eval()
    losses = task(feather_pairs([True, True]))
    torch.testing.assert_close(losses["total"], 3 * losses["score"] + 0.5 * losses["box"])


def test_mirrored_pairs_show_their_targets_where_their_boxes_are() -> None:
    batch = feather_pairs([True] * 4)  # of whose seeds 0, 400, 800 and 1200 two are below 512
    found = mirrored(batch, share=0.5)
    changed = [not torch.equal(a, b) for a, b in zip(found.search, batch.search, strict=True)]
    assert changed == [True, True, False, True]
    for before, after, box, image in zip(
        batch.search_boxes, found.search_boxes, found.search_boxes, found.search, strict=True
    ):
        x, y, w, h = (int(one) for one in box)
        assert float(image[:, y : y + h, x : x + w].mean()) > 60
        assert torch.equal(before[1:], after[1:])
    assert torch.equal(mirrored(batch, share=0.0).search, batch.search)


class _Fear:
    """A teacher that knows the truth."""

    def __init__(self, boxes_B4: Tensor) -> None:
        self.boxes = boxes_B4
        self.asked = 0

    def answers(self, template: Tensor, boxes: Tensor, search: Tensor) -> tuple[Tensor, Tensor]:
        self.asked = len(template)
        truth = cell_targets(self.boxes, torch.ones(len(template)), size=16, stride=16)
        return 10 * truth.is_target.float() - 5, truth.distances


def test_a_teacher_is_asked_about_positive_pairs_and_adds_two_terms() -> None:
    task, batch = (
        _task(teach_score_weight=2.0, teach_box_weight=3.0).eval(),
        feather_pairs([True, False, True]),
    )
    plain = task(batch)
    fear = _Fear(batch.search_boxes[[0, 2]])
    task.fear = fear  # type: ignore[assignment]
    taught = task(batch)
    added = 2 * taught["teach_score"] + 3 * taught["teach_box"]
    torch.testing.assert_close(taught["total"], plain["total"] + added)
    assert fear.asked == 2
    assert float(taught["teach_box"].detach()) > 0.05


def test_a_batch_without_a_positive_pair_has_nothing_to_ask() -> None:
    task, batch = _task().train(), feather_pairs([False, False])
    task.fear = _Fear(batch.search_boxes[:0])  # type: ignore[assignment]
    losses = task(batch)
    losses["total"].backward()
    assert float(losses["teach_score"].detach()) == float(losses["teach_box"].detach()) == 0


def test_pictures_show_template_search_cells_and_score() -> None:
    task = _task().eval()
    pictures = task.pictures(feather_pairs([True, False, True]), count=2)
    assert [picture.shape for picture in pictures] == [(256, 4 * 256, 3)] * 2
    assert all(picture.dtype == np.uint8 for picture in pictures)


def test_a_network_may_see_less_than_its_teacher() -> None:
    batch = feather_pairs([True, False, True])
    task = _task(seen_size=192, teach_box_weight=0.0, teach_score_weight=0.0).eval()
    seen = shrunk(batch, size=192)
    assert seen.search.shape[2:] == (192, 192)
    torch.testing.assert_close(seen.search_boxes, batch.search_boxes * 0.75)
    task.fear = _Fear(batch.search_boxes[[0, 2]])  # type: ignore[assignment]
    plain = _task().eval()
    torch.testing.assert_close(task(batch)["total"], plain(seen)["total"])
    assert shrunk(batch, size=0) is batch
    pictures = task.pictures(batch, count=1)
    assert pictures[0].shape[2] == 3


def test_what_a_teacher_says_is_taken_where_the_cells_of_a_shrunk_region_are() -> None:
    boxes, ratio = torch.tensor([[40.0, 60, 100, 80]]), 0.75
    whole, wanted = (
        cell_targets(given, torch.tensor([True]), size=size, stride=16).distances
        for given, size in ((boxes, 16), (boxes * ratio, 12))
    )
    said = torch.zeros(1, 16, 16)
    said[0, 8, 4] = 1.0  # at 64, 128 pixels: 48, 96 of the shrunk region
    taken, found = at_cells(said, whole, size=12, ratio=ratio)
    torch.testing.assert_close(found, wanted, atol=1e-3, rtol=0)
    assert taken[0].argmax() == 6 * 12 + 3
    assert float(taken[0, 6, 3]) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("size", [100, 272, -16])
def test_a_network_cannot_see_more_than_there_is(size: int) -> None:
    recipe = find_recipe("feather_small")
    with pytest.raises(InputError, match=rf"task.seen_size is {size}: .* of 16 up to .*256"):
        FeatherTaskSettings(seen_size=size).build(tiny_feather(), recipe=recipe)


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    recipe, network = find_recipe("feather_small"), tiny_feather()
    with pytest.raises(InputError, match="trains networks of feather"):
        FeatherTaskSettings().build(tiny_siamkpn(), recipe=recipe)
    for view, size, said in (("template", 127, "takes 128"), ("search", 255, "multiple of 16")):
        views = {view: replace(getattr(recipe.data, view), size=size)}
        other = replace(recipe, data=replace(recipe.data, **views))
        with pytest.raises(InputError, match=rf"data.{view}.size is {size}: .*{said}"):
            FeatherTaskSettings().build(network, recipe=other)
    missing = tmp_path / "fear_xs_tracker.onnx"
    with pytest.raises(InputError, match=r"no file .*fear_xs_tracker.onnx"):
        FeatherTaskSettings(teacher_onnx=str(missing)).build(network, recipe=recipe)
