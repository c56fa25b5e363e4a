from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from feathertrack.data.batch import PairBatch
from feathertrack.data.targets.response import response_label
from feathertrack.errors import InputError
from feathertrack.models import create_model
from feathertrack.models.siamfc import SiamFC
from feathertrack.recipes import find_recipe
from feathertrack.training.losses import balanced_logistic
from feathertrack.training.running import check_teacher
from feathertrack.training.tasks.siamfc import SiamFCTask, SiamFCTaskSettings


class Shrink(nn.Module):
    """A backbone that costs nothing: every eighth pixel of a batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3, momentum=0.5)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        shrunk: torch.Tensor = self.norm(image)[:, :, ::8, ::8]
        return shrunk


def _batch(num: int = 3, *, off: tuple[float, float] = (0.0, 0.0)) -> PairBatch:
    torch.manual_seed(0)
    corner = torch.tensor([39.5 + off[0], 34.5 + off[1], 40.0, 50.0])
    return PairBatch(
        template=255 * torch.rand(num, 3, 63, 63),
        search=255 * torch.rand(num, 3, 119, 119),
        template_boxes=torch.tensor([[20.0, 20, 20, 20]]).repeat(num, 1),
        search_boxes=corner.repeat(num, 1),
        positive=torch.ones(num, dtype=torch.bool),
        seeds=torch.arange(num),
    )


def _task(**settings: object) -> SiamFCTask:
    return SiamFCTask(SiamFC(Shrink()), SiamFCTaskSettings(**settings))  # type: ignore[arg-type]


def test_labels_are_the_same_map_for_every_pair() -> None:
    task, batch = _task(), _batch()
    scores, labels = task.scores(batch)
    assert scores.shape == labels.shape == (3, 1, 8, 8)
    assert torch.equal(labels[2, 0], torch.from_numpy(response_label(8, 8)))


def test_following_labels_of_a_target_in_the_middle_are_the_published_ones() -> None:
    batch = _batch()
    published, following = _task(outer_radius=32.0), _task(outer_radius=32.0, follow=True)
    assert torch.equal(published.scores(batch)[1], following.scores(batch)[1])


def test_labels_follow_the_target_by_cells_of_eight_pixels() -> None:
    middle, moved = (
        _task(follow=True).scores(_batch())[1],
        _task(follow=True).scores(_batch(off=(16.0, -8.0)))[1],
    )
    assert torch.equal(middle[:, :, 1:, :-2], moved[:, :, :-1, 2:])


def test_a_negative_pair_has_nothing_to_be_found() -> None:
    batch = replace(_batch(), positive=torch.tensor([True, False, True]))
    labels = _task().scores(batch)[1]
    assert labels[0].sum() > 0
    assert labels[1].sum() == 0


def test_cross_pairs_are_further_negatives_of_the_batch() -> None:
    batch = _batch()
    scores, labels = _task(cross_pairs=1).scores(batch)
    plain, _ = _task().scores(batch)
    assert scores.shape == labels.shape == (6, 1, 8, 8)
    assert torch.equal(scores[:3], plain)
    assert labels[3:].sum() == 0
    network = SiamFC(Shrink()).train()
    other = network.predict(network.embed(batch.template).roll(1, 0), batch.search)
    torch.testing.assert_close(scores[3:], other)


def test_more_cross_pairs_than_pairs_take_each_once() -> None:
    assert len(_task(cross_pairs=9).scores(_batch(3))[0]) == 9


def test_both_images_move_the_batch_norms_by_themselves() -> None:
    task, batch = _task(), _batch()
    task.train()(batch)
    norm = task.network.backbone.norm
    assert isinstance(norm, nn.BatchNorm2d)
    assert int(norm.num_batches_tracked or 0) == 2
    means = [images.mean((0, 2, 3)) for images in (batch.template, batch.search)]
    assert norm.running_mean is not None
    torch.testing.assert_close(norm.running_mean, 0.5 * (0.5 * means[0]) + 0.5 * means[1])


@pytest.mark.parametrize("loss", ["balanced", "focal", "ghm", "ohnm"])
def test_every_loss_teaches(loss: str) -> None:
    task = _task(loss=loss)
    total = task(_batch())["total"]
    total.backward()
    gradient = task.network.get_parameter("backbone.norm.weight").grad
    assert total.ndim == 0
    assert gradient is not None
    assert bool(torch.isfinite(gradient).all())
    assert bool(gradient.any())


def test_the_loss_is_the_balanced_one_with_its_weight() -> None:
    task, batch = _task(negative_weight=2.0).eval(), _batch()
    expected = balanced_logistic(*task.scores(batch), negative_weight=2.0)
    torch.testing.assert_close(task(batch)["total"], expected)


def test_counts_of_ghm_are_part_of_a_checkpoint() -> None:
    assert "harmonized.counts" in _task(loss="ghm").state_dict()


def test_pictures_show_template_search_label_and_score() -> None:
    pictures = _task().eval().pictures(_batch(), count=2)
    assert [picture.shape for picture in pictures] == [(119, 4 * 119, 3)] * 2


def test_a_network_of_another_family_is_refused() -> None:
    network = create_model("siamrpn_alexnet")
    with pytest.raises(InputError, match="trains networks of siamfc, not siamrpn_alexnet"):
        SiamFCTaskSettings().build(network, recipe=find_recipe("siamfc_small"))


def test_a_teacher_that_nobody_listens_to_is_refused() -> None:
    recipe = replace(find_recipe("siamfc_small"), teacher="fdsiamfc_30")
    task = recipe.task.build(create_model("fdsiamfc_15"), recipe=recipe)
    with pytest.raises(InputError, match="siamfc_small imitates no teacher: leave --teacher out"):
        check_teacher(recipe, task)
    check_teacher(replace(recipe, teacher=""), task)
