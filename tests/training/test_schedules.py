import json

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.training.recipe import ScheduleSettings
from feathertrack.training.schedules import schedule_factors
from tests.shared_data import shared

PYSOT = {
    "siamrpn_r50_l234_dwxcorr_8gpu": ScheduleSettings(
        kind="log", end=0.1, warmup_epochs=5, warmup_start=0.2
    ),
    "siamrpn_r50_l234_dwxcorr_16gpu": ScheduleSettings(
        kind="log", end=0.1, warmup_epochs=5, warmup_start=0.2
    ),
    "siamrpn_r50_l234_dwxcorr_otb_8gpu": ScheduleSettings(
        kind="log", end=0.5, warmup_epochs=5, warmup_start=0.2
    ),
    "siamrpn_alex_dwxcorr_16gpu": ScheduleSettings(
        kind="log", end=0.05, warmup_epochs=5, warmup_start=0.5
    ),
    "siamkpn_r50_stack3_difstd": ScheduleSettings(
        kind="log", end=0.25, warmup_epochs=5, warmup_start=2.5
    ),
}
"""The published lists as factors: alex and SiamKPN train at half of the rate that they log."""


def goldens() -> dict[str, dict]:
    folder = shared("goldens/lr_schedule")
    return {
        name: golden
        for path in folder.glob("*.json")
        for name, golden in json.loads(path.read_text()).items()
    }


@pytest.mark.parametrize("layers", [True, False])
def test_published_rates_are_met_in_every_epoch(layers: bool) -> None:
    for name, golden in goldens().items():
        rows = np.array(golden["rows"])
        factors = np.array(schedule_factors(PYSOT[name], epochs=len(rows)))
        own = golden["LAYERS_LR"] if layers else 1.0
        rates = golden["BASE_LR"] * own * factors
        np.testing.assert_allclose(rates, rows[:, 1 if layers else 2], rtol=1e-12, err_msg=name)
        logged = factors * golden["start_lr"]
        np.testing.assert_allclose(logged, rows[:, 0], rtol=1e-12, err_msg=name)


def test_exponential_stops_short_of_the_end_as_fdsiamfc_does() -> None:
    factors = schedule_factors(ScheduleSettings(kind="exponential", end=1e-3), epochs=50)
    assert factors[0] == 1
    assert 1e-2 * factors[-1] == pytest.approx(1.15e-5, rel=2e-3)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (ScheduleSettings(kind="constant"), [1, 1, 1, 1]),
        (ScheduleSettings(kind="linear", end=0.25), [1, 0.75, 0.5, 0.25]),
        (ScheduleSettings(kind="cosine", end=0.0), [1, 0.853553, 0.5, 0.146447]),
        (ScheduleSettings(kind="step", gamma=0.1, step_epochs=2), [1, 1, 0.1, 0.1]),
        (ScheduleSettings(kind="step", end=0.25, step_epochs=2), [1, 1, 0.5, 0.5]),
        (ScheduleSettings(kind="multistep", gamma=0.5, milestones=(1, 3)), [1, 0.5, 0.5, 0.25]),
        (ScheduleSettings(kind="multistep", end=0.01, milestones=(2, 3)), [1, 1, 0.1, 0.01]),
        (ScheduleSettings(kind="exponential", gamma=0.5), [1, 0.5, 0.25, 0.125]),
        (ScheduleSettings(kind="log", end=0.001), [1, 0.1, 0.01, 0.001]),
        (
            ScheduleSettings(kind="constant", warmup_epochs=3, warmup_start=0.5, warmup="linear"),
            [0.5, 0.75, 1, 1],
        ),
        (
            ScheduleSettings(kind="constant", warmup_epochs=2, warmup_start=0.25),
            [0.25, 0.5, 1, 1],
        ),
    ],
)
def test_factors_by_hand(settings: ScheduleSettings, expected: list[float]) -> None:
    np.testing.assert_allclose(schedule_factors(settings, epochs=4), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "epochs", "words"),
    [
        (ScheduleSettings(), 0, "loop.epochs must be at least 1, got 0"),
        (ScheduleSettings(warmup_epochs=4), 4, "warmup_epochs must lie between 0 and 3.* got 4"),
        (ScheduleSettings(kind="log", end=0.0), 4, "schedule.end must be above 0 for log, got 0"),
        (ScheduleSettings(kind="step", step_epochs=0), 4, "step_epochs must be at least 1, got 0"),
    ],
)
def test_impossible_schedules_are_refused(
    settings: ScheduleSettings, epochs: int, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        schedule_factors(settings, epochs=epochs)
