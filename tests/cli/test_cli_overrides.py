from __future__ import annotations

import pytest

from feathertrack.cli._overrides import apply_overrides, field_paths
from feathertrack.errors import InputError
from feathertrack.trackers.siamfc import SiamFCSettings


def test_values_take_the_type_of_the_field() -> None:
    changed = apply_overrides(
        SiamFCSettings(),
        [
            ("window_weight", "0.25"),
            ("num_scales", "5"),
            ("clip_center", "false"),
            ("confidence.patience", "7"),
        ],
    )
    assert changed == SiamFCSettings(
        window_weight=0.25,
        num_scales=5,
        clip_center=False,
        confidence=changed.confidence,
    )
    assert changed.confidence.patience == 7


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("window_wait", "0.2", "no field 'window-wait'; nearest: window-weight"),
        ("confidence.patients", "3", "nearest: confidence.patience"),
        ("confidence", "3", "no field 'confidence'"),
        ("window_weight.deeper", "3", "no field 'window-weight.deeper'"),
        ("window_weight", "much", "window-weight must be a number, got 'much'"),
        ("window_weight", "nan", "window_weight must be a number"),
        ("window_weight", "2", "window_weight must lie between 0.0 and 1.0, got 2"),
        ("num_scales", "2.5", "num-scales must be a whole number, got '2.5'"),
        ("clip_center", "maybe", "clip-center is true or false, got 'maybe'"),
    ],
)
def test_what_does_not_fit_is_refused(path: str, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        apply_overrides(SiamFCSettings(), [(path, text)])


def test_every_field_can_be_set_to_what_it_is() -> None:
    settings = SiamFCSettings()
    for path in field_paths(settings):
        value: object = settings
        for name in path.split("."):
            value = getattr(value, name)
        assert apply_overrides(settings, [(path, str(value))]) == settings
