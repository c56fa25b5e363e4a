from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from feathertrack.data.targets import anchor_targets
from feathertrack.errors import InputError
from feathertrack.models import create_model
from feathertrack.recipes import find_recipe
from feathertrack.training.recipe import Recipe
from feathertrack.training.tasks.siamrpn import SiamRPNTask, SiamRPNTaskSettings
from feathertrack.training.tasks.truth import truth_of
from tests.shared_data import shared
from tests.training.tasks.siamese_pairs import pairs, tiny_siamkpn, tiny_siamrpn


def _task(levels: int = 1, **settings: object) -> SiamRPNTask:
    network = tiny_siamrpn(levels=levels, anchors=str(settings.get("anchors", "pysot")))
    return SiamRPNTask(network, SiamRPNTaskSettings(**settings))  # type: ignore[arg-type]


def _recipe(*, template: int = 127, search: int = 255) -> Recipe:
    recipe = find_recipe("siamrpn_small")
    data = recipe.data
    views = {"template": template, "search": search}
    return replace(
        recipe,
        data=replace(
            data, **{name: replace(getattr(data, name), size=side) for name, side in views.items()}
        ),
    )


def _finite(task: SiamRPNTask) -> bool:
    gradients = [p.grad for p in task.parameters()]
    return all(g is not None and bool(torch.isfinite(g).all()) for g in gradients)


@pytest.mark.parametrize("kind", ["pysot", "mmtracking"])
def test_targets_are_those_of_the_references_whatever_the_size_of_the_region(kind: str) -> None:
    batch = pairs([True, False], side=255)
    task = _task(anchors=kind)
    whole = task.targets(truth_of(batch), size=25)
    expected = anchor_targets(batch.search_boxes, batch.positive, batch.seeds, size=25)
    if kind == "pysot":
        np.testing.assert_array_equal(whole.label, expected.label)
    moved = batch.search_boxes - torch.tensor([32.0, 32, 0, 0])
    smaller = replace(batch, search=batch.search[..., 32:223, 32:223], search_boxes=moved)
    inner = task.targets(truth_of(smaller), size=17)
    np.testing.assert_allclose(inner.delta[0], whole.delta[0, :, :, 4:-4, 4:-4], atol=1e-5)
    assert set(np.unique(inner.label)) == {-1, 0, 1}


def test_labels_are_those_of_the_golden() -> None:
    folder = shared("goldens/siamrpn_r50")
    about = json.loads((folder / "loss.json").read_text())
    golden = np.load(folder / "loss.npz")
    corners = torch.tensor(about["boxes_corner"])
    boxes = torch.cat([corners[:, :2] + 0.5, corners[:, 2:] - corners[:, :2]], dim=1)
    batch = replace(pairs([not one for one in about["negative"]], side=255), search_boxes=boxes)
    task = _task(positives=10**5, total=2 * 10**5, negatives=10**5)
    label, delta, weight = task.targets(truth_of(batch), size=25)
    np.testing.assert_array_equal(label, golden["label_cls"])
    np.testing.assert_allclose(delta[..., ::4, ::4], golden["label_loc_s4"], atol=1e-5)
    np.testing.assert_allclose(weight, golden["label_loc_weight"], rtol=1e-5)


@pytest.mark.parametrize("positive", [[False, False], [True, False], [True, True]])
def test_gradients_reach_every_weight_and_are_finite(positive: list[bool]) -> None:
    task = _task(levels=2).train()
    losses = task(pairs(positive))
    losses["total"].backward()
    assert set(losses) == {"total", "class", "box"}
    assert _finite(task)
    assert (float(losses["box"].detach()) > 0) == any(positive)


def test_saturated_scores_leave_gradients_finite() -> None:
    task = _task().eval()
    with torch.no_grad():
        task.get_parameter("network.rpn_head.cls.head.3.weight").mul_(1e6)
    losses = task(pairs([True, False]))
    losses["total"].backward()
    assert bool(torch.isfinite(losses["total"]))
    assert _finite(task)


def test_normalisations_differ_where_pairs_have_unlike_numbers_of_anchors() -> None:
    batch = pairs([True, True, False])
    means = [
        float(_task(normalization=kind).eval()(batch)["class"].detach())
        for kind in ("batch", "sample")
    ]
    assert means[0] != pytest.approx(means[1], rel=1e-3)


def test_weights_of_the_terms_make_the_total() -> None:
    losses = _task(class_weight=2.0, box_weight=0.5).eval()(pairs([True, True]))
    torch.testing.assert_close(losses["total"], 2 * losses["class"] + 0.5 * losses["box"])


@pytest.mark.parametrize("kind", ["pysot", "mmtracking"])
def test_moves_that_are_the_targets_decode_to_the_boxes(kind: str) -> None:
    task, batch = _task(anchors=kind), pairs([True, True, True])
    targets = task.targets(truth_of(batch), size=13)
    best = torch.from_numpy(targets.weight)
    found = task.boxes(best, torch.from_numpy(targets.delta).flatten(1, 2), side=159)
    np.testing.assert_allclose(found, batch.search_boxes, atol=1e-4)


def test_pictures_show_template_search_labels_and_scores() -> None:
    task = _task().eval().to(memory_format=torch.channels_last)  # as the loop does
    pictures = task.pictures(pairs([True, False, True]), count=2)
    assert [picture.shape for picture in pictures] == [(159, 4 * 159, 3)] * 2


def test_a_network_of_other_anchors_is_refused() -> None:
    network = create_model("siamrpn_alexnet", anchors="mmtracking")
    with pytest.raises(InputError, match=r"task.anchors is pysot, but .* of mmtracking"):
        SiamRPNTaskSettings().build(network, recipe=_recipe())


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (_recipe(template=95), "data.template.size is 95: .* takes 127"),
        (_recipe(search=250), "data.search.size is 250: .* multiple of 16 more, such as 255"),
        (_recipe(search=127), "data.search.size is 127"),
    ],
)
def test_crops_that_do_not_fit_are_refused(recipe: Recipe, said: str) -> None:
    with pytest.raises(InputError, match=said):
        SiamRPNTaskSettings().build(tiny_siamrpn(), recipe=recipe)


def test_a_network_of_another_family_is_refused() -> None:
    with pytest.raises(InputError, match="trains networks of siamrpn"):
        SiamRPNTaskSettings().build(tiny_siamkpn(), recipe=_recipe())
