from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from feathertrack.boxes import iou
from feathertrack.data.batch import PairBatch
from feathertrack.errors import InputError
from feathertrack.models import create_model
from feathertrack.models.box_network import BoxNetwork
from feathertrack.recipes import find_recipe
from feathertrack.training.recipe import FreezeSettings
from feathertrack.training.task import Task
from feathertrack.training.tasks.atom import AtomTask, AtomTaskSettings, rests
from feathertrack.training.tasks.observing import network_boxes
from tests.training.tasks.box_pairs import SIDE, box_pairs, tiny_atom, tiny_drnet


def test_boxes_are_drawn_by_pair_and_count_pixel_centres() -> None:
    task, batch = AtomTask(tiny_atom(), AtomTaskSettings()), box_pairs()
    boxes, truth = task.draw(batch)
    assert boxes.shape == (4, 16, 4)
    target = network_boxes(batch.search_boxes)[:, None].numpy()
    expected = 2 * iou(boxes.double().numpy(), target) - 1
    torch.testing.assert_close(
        truth[..., 0].double(), torch.from_numpy(expected), atol=1e-5, rtol=0
    )
    alone, _ = task.draw(_only(batch, 2))
    assert torch.equal(alone[0], boxes[2])


def _only(batch: PairBatch, number: int) -> PairBatch:
    return PairBatch(**{name: value[number : number + 1] for name, value in vars(batch).items()})


def test_drnet_is_asked_for_the_way_to_the_target() -> None:
    task, batch = AtomTask(tiny_drnet(), AtomTaskSettings()), box_pairs()
    boxes, way = task.draw(batch)
    size = boxes[..., 2:]
    center = boxes[..., :2] + size / 2 + way[..., :2] * size
    grown = size * way[..., 2:].exp()
    reached = torch.cat([center - grown / 2, grown], dim=-1)
    target = network_boxes(batch.search_boxes)[:, None].expand_as(reached)
    torch.testing.assert_close(reached, target, atol=1e-3, rtol=0)


@pytest.mark.parametrize("kind", ["mse", "smooth_l1"])
def test_the_loss_is_that_of_the_network_as_it_judges(kind: str) -> None:
    network, batch = tiny_atom().eval(), box_pairs()
    task = AtomTask(network, AtomTaskSettings(distance=kind))  # type: ignore[arg-type]
    boxes, truth = task.draw(batch)
    found = network.judge(batch.template, batch.search, network_boxes(batch.template_boxes), boxes)
    loss = torch.nn.functional.mse_loss if kind == "mse" else torch.nn.functional.smooth_l1_loss
    torch.testing.assert_close(task(batch)["total"], loss(found, truth))


def test_a_backbone_that_rests_gives_the_same_loss_and_gradient_without_its_norms() -> None:
    network, batch, found = tiny_atom(), box_pairs(), []
    network.feature_extractor.requires_grad_(False)
    for resting in (False, True):
        task = AtomTask(network, AtomTaskSettings(), resting=resting).train()
        network.feature_extractor.eval()
        loss = task(batch)["total"]
        network.zero_grad()
        loss.backward()
        gradient = network.bb_regressor.get_parameter("conv3_1t.0.weight").grad
        assert gradient is not None
        found.append((loss.detach(), gradient))
    torch.testing.assert_close(found[0][0], found[1][0], rtol=1e-4, atol=0)
    torch.testing.assert_close(found[0][1], found[1][1], rtol=1e-2, atol=1e-5)
    assert not any(name.startswith("_folded") for name, _ in task.named_parameters())


@pytest.mark.parametrize(
    ("frozen", "norms", "expected"),
    [
        ({"feature_extractor": -1}, "freeze", True),
        ({"feature_extractor": -1, "feature_extractor.layer3": 5}, "freeze", False),
        ({"feature_extractor": -1}, "train", False),
        ({"feature_extractor": 5}, "freeze", False),
        ({"bb_regressor": -1}, "freeze", False),
    ],
)
def test_a_backbone_rests_if_nothing_of_it_ever_changes(
    frozen: dict[str, int], norms: Any, expected: bool
) -> None:
    assert rests(FreezeSettings(frozen=frozen, norms=norms)) == expected


def overfit(task: Task, *, steps: int, lr: float = 3e-3) -> tuple[float, float]:
    """First and last loss of a training on one batch of four pairs."""
    optimizer = torch.optim.Adam(task.network.parameters(), lr=lr)
    batch, losses = box_pairs(), []
    task.train()
    for _ in range(steps):
        loss = task(batch)["total"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses[0], losses[-1]


@pytest.mark.parametrize(
    ("network", "kind"), [(tiny_atom(), "mse"), (tiny_drnet(), "smooth_l1")], ids=["atom", "drnet"]
)
def test_a_head_learns_a_few_pairs_by_heart(network: BoxNetwork, kind: str) -> None:
    task = AtomTask(network, AtomTaskSettings(distance=kind))  # type: ignore[arg-type]
    first, last = overfit(task, steps=30)
    assert last < 0.3 * first


def test_pictures_show_both_crops_with_their_boxes() -> None:
    for network in (tiny_atom(), tiny_drnet()):
        pictures = AtomTask(network.eval(), AtomTaskSettings()).pictures(box_pairs(), count=2)
        assert [picture.shape for picture in pictures] == [(SIDE, 2 * SIDE, 3)] * 2
        assert (pictures[0] == (255, 64, 0)).all(-1).any()


def test_what_cannot_be_trained_is_refused() -> None:
    recipe = find_recipe("atom_small")
    trained = tiny_atom()
    with pytest.raises(InputError, match="begins with a trained backbone: --weights FILE"):
        recipe.task.build(trained, recipe=recipe)
    trained.digest = "0" * 64
    assert isinstance(recipe.task.build(trained, recipe=recipe), AtomTask)
    negative = replace(recipe, data=replace(recipe.data, negative=0.2))
    with pytest.raises(InputError, match=r"data.negative is 0.2"):
        recipe.task.build(trained, recipe=negative)
    with pytest.raises(InputError, match="trains networks of atom and drnet, not siamfc"):
        recipe.task.build(create_model("siamfc"), recipe=recipe)
