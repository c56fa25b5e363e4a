"""ATOM and DRNet compute what CFKD computes, from the same weights, and refine boxes as it does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from feathertrack.models import create_model
from feathertrack.models.atom import Atom
from feathertrack.models.box_network import BoxNetwork
from feathertrack.models.drnet import DRNet
from feathertrack.trackers.drnet import DRNetSettings, DRNetTracker
from feathertrack.trackers.online_tracker import PatchView, Target
from feathertrack.trackers.refinement import Climb, Window, climb
from tests.filling import filled_state, pictures, shapes_of
from tests.goldens.fill import fill_array
from tests.goldens_compare import Golden, assert_within, load_golden
from tests.trackers.plain_engine import PlainEngine

TOLERANCE = 2e-4
"""Of the largest value of an array."""

REFINED_TOLERANCE = 5e-3
"""The same for boxes after five steps, which amplify rounding."""

CLIMBS = {
    "default": Climb(steps=5, lengths=(1.0, 1.0), decay=1.0, relative=False),
    "default_decay": Climb(steps=5, lengths=(1.0, 1.0), decay=0.5, relative=False),
    "relative": Climb(steps=5, lengths=(0.01, 0.01), decay=1.0, relative=True),
    "relative_pair": Climb(steps=5, lengths=(0.01, 0.05), decay=0.8, relative=True),
}
"""How the first picture's proposals were refined, by the ending of the golden's keys."""

NETWORKS = {
    "atom_mobilenetv2": "atom_mobilenetv2",
    "atom_resnet18": "atom_r18",
    "atom_resnet18_medium": "atom_r18_medium",
    "atom_resnet18_small": "atom_r18_small",
    "atom_resnet18_tiny": "atom_r18_tiny",
    "drnet_mobilenetv2": "drnet_mobilenetv2",
    "drnet_resnet50": "drnet_r50",
    "drnet_se_resnet50": "drnet_se_r50",
}

UNUSED_PARTS = tuple(
    f"feature_extractor.{name}." for name in ("layer4", "fc", "classifier", "last_linear")
)


class Computed:
    """A filled network and its two calls on the golden's pictures."""

    def __init__(self, folder: str) -> None:
        self.golden: Golden = load_golden(folder, "golden")
        self.network = _network(NETWORKS[folder], self.golden)
        inputs = self.golden.about["inputs"]
        images = pictures({inputs[word]["name"]: inputs[word]["shape"] for word in ("ref", "test")})
        self.template, self.search = images["cfkd.ref"], images["cfkd.test"]
        self.reference_boxes = self.array("ref_boxes")
        self.proposals = self.array("proposals")
        with torch.no_grad():
            self.modulation = self.network.embed(self.template, self.reference_boxes)
            self.map, map3, map4 = self.network.predict(self.modulation, self.search)
        self.maps = map3, map4

    def array(self, key: str) -> Tensor:
        return torch.from_numpy(self.golden.arrays[key])

    def check(
        self, key: str, computed: Tensor | NDArray[Any], *, relative: float = TOLERANCE
    ) -> None:
        expected = self.golden.arrays[key]
        found = computed.detach() if isinstance(computed, Tensor) else computed
        assert_within(key, found, expected, tolerance=relative * np.abs(expected).max())

    def check_map(self, key: str, computed: Tensor, *, every: int) -> None:
        """A map of which every n-th cell and some channels are kept, and three numbers of all."""
        expected: NDArray[Any] = self.golden.arrays[key]
        channels = computed.shape[1] // expected.shape[1]
        tolerance = TOLERANCE * self.golden.arrays[f"{key}_stats"][2]
        kept = computed[:, ::channels, ::every, ::every][:, : expected.shape[1]]
        assert_within(key, kept, expected, tolerance=tolerance)
        values = computed.double()
        stats = [values.mean(), values.std(correction=0), values.abs().max()]
        assert_within(key, stats, self.golden.arrays[f"{key}_stats"], tolerance=tolerance)


def _network(name: str, golden: Golden) -> BoxNetwork:
    with torch.device("meta"):  # drawing fresh weights would take seconds
        network = create_model(name)
    assert isinstance(network, BoxNetwork)
    tiny = create_model("atom_r18_tiny")
    assert isinstance(tiny, BoxNetwork)
    network.mean, network.std = tiny.mean, tiny.std
    official = golden.about["state_dict"]
    shapes = {key: shape for key, shape in official.items() if not key.startswith(UNUSED_PARTS)}
    assert list(shapes_of(network).items()) == list(shapes.items())
    network.load_state_dict(filled_state(shapes), assign=True)
    return network.eval()


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(folder, marks=[pytest.mark.slow] if "net50" in folder else [])
        for folder in NETWORKS
    ],
)
def computed(request: pytest.FixtureRequest) -> Computed:
    return Computed(request.param)


def test_features_of_all_levels(computed: Computed) -> None:
    network = computed.network
    with torch.no_grad():
        image = network.normalised(computed.search)
        levels = network.feature_extractor(image, used=(0, 1, 2, 3))
        maps = network.bb_regressor.test_maps(levels[2:])
    for name, level, every in zip(
        ("test_conv1", "test_layer1", "test_layer2", "test_layer3"),
        levels,
        (12, 6, 3, 2),
        strict=True,
    ):
        computed.check_map(name, level, every=every)
    for name, values, every in zip(("c3_t", "c4_t"), maps, (6, 3), strict=True):
        computed.check_map(name, values, every=every)
    assert torch.equal(levels[3], computed.map)


def test_modulation(computed: Computed) -> None:
    for key, values in zip(("mod3", "mod4"), computed.modulation, strict=True):
        computed.check(key, values)


def test_predictions_and_gradients_of_boxes(computed: Computed) -> None:
    boxes = computed.proposals.clone().requires_grad_()
    outputs = computed.network.bb_regressor.predict(computed.maps, boxes)
    if isinstance(computed.network, Atom):
        computed.check("iou", outputs.squeeze(2))
        computed.check("iou_grad", *torch.autograd.grad(outputs.sum(), boxes))
        return
    computed.check("reg", outputs)
    weights = torch.from_numpy(fill_array("cfkd.reg.grad", (2, 7, 4), 0))
    computed.check("reg_grad", *torch.autograd.grad((outputs * weights).sum(), boxes))


def test_call_that_judges_boxes(computed: Computed) -> None:
    network = computed.network
    with torch.inference_mode():
        if isinstance(network, Atom):
            iou, gradient = network.iou(*computed.maps, computed.proposals)
            computed.check("iou", iou)
            computed.check("iou_grad", gradient)
        else:
            assert isinstance(network, DRNet)
            computed.check("reg", network.deltas(*computed.maps, computed.proposals))


def test_all_in_one_go(computed: Computed) -> None:
    with torch.no_grad():
        outputs = computed.network.judge(
            computed.template, computed.search, computed.reference_boxes, computed.proposals
        )
    key = "forward_iou" if isinstance(computed.network, Atom) else "forward_reg"
    computed.check(key, outputs.flatten(1)[None])


@pytest.mark.parametrize("how", CLIMBS)
def test_boxes_climb_as_in_the_reference(computed: Computed, how: str) -> None:
    network = computed.network
    if not isinstance(network, Atom):
        pytest.skip("DRNet takes one step")
    map3, map4 = (values[:1] for values in computed.maps)

    def judge(boxes_P4: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        with torch.inference_mode():
            overlaps, slopes = network.iou(map3, map4, torch.from_numpy(boxes_P4[None]).float())
        return overlaps[0].double().numpy(), slopes[0].double().numpy()

    boxes, overlaps = climb(computed.proposals[0].double().numpy(), judge, CLIMBS[how])
    computed.check(f"refined_{how}", boxes, relative=REFINED_TOLERANCE)
    computed.check(f"refined_iou_{how}", overlaps, relative=REFINED_TOLERANCE)


def test_the_one_step_of_drnet(computed: Computed) -> None:
    if not isinstance(computed.network, DRNet):
        pytest.skip("boxes of ATOM climb")
    engine = PlainEngine(computed.network)
    tracker = DRNetTracker(engine, DRNetSettings(half_pixel_bias=True))  # type: ignore[arg-type]
    window = Window.whole([values[:1].numpy() for values in computed.maps])
    frame = PatchView(center=np.zeros(2), step=1.0, side=1)
    found = []
    for box in computed.proposals[0].double().numpy():
        corner, size = box[1::-1], box[:1:-1]
        tracker.target = Target(
            position=corner + (size - 1) / 2, size=size, scale=1.0, base=size, limits=(0.0, np.inf)
        )
        tracker.refine(lambda _: window, frame)
        found.append([*tracker.target.position[::-1], *tracker.target.size[::-1]])
    computed.check("decoded", np.array(found))
