"""What may be searched, as the settings say it and as a user narrows it."""

from __future__ import annotations

import pytest

from feathertrack.errors import InputError
from feathertrack.trackers.siamkpn import SiamKPNSettings
from feathertrack.tuning.axes import Axis, axes_of, find_axis, narrowed
from feathertrack.tuning.spaces import key_of, make_space
from tests.tuning.tunable import DriftingSettings

AXES = axes_of(DriftingSettings())


def test_range_scale_and_meaning_live_with_the_field() -> None:
    shift, gain = AXES["shift"], AXES["inner.gain"]
    assert (shift.low, shift.high, shift.log, shift.whole) == (-4.0, 4.0, False, False)
    assert shift.meaning == (
        "pixels to the right with every frame; 0 is best, and it is the middle of the range."
    )
    assert (gain.log, gain.meaning) == (True, "a factor on nothing.")
    assert AXES["pause"].whole
    assert AXES["mirrored"].choices == (False, True)
    assert AXES["mode"].choices == ("plain", "fancy")


def test_fields_of_a_parent_class_have_their_meaning() -> None:
    axes = axes_of(SiamKPNSettings())
    assert axes["size_penalty"].meaning.startswith("how strongly another size")
    assert axes["cell_threshold"].meaning.startswith("score over which a cell")


@pytest.mark.parametrize(
    ("name", "text", "choices", "ends"),
    [
        ("shift", "-1:1", (), (-1.0, 1.0)),
        ("shift", "0:1:0.25", (0.0, 0.25, 0.5, 0.75, 1.0), None),
        ("shift", "0.1:0.35:0.1", (0.1, 0.2, 0.3), None),
        ("shift", "1,-1, 1", (1.0, -1.0), None),
        ("shift", "all", (), (-4.0, 4.0)),
        ("pause", "1:7:3", (1, 4, 7), None),
        ("mirrored", "true", (True,), None),
        ("mode", "fancy", ("fancy",), None),
        ("inner.gain", "0.1:10", (), (0.1, 10.0)),
    ],
)
def test_a_user_narrows_an_axis(
    name: str, text: str, choices: tuple[object, ...], ends: tuple[float, float] | None
) -> None:
    axis = narrowed(AXES[name], text)
    assert axis.choices == choices
    assert ends is None or (axis.low, axis.high) == ends


def test_a_range_may_be_searched_by_ratios() -> None:
    growth = narrowed(AXES["growth"], "0.9:1.1:log")
    assert growth.log
    assert Axis(path="x", default=1.0, low=0.01, high=1.0, log=True).values(3) == (0.01, 0.1, 1.0)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("shift", "-9:1", r"space.shift must lie between -4 and 4, got -9"),
        ("shift", "1:-1", r"from a smaller to a greater number, got '1:-1'"),
        ("shift", "a:1", r"space.shift: 'a' is no number in 'a:1'; write LOW:HIGH"),
        ("shift", "0:1:0", r"needs a step above 0"),
        ("shift", "0:1:2:3", r"is LOW:HIGH, .* got '0:1:2:3'"),
        ("shift", "-1:1:log", r"by ratios starts above 0"),
        ("shift", "-4:4:1e-9", r"would have over 10000 values"),
        ("shift", "-4:4:1e-320", r"would have over 10000 values"),
        ("shift", "0:1:nan", r"needs a step above 0 .* got '0:1:nan': write LOW:HIGH"),
        ("shift", "0:1:inf", r"needs a step above 0 that is not wider than the range"),
        ("shift", "0:1:-0.5", r"needs a step above 0"),
        ("shift", "0:inf", r"must lie between -4 and 4, got inf"),
        ("shift", "nan:1", r"must lie between -4 and 4, got nan"),
        ("shift", "1e400", r"must lie between"),
        ("pause", "1:" + "9" * 400, r"space.pause must lie between 1 and 9"),
        ("pause", "1:nan", r"'nan' is no whole number"),
        ("shift", ",", r"has no values"),
        ("shift", "nan", r"must lie between"),
        ("pause", "1.5", r"'1.5' is no whole number"),
        ("mode", "plane", r"space.mode is one of plain, fancy, got 'plane'"),
    ],
)
def test_what_does_not_fit_is_refused(name: str, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        narrowed(AXES[name], text)


def test_an_unknown_axis_names_the_nearest_with_their_ranges() -> None:
    with pytest.raises(InputError, match=r"called 'shfit'; nearest: shift \(-4 to 4\)"):
        find_axis("shfit", AXES, owner="it has")


def test_without_names_the_axes_of_the_references_are_searched() -> None:
    kpn = make_space(SiamKPNSettings())
    assert [axis.path for axis in kpn.axes] == ["size_penalty", "window_weight", "size_rate"]
    own = make_space(DriftingSettings())
    assert [axis.path for axis in own.axes] == ["shift", "growth", "pause"]


def test_a_point_makes_settings_and_a_name() -> None:
    space = make_space(DriftingSettings(), named=[("inner.gain", "all"), ("shift", "0,1")])
    point = space.point({"inner.gain": 3.0, "shift": 0.0})
    settings = space.settings_at(point)
    assert (settings.inner.gain, settings.shift, settings.growth) == (3.0, 0.0, 1.02)
    assert key_of(point) == key_of(tuple(reversed(point)))
    assert key_of(point) != key_of(space.point({"inner.gain": 3.0, "shift": 1.0}))


def test_points_that_settings_refuse_are_named() -> None:
    space = make_space(SiamKPNSettings(), named=[("search-size", "50,255")])
    with pytest.raises(InputError, match=r"search-size 50 cannot be run: search_size must be 0"):
        space.check([space.point({"search_size": 50})])


def test_which_checkpoint_is_an_axis() -> None:
    space = make_space(DriftingSettings(), checkpoints=["e1", "e2"], named=[("shift", "0,1")])
    assert [axis.path for axis in space.axes] == ["checkpoint", "shift"]
    assert space.settings_at((("checkpoint", "e2"), ("shift", 1.0))).shift == 1.0
