"""ATOM and DRNet as trackers: promises, settings, states, and what they need."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from feathertrack.engines.devices import CPU
from feathertrack.engines.protocol import NetworkInfo
from feathertrack.engines.torch_runtime import load_torch_engine
from feathertrack.errors import InputError
from feathertrack.trackers import creation
from feathertrack.trackers.atom import AtomSettings, AtomTracker
from feathertrack.trackers.conformance import check_tracker
from feathertrack.trackers.creation import create_tracker, find_settings, tracker_for
from feathertrack.trackers.draws import Draws
from feathertrack.trackers.drnet import DRNetSettings, DRNetTracker
from feathertrack.trackers.first_frame import NUM_VIEWS, views
from feathertrack.trackers.online_tracker import OnlineTracker, PatchView
from feathertrack.trackers.patches import cut_patch
from feathertrack.trackers.picture_book import book
from tests.trackers.plain_engine import engine

TARGET = np.array([90.0, 66.0, 48.0, 40.0])
SMALL: dict[str, Any] = {
    "sample_side": 96,
    "search_scale": 3.0,
    "compressed": 8,
    "memory": 30,
    "update_every": 2,
    "first_steps": 6,
    "first_linearisations": 2,
    "update_steps": 2,
    "hard_negative_steps": 2,
}


def tracker(name: str = "atom_r18_tiny", **changes: Any) -> OnlineTracker[Any]:
    given = engine(name)
    if name.startswith("drnet"):
        return DRNetTracker(given, DRNetSettings(**{**SMALL, **changes}))
    return AtomTracker(given, AtomSettings(**{**SMALL, "step_length": 0.1, **changes}))


@pytest.mark.parametrize(
    "name", ["atom_r18_tiny", pytest.param("drnet_mobilenetv2", marks=pytest.mark.slow)]
)
def test_promises_of_a_tracker_are_kept(name: str) -> None:
    check_tracker(tracker(name)).require()


def test_patches_of_fractions_run_in_the_engine_as_in_the_plain_network() -> None:
    frames = book(seed=0)
    plain = engine("atom_r18_tiny")
    settings = AtomSettings(**{**SMALL, "step_length": 0.1, "rounded_patches": False})
    boxes = []
    for one in (plain, load_torch_engine(plain.model, device=CPU, threads=1)):
        running = AtomTracker(one, settings)
        running.init(frames[0], TARGET)
        boxes.append([running.update(frame).box for frame in frames[1:3]])
    assert np.abs(np.array(boxes[0]) - boxes[1]).max() < 0.05


def test_a_seed_repeats_a_run_and_another_seed_does_not() -> None:
    frames = book(seed=0)

    def boxes(seed: int) -> list[list[float]]:
        one = tracker(seed=seed)
        one.init(frames[0], TARGET)
        return [one.update(frame).box.tolist() for frame in frames[1:4]]

    assert boxes(1) == boxes(1) != boxes(2)


def test_a_target_is_followed_on_its_way_and_lost_when_it_is_gone() -> None:
    frames = [frame // 8 + 100 for frame in book(seed=0)]
    for number, textured in enumerate(book(seed=0)):
        x, y = 90 + 3 * number, 66 + 2 * number
        frames[number][y : y + 40, x : x + 48] = textured[y : y + 40, x : x + 48]
    one = tracker(
        refinement_steps=0, random_boxes=0, sample_side=288, search_scale=5.0,
        first_steps=60, first_linearisations=6,
    )  # fmt: skip
    one.init(frames[0], TARGET)
    for number, frame in enumerate(frames[1:], 1):
        result = one.update(frame)
        assert (result.state, result.score > 0.9) == ("tracking", True)
        assert np.abs(result.box[:2] - TARGET[:2] - [3 * number, 2 * number]).max() < 1
    lost = one.update(np.full_like(frames[0], 127))
    assert (lost.state, lost.score < 0.5) == ("lost", True)
    assert np.array_equal(lost.box, result.box)


def test_a_new_target_does_not_jump_to_where_the_last_was_refined() -> None:
    frames, other = book(seed=0), np.array([150.0, 110.0, 30.0, 30.0])
    changes: dict[str, Any] = {"stale_position": True, "not_found_below": -1.0}
    used, fresh = tracker(**changes), tracker(**changes)
    used.init(frames[0], TARGET)
    used.update(frames[1])
    boxes = []
    for one in (used, fresh):
        one.settings = replace(one.settings, largest_aspect=1.0)  # all boxes are too thin
        one.init(frames[0], other)
        boxes.append(one.update(frames[1]).box)
    assert np.array_equal(boxes[0], boxes[1])


def test_two_networks_add_up_their_scores() -> None:
    frames = book(seed=0)
    both = AtomTracker([engine("atom_r18_tiny")] * 2, AtomSettings(**SMALL))
    one = tracker(step_length=1.0)
    scores = []
    for running in (both, one):
        running.init(frames[0], TARGET)
        scores.append(running.update(frames[1]).score)
    assert scores[0] == pytest.approx(scores[1], abs=0.12)  # the mean, not the sum
    assert len(both.classifiers) == 2
    assert both.raw_scores.shape == one.raw_scores.shape
    first, second = (own.memory.labels_Mnm for own in both.classifiers)
    assert torch.equal(first, second)


@pytest.mark.parametrize("number", [0, 3])
def test_neither_no_nor_three_networks_run_together(number: int) -> None:
    one = engine("atom_r18_tiny")
    with pytest.raises(InputError, match=f"one engine or two, got {number}"):
        AtomTracker([one] * number, AtomSettings(**SMALL))


def test_the_first_frame_takes_no_more_steps_than_it_is_given() -> None:
    assert AtomSettings().first_schedule == [10] * 6
    assert AtomSettings(first_steps=2, first_linearisations=10).first_schedule == [1, 1]


def test_one_network_takes_one_file() -> None:
    with pytest.raises(InputError, match=r"atom_r18 runs one network.*got a\.pth,b\.pth"):
        create_tracker("atom_r18", weights="a.pth,b.pth")


def test_a_pair_is_made_from_two_files(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fake(path: Path, **_: object) -> Any:
        asked.append(str(path))
        name = "drnet_se_r50" if "SE" in str(path) else "drnet_r50"
        info = NetworkInfo(name=name, family="drnet", stride=16, template_size=320, search_size=320)
        return SimpleNamespace(info=info, name="torch")

    monkeypatch.setattr(creation, "create_engine", fake)
    made = create_tracker(
        "drnet_r50_se_r50@vot2019", weights="Res50.pth,SE_Res50.pth", update_every=7
    )
    assert isinstance(made, DRNetTracker)
    assert [one.info.name for one in made.engines] == ["drnet_r50", "drnet_se_r50"]
    assert (made.settings.compressed, made.settings.update_every) == (64, 7)
    assert asked == ["Res50.pth", "SE_Res50.pth"]
    with pytest.raises(InputError, match="drnet_r50_se_r50 runs two networks: give both files"):
        create_tracker("drnet_r50_se_r50", weights="Res50.pth")
    with pytest.raises(InputError, match="holds the weights of drnet_r50, not of drnet_se"):
        create_tracker("drnet_r50_se_r50", weights="Res50.pth,Res50.pth")


def test_a_place_in_the_patch_is_a_place_in_the_frame() -> None:
    view = PatchView(center=np.array([50.0, 80.5]), step=1.7, side=288)
    position, size = np.array([44.0, 91.0]), np.array([30.0, 20.0])
    box = view.box_of(position, size)
    assert np.allclose(view.position_of(box, biased=False), (position, size))
    biased, _ = view.position_of(box, biased=True)
    assert np.allclose(biased - position, 0.5 * 1.7)


@pytest.mark.parametrize("side", [40.0, 96.0, 131.0, 300.0, 401.0])
def test_patches_lie_where_they_say(side: float) -> None:
    """A picture whose brightness is its column says where each pixel was taken from."""
    image = np.tile(np.arange(250, dtype=np.uint8)[None, :, None], (200, 1, 3))
    center = np.array([100.3, 124.8])
    patch = cut_patch(image, center_yx=center, side=side, size=96, rounded=False)
    column = patch.center[1] + (np.arange(96) - 47.5) * patch.step
    inside = (column > 6) & (column < 240)
    assert np.abs(patch.pixels[48, inside, 0] - column[inside]).max() < 0.51 * max(side / 96, 1)
    assert np.abs(patch.center - center).max() <= 2
    assert patch.step == pytest.approx(side / 96, rel=0.03)


def test_patches_outside_the_frame_repeat_its_border() -> None:
    image = np.arange(40, dtype=np.uint8).reshape(4, 10)[..., None].repeat(3, axis=2)
    for center, pixel in (((-50.0, -50.0), 0), ((80.0, 90.0), 39), ((-50.0, 90.0), 9)):
        patch = cut_patch(image, center_yx=np.array(center), side=16, size=32, rounded=True)
        assert (patch.pixels == pixel).all()


def test_views_are_moved_as_they_say() -> None:
    large = np.zeros((128, 128, 3), np.float32)
    large[60:68, 60:68] = 255
    found = list(views(large, 64, draws=Draws(0), random_shift=1 / 3))
    assert len(found) == NUM_VIEWS
    for view in found:
        assert view.pixels.shape == (64, 64, 3)
        mass = view.pixels[..., 0]
        middle = [(mass.sum(1 - axis) @ np.arange(64)) / mass.sum() - 31.5 for axis in (0, 1)]
        assert np.abs(np.array(middle) - view.shift).max() < 0.1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sample_side": 100}, "sample_side must be a multiple of 32, got 100"),
        ({"nyquist": "thrice"}, "nyquist must be once or twice, got 'thrice'"),
        ({"space": "other"}, "space must be default or relative, got 'other'"),
        ({"memory": 24}, "memory must hold the 30 samples of the first frame, got 24"),
        ({"learning_rate": 1.0}, "learning_rate must lie between 0.0001 and 0.5, got 1.0"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        AtomSettings(**changes)


def test_presets_hold_the_parameter_files() -> None:
    def numbers(name: str, preset: str = "") -> tuple[object, ...]:
        info = NetworkInfo(
            name=name, family=name.partition("_")[0], stride=16, template_size=288, search_size=288
        )
        s: Any = find_settings(info, preset)
        return (s.compressed, s.sample_side, s.search_scale, s.first_schedule, s.learning_rate,
                s.first_share, s.window, s.not_found_below, s.hard_negative_rate)  # fmt: skip

    default = (288, 5.0, [10] * 6, 0.01, 0.25, False, 0.25, 0.02)
    vot = (224, 4.0, [10] * 6, 0.0075, 0.0, True, -1.0, 0.02)
    assert numbers("atom_r18") == (64, *default)
    assert numbers("atom_r18_small") == (64, *default)
    assert numbers("atom_r18_tiny") == numbers("atom_mobilenetv2") == (32, *default)
    assert numbers("atom_r18", "vot2018") == (64, *vot)
    assert numbers("atom_mobilenetv2", "vot2019") == (32, *vot)
    drnet = (320, 5.5, [10] * 10, 0.0075, 0.0, True, -1.0, 0.0075)
    assert numbers("drnet_r50") == (64, *drnet)
    assert numbers("drnet_mobilenetv2", "vot2018") == (32, *drnet)


def test_engines_of_other_families_and_runtimes_are_refused() -> None:
    plain = engine("atom_r18_tiny")
    assert isinstance(tracker_for(plain, changes=SMALL), AtomTracker)
    with pytest.raises(InputError, match=r"atom_r18_tiny is of the family 'atom': .* 'drnet'"):
        DRNetTracker(plain)
    with pytest.raises(InputError, match="rounded_patches=False needs engine='torch': onnx"):
        AtomTracker(replace(plain, name="onnx"), AtomSettings(rounded_patches=False))


def test_frames_of_another_size_and_missing_targets_are_refused() -> None:
    one = tracker()
    frame = book(seed=0)[0]
    with pytest.raises(InputError, match="init the tracker with a box first"):
        one.update(frame)
    one.init(frame, TARGET)
    with pytest.raises(InputError, match="the frame is 120 x 180, the target was given on 240"):
        one.update(frame[:, :120])


def test_without_torch_the_missing_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import importlib.util as util; find = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'torch' else find(name, *rest)\n"
        "from feathertrack.engines.protocol import NetworkInfo\n"
        "from feathertrack.trackers.creation import list_trackers, tracker_for\n"
        "class Engine: info = NetworkInfo(name='atom_r18', family='atom', stride=16,\n"
        "    template_size=288, search_size=288); name = 'onnx'\n"
        "print('atom_r18@vot2018' in list_trackers())\n"
        "try: tracker_for(Engine())\n"
        "except ImportError as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "True",
        "MissingExtra this needs torch, which is not installed: pip install 'feathertrack[torch]'",
    ]
