"""Losses and gradients of whole networks are those of pysot, SiamKPN and mmtracking."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from feathertrack.data.batch import PairBatch
from feathertrack.data.targets import AnchorTargets, anchor_targets
from feathertrack.data.targets.anchor_targets import AnchorTargetSettings
from feathertrack.models import create_model
from feathertrack.training.task import Task
from feathertrack.training.tasks.siamkpn import SiamKPNTask, SiamKPNTaskSettings
from feathertrack.training.tasks.siamrpn import SiamRPNTask, SiamRPNTaskSettings
from feathertrack.weights.siamrpn import pysot_name
from tests.filling import filled_state
from tests.goldens.fill import fill_image
from tests.shared_data import shared

pytestmark = pytest.mark.slow

UNSAMPLED = SiamRPNTaskSettings(positives=10**5, total=2 * 10**5, negatives=10**5)
TASKS = {
    "siamrpn_r50": ("siamrpn_r50", {"total": "total", "cls": "class", "loc": "box"}),
    "siamkpn_stack3_difstd": (
        "siamkpn_r50_3s",
        {"total": "total", "heatmap": "heat", "offsets": "offset", "objsize": "size"},
    ),
}
PARTS = {
    **{f"backbone_layer{n}": f"backbone.layer{n}." for n in (2, 3, 4)},
    "neck": "neck.",
    "head": ("rpn_head.", "kpn_head."),
    "all": "",
}


@pytest.mark.parametrize(
    ("folder", "variant"),
    [
        ("siamrpn_r50", "eval_bn_overrides"),
        ("siamrpn_r50", "train_bn_raw"),
        ("siamkpn_stack3_difstd", "eval_bn_overrides"),
        ("siamkpn_stack3_difstd", "train_bn_raw"),
        ("siamkpn_stack3_difstd", "eval_bn_overrides_intended_labels"),
    ],
)
def test_losses_and_gradients_are_those_of_the_reference(folder: str, variant: str) -> None:
    about = json.loads((shared(f"goldens/{folder}") / "loss.json").read_text())
    result = about["results"][variant]
    task = _task(folder, about, variant)
    losses = task(_batch(about))
    losses["total"].backward()
    for theirs, ours in TASKS[folder][1].items():
        assert losses[ours].item() == pytest.approx(result[f"{theirs}_loss"], rel=1e-4), theirs
    for part, norm in result["grad_norm"].items():
        assert _norm(task.network, PARTS[part]) == pytest.approx(norm, rel=1e-3), part
    for name, expected in result["grad_of"].items():
        gradient = task.network.get_parameter(name).grad
        assert gradient is not None, name
        bound = 1e-3 * np.abs(expected).max()
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=bound, err_msg=name)
    for name, expected in result.get("running_stats_after", {}).items():
        mean = task.network.get_buffer(name)
        bound = 1e-4 * expected["absmax"]
        assert mean.mean().item() == pytest.approx(expected["mean"], abs=bound), name
        assert mean.abs().max().item() == pytest.approx(expected["absmax"], abs=bound), name


def _task(folder: str, about: dict[str, Any], variant: str) -> Task:
    forward = json.loads((shared(f"goldens/{folder}") / "forward.json").read_text())
    state = filled_state(forward["state_dict"])
    if variant.startswith("eval"):
        for key, factor in about["overrides"]["scale"].items():
            state[key] = state[key] * factor
        for key, more in about["overrides"]["add"].items():
            state[key] = state[key] + more
    network = create_model(TASKS[folder][0])
    network.load_state_dict(state)
    _freeze(network, train=not variant.startswith("eval"))
    if folder == "siamrpn_r50":
        return SiamRPNTask(network, UNSAMPLED)  # type: ignore[arg-type]
    labels = "intended" if variant.endswith("intended_labels") else "code"
    settings = SiamKPNTaskSettings(decay=0.9, labels=labels, offset_weight="code")
    return SiamKPNTask(network, settings)  # type: ignore[arg-type]


def _freeze(network: nn.Module, *, train: bool) -> None:
    network.train(train)
    network.get_submodule("backbone").eval()
    for name, parameter in network.named_parameters():
        fixed = ("backbone.conv1", "backbone.bn1", "backbone.layer1")
        parameter.requires_grad_(not name.startswith(fixed))


def _batch(about: dict[str, Any]) -> PairBatch:
    images = {
        key: torch.from_numpy(fill_image(how["name"], how["shape"]))
        for key, how in about["inputs"].items()
    }
    corners = torch.tensor(about["boxes_corner"])
    boxes = torch.cat([corners[:, :2] + 0.5, corners[:, 2:] - corners[:, :2]], dim=1)
    return PairBatch(
        template=images["template"].flip(1),
        search=images["search"].flip(1),
        template_boxes=boxes,
        search_boxes=boxes,
        positive=~torch.tensor(about["negative"]),
        seeds=torch.arange(len(boxes)),
    )


def _norm(network: nn.Module, prefix: str | tuple[str, ...]) -> float:
    squares = [
        p.grad.double().square().sum()
        for name, p in network.named_parameters()
        if name.startswith(prefix) and p.grad is not None
    ]
    return float(torch.stack(squares).sum().sqrt())


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_losses_and_gradients_are_those_of_mmtracking(mode: str) -> None:
    folder = shared("goldens/siamrpnpp_mmtracking")
    about, golden = (
        json.loads((folder / "meta.json").read_text()),
        np.load(folder / "targets_loss.npz"),
    )
    network = create_model("siamrpn_r50", anchors="mmtracking")
    state = filled_state(about["keys"])
    if mode == "eval":
        for key in [key for key in state if key.endswith("head_convs.1.conv.weight")]:
            state[key] = state[key] * about["final_conv_scale"]["cls" if ".cls_" in key else "reg"]
    network.load_state_dict({pysot_name(key): value for key, value in state.items()})
    network.train(mode == "train").get_submodule("backbone").eval()
    settings = SiamRPNTaskSettings(anchors="mmtracking", normalization="sample")
    task = SiamRPNTask(network, settings)  # type: ignore[arg-type]
    score, delta = network(_images("template_batch", 127), _images("search_batch", 255))
    losses = task.losses(score, delta, _sampled(golden))
    if mode == "train":
        expected = about["train_mode"]
        assert losses["class"].item() == pytest.approx(expected["loss_cls"], rel=1e-4)
        assert 1.2 * losses["box"].item() == pytest.approx(expected["loss_bbox"], rel=1e-4)
        assert score.std().item() == pytest.approx(expected["cls_std"], rel=1e-4)
        assert delta.std().item() == pytest.approx(expected["bbox_std"], rel=1e-4)
        mean = network.get_buffer("neck.downsample2.downsample.1.running_mean")[:8]
        assert mean.tolist() == pytest.approx(expected["neck0_running_mean_first8"], rel=1e-4)
        return
    for output, key in ((score, "cls"), (delta, "bbox")):
        off = np.abs(output.detach()[:, :, ::2, ::2].numpy() - golden[key]).max()
        assert off <= 1e-4 * np.abs(golden[key]).max(), key
    assert losses["class"].item() == pytest.approx(float(golden["loss_cls"]), rel=1e-5)
    assert 1.2 * losses["box"].item() == pytest.approx(float(golden["loss_bbox"]), rel=1e-5)
    losses["total"].backward()
    _check_gradients(network, golden)


def _images(name: str, side: int) -> Tensor:
    return torch.from_numpy(fill_image(name, (5, 3, side, side))).flip(1)


def _sampled(golden: Any) -> AnchorTargets:
    """The anchors that mmtracking drew, in our order."""
    label, weight, box_weight = (
        np.moveaxis(golden[name].reshape(5, 25, 25, 5), 3, 1)
        for name in ("labels", "label_weights", "bbox_weights")
    )
    corners = golden["gt"]
    boxes = np.concatenate([corners[:, :2] + 0.5, corners[:, 2:] - corners[:, :2]], axis=1)
    settings = AnchorTargetSettings(kind="mmtracking")
    delta = anchor_targets(
        boxes, golden["is_positive"], np.arange(5), size=25, settings=settings
    ).delta
    return AnchorTargets(
        np.where(weight > 0, label, -1).astype(np.int8), delta, 5 * box_weight.astype(np.float32)
    )


def _check_gradients(network: nn.Module, golden: Any) -> None:
    names = {"g_cls_weight": "rpn_head.cls_weight", "g_reg_weight": "rpn_head.loc_weight"}
    for level in range(3):
        for theirs, ours in (("cls", "cls"), ("reg", "loc")):
            names[f"g_{theirs}{level}_bias"] = f"rpn_head.rpn{level + 2}.{ours}.head.3.bias"
        names[f"gnorm_neck{level}"] = f"neck.downsample{level + 2}.downsample.0.weight"
    names["gnorm_conv1"] = "backbone.conv1.weight"
    names["gnorm_layer4"] = "backbone.layer4.2.conv3.weight"
    for key, name in names.items():
        gradient = network.get_parameter(name).grad
        assert gradient is not None, name
        if key.startswith("gnorm"):
            assert gradient.norm().item() == pytest.approx(float(golden[key]), rel=1e-3), key
        else:
            bound = 1e-4 * np.abs(golden[key]).max()
            np.testing.assert_allclose(gradient, golden[key], rtol=0, atol=bound, err_msg=key)
