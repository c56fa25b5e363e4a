"""Both forms of the correlation against a naive loop and the reference, and their gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from feathertrack.models.correlation import CorrelationForm, xcorr

PAIRINGS = [(1, 3), (1, 1), (4, 4), (2, 6)]  # templates, search regions
FORMS: list[CorrelationForm] = ["grouped", "matmul"]


def _random(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(sum(shape)))


def _reference(search: torch.Tensor, template: torch.Tensor) -> torch.Tensor:
    """The pairing of the reference's ``_fast_xcorr``: N viewed as (N / M, M), a group each."""
    num_search, channels, height, width = search.shape
    num_templates = template.shape[0]
    grouped = search.view(-1, num_templates * channels, height, width)
    response = torch.nn.functional.conv2d(grouped, template, groups=num_templates)
    return response.view(num_search, -1, response.shape[-2], response.shape[-1])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("templates", "searches"), PAIRINGS)
def test_xcorr_equals_naive_loop(form: CorrelationForm, templates: int, searches: int) -> None:
    search, template = _random(searches, 3, 9, 8), _random(templates, 3, 4, 3)
    expected = torch.empty(searches, 1, 6, 6)
    for n, i, j in np.ndindex(searches, 6, 6):
        window = search[n, :, i : i + 4, j : j + 3]
        expected[n, 0, i, j] = (window * template[n % templates]).sum()
    torch.testing.assert_close(xcorr(search, template, form=form), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(("templates", "searches"), PAIRINGS)
def test_both_forms_equal_the_pairing_of_the_reference(templates: int, searches: int) -> None:
    search, template = _random(searches, 8, 22, 22), _random(templates, 8, 6, 6)
    expected = _reference(search, template)
    for form in FORMS:
        found = xcorr(search, template, form=form)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("templates", "searches"), PAIRINGS)
def test_gradients_are_right(form: CorrelationForm, templates: int, searches: int) -> None:
    search = _random(searches, 2, 5, 4, dtype=torch.float64).requires_grad_()
    template = _random(templates, 2, 3, 2, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda s, t: xcorr(s, t, form=form), (search, template))


def test_channels_last_input_gives_the_same() -> None:
    search, template = _random(3, 8, 22, 22), _random(1, 8, 6, 6)
    found = xcorr(search.to(memory_format=torch.channels_last), template)
    torch.testing.assert_close(found, xcorr(search, template), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("search", "template", "words"),
    [
        ((4, 3, 9, 9), (3, 3, 4, 4), r"\(4, 3, 9, 9\) and template \(3, 3, 4, 4\).*multiple"),
        ((3, 2, 9, 9), (1, 3, 4, 4), r"channels must be equal"),
        (
            (1, 3, 4, 4),
            (1, 3, 5, 4),
            r"template \(5, 4\) is larger than the search region \(4, 4\)",
        ),
    ],
)
def test_shapes_that_do_not_fit_are_named(
    search: tuple[int, ...], template: tuple[int, ...], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        xcorr(torch.zeros(search), torch.zeros(template))
