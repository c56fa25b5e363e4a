from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from feathertrack.data.settings import ViewSettings
from feathertrack.errors import InputError
from feathertrack.models import create_model
from feathertrack.recipes import find_recipe
from feathertrack.training.footprint import check_views, estimate_footprint
from feathertrack.training.recipe import FreezeSettings


def test_weights_gradients_and_moments_are_counted() -> None:
    recipe = find_recipe("siamfc_got10k")
    network = create_model("fdsiamfc_15")
    memory = estimate_footprint(recipe, network)
    parameters = sum(tensor.nbytes for tensor in network.parameters())
    assert memory.weights == sum(tensor.nbytes for tensor in network.state_dict().values())
    assert memory.gradients == memory.optimizer == parameters
    adam = replace(recipe, optim=replace(recipe.optim, kind="adam"))
    assert estimate_footprint(adam, network).optimizer == 2 * parameters


def test_activations_grow_with_batch_and_views_and_shrink_with_precision() -> None:
    recipe, network = find_recipe("siamfc_got10k"), create_model("fdsiamfc_15")
    small = estimate_footprint(recipe, network).activations
    loop = replace(recipe.loop, batch_size=2 * recipe.loop.batch_size)
    twice = estimate_footprint(replace(recipe, loop=loop), network).activations
    assert 1.95 * small < twice < 2.05 * small
    data = replace(recipe.data, search=ViewSettings(size=255))
    assert estimate_footprint(replace(recipe, data=data), network).activations > small
    half = replace(recipe, loop=replace(recipe.loop, precision="bfloat16"))
    assert estimate_footprint(half, network).activations < 0.8 * small


def test_what_never_trains_has_neither_gradients_nor_activations() -> None:
    recipe, network = find_recipe("siamfc_got10k"), create_model("fdsiamfc_15")
    whole = estimate_footprint(recipe, network)
    frozen = replace(recipe, freeze=FreezeSettings(frozen={"backbone.conv1": -1}))
    less = estimate_footprint(frozen, network)
    first = sum(tensor.nbytes for tensor in network.get_submodule("backbone.conv1").parameters())
    assert less.gradients == less.optimizer == whole.gradients - first
    assert less.activations < 0.8 * whole.activations
    thawed = replace(recipe, freeze=FreezeSettings(frozen={"backbone.conv1": 10}))
    assert estimate_footprint(thawed, network) == whole


def test_what_the_forward_pass_keeps_of_a_bare_convolution_is_known() -> None:
    """Of the stages without batch norm only inputs are kept: images, and nothing twice."""
    recipe, network = find_recipe("siamfc_got10k"), create_model("fdsiamfc_15")
    memory = estimate_footprint(recipe, network)
    images = 4 * 3 * 8 * (127**2 + 239**2)
    first_maps = 4 * 14 * 8 * (59**2 + 115**2)  # kept once for the norm, and by pooling and ReLU
    assert memory.activations > images + 2 * first_maps
    assert all(not tensor.is_meta for tensor in network.parameters())
    assert torch.is_grad_enabled()


@pytest.mark.parametrize(("template", "search"), [(20, 239), (127, 100)])
def test_views_that_are_too_small_are_refused_by_their_sizes(template: int, search: int) -> None:
    recipe = find_recipe("siamfc_small")
    data = replace(
        recipe.data, template=ViewSettings(size=template), search=ViewSettings(size=search)
    )
    network = create_model("fdsiamfc_15")
    check_views(recipe, network)
    with pytest.raises(InputError, match=f"template of {template} pixels.* of {search}"):
        check_views(replace(recipe, data=data), network)
