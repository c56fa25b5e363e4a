"""Objectives of distillation against the numbers and gradients of CFKD's code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from feathertrack.training.losses.distillation import (
    AdaptiveHard,
    CorrelationFilter,
    Fidelity,
    Lesson,
    Level,
    Seen,
    TargetResponse,
    TeacherSoft,
    Term,
    TrackingResponse,
    features,
    filters,
    terms,
)
from feathertrack.training.losses.distillation.answers import Distance
from tests.goldens.fill import fill_array, fill_image
from tests.shared_data import shared

LAYERS = ("conv1", "layer1", "layer2", "layer3")
CHANNELS = {"s": (32, 24, 32, 64), "t": (64, 64, 128, 256)}
STEPS = (9, 5, 3, 2)
SIDE = 144

# The forms of the code, by which the goldens were made.
SOFT = TeacherSoft()
HARD = AdaptiveHard(decided="batch")
FIDELITY = Fidelity(over="mean")
FILTER = CorrelationFilter(maximum="batch")
RESPONSE = TargetResponse()
TRACKING = TrackingResponse(channels="each")


@pytest.fixture(scope="module")
def golden() -> Mapping[str, NDArray[np.float32]]:
    with np.load(shared("goldens/cfkd_losses/golden.npz")) as arrays:
        return dict(arrays)


def _maps(who: str, view: str) -> list[Tensor]:
    found = []
    for k, (layer, channels) in enumerate(zip(LAYERS, CHANNELS[who], strict=True), 1):
        shape = (2, channels, SIDE >> k, SIDE >> k)
        values = fill_image(f"loss.{view}.{who}.{layer}", shape) / 127.5 - 0.6
        found.append(torch.from_numpy(values).requires_grad_(who == "s"))
    return found


def _seen(who: str, answers: Tensor) -> Seen:
    both = zip(_maps(who, "ref"), _maps(who, "test"), strict=True)
    levels = {
        number: Level(template=template, search=search, stride=2 << number)
        for number, (template, search) in enumerate(both)
    }
    return Seen(levels=levels, answers=answers)


def _lesson(golden: Mapping[str, NDArray[np.float32]], *, student: str = "bad") -> Lesson:
    given = {
        name: torch.from_numpy(golden[name])
        for name in ("iou_gt", "iou_teacher", f"iou_student_{student}", "target_bb", "test_bb")
    }
    return Lesson(
        student=_seen("s", given[f"iou_student_{student}"][..., None]),
        teacher=_seen("t", given["iou_teacher"][..., None]),
        truth=given["iou_gt"][..., None],
        template_boxes=given["target_bb"],
        search_boxes=given["test_bb"],
    )


def _close(found: Tensor, expected: NDArray[np.float32]) -> None:
    largest = float(np.abs(expected).max())
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=0, atol=1e-4 * largest)


@pytest.mark.parametrize("student", ["bad", "good"])
@pytest.mark.parametrize(("kind", "word"), [("smooth_l1", "smoothl1"), ("mse", "mse")])
def test_answers(
    golden: Mapping[str, NDArray[np.float32]], student: str, kind: Distance, word: str
) -> None:
    lesson = _lesson(golden, student=student)
    for term, short in ((SOFT, "ts"), (HARD, "ah")):
        loss = replace(term, distance=kind).loss(lesson)
        _close(loss, golden[f"{short}.{word}.{student}"])


@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("fidelity", FIDELITY),
        *((f"fidelity.{LAYERS[n]}", replace(FIDELITY, levels=(n,))) for n in range(4)),
        ("cf", FILTER),
        *((f"cf.{LAYERS[n]}", replace(FILTER, levels=(n,))) for n in range(4)),
        ("target_response", RESPONSE),
        ("target_response.2layers", replace(RESPONSE, levels=(2, 3))),
        ("target_response.use_w_false", replace(RESPONSE, weighting="gaussian")),
        ("tracking", TRACKING),
    ],
)
def test_maps(golden: Mapping[str, NDArray[np.float32]], name: str, term: Term) -> None:
    lesson = _lesson(golden)
    loss = term.loss(lesson)
    _close(loss, golden[name])
    loss.backward()  # type: ignore[no-untyped-call]
    for number, layer in enumerate(LAYERS):
        for view, word in (("template", "ref"), ("search", "test")):
            key = f"{name}.grad_{word}_{layer}"
            if key in golden:
                gradient = getattr(lesson.student.levels[number], view).grad
                step = STEPS[number]
                _close(gradient[:, ::8, ::step, ::step], golden[key])
                _close(gradient.abs().mean(), golden[f"{key}_absmean"])


def test_lifted_fidelity(
    golden: Mapping[str, NDArray[np.float32]], monkeypatch: pytest.MonkeyPatch
) -> None:
    kernels = {
        shape[:2]: torch.from_numpy(fill_array(f"loss.upsample.{layer}", shape))
        for layer, shape in (("layer2", (128, 32, 1, 1)), ("layer3", (256, 64, 1, 1)))
    }
    monkeypatch.setattr(terms, "drawn_lift", lambda c, t, *, seed: kernels[t, c])
    lifted = terms.LiftedFidelity()
    lesson = _lesson(golden)
    _close(lifted.loss(lesson), golden["fidelity_upsampled"])
    total = _total(lesson, [SOFT, HARD, lifted, TRACKING])
    _close(total, golden["total.compression"])


def _total(lesson: Lesson, sum_of: list[Term]) -> Tensor:
    return torch.stack([term.weight * term.loss(lesson) for term in sum_of]).sum()


@pytest.mark.parametrize(
    ("name", "sum_of"),
    [
        ("ts", [SOFT]),
        ("ts_ah", [SOFT, HARD]),
        ("ts_ah_fid", [SOFT, HARD, FIDELITY]),
        ("atom_cfkd", [SOFT, HARD, FIDELITY, FILTER]),
        ("sep1", [FIDELITY, FILTER]),
        ("sep2", [SOFT, HARD]),
        ("tskd", [replace(SOFT, distance="mse"), replace(HARD, distance="mse"), RESPONSE]),
    ],
)
def test_weighted_sums(
    golden: Mapping[str, NDArray[np.float32]], name: str, sum_of: list[Term]
) -> None:
    lesson = _lesson(golden)
    _close(_total(lesson, sum_of), golden[f"total.{name}"])
    asking = [term for term in sum_of if term.asks]
    if asking:
        _close(_total(lesson, asking), golden[f"total.{name}.iou"])


def test_labels(golden: Mapping[str, NDArray[np.float32]]) -> None:
    boxes = torch.from_numpy(golden["test_bb"])
    for share, name in ((0.15, "gauss_cf_layer2"), (0.25, "gauss_track_layer2")):
        _close(filters.gaussian_labels(boxes, stride=8, sides=(18, 18), share=share), golden[name])


def test_the_drawn_lift_is_the_same_in_every_run() -> None:
    first = features.drawn_lift(32, 128, seed=3)
    features.drawn_lift.cache_clear()
    assert torch.equal(first, features.drawn_lift(32, 128, seed=3))
    assert float(first.std()) == pytest.approx((2 / 160) ** 0.5, rel=0.05)
