"""Where a lost target is looked for."""

from __future__ import annotations

import numpy as np
import pytest

from feathertrack.trackers.scanning import scan_place


def places(number: int, **changes: object) -> list[tuple[float, float]]:
    given: dict[str, object] = {
        "step_xy": np.array([10.0, 20.0]),
        "frame_wh": np.array([100.0, 100.0]),
        "reach": 2,
        "turns": 2,
        **changes,
    }
    center = np.array([50.0, 50.0])
    found = (scan_place(looks, center, **given) for looks in range(1, number + 1))  # type: ignore[arg-type]
    return [(float(x), float(y)) for x, y in found]


def test_every_other_look_is_at_the_last_place() -> None:
    assert places(20)[::2] == [(50, 50)] * 10
    assert (50, 50) not in places(20)[1::2]


def test_other_looks_go_further_and_further_each_place_once_and_begin_again() -> None:
    around = places(96)[1::2]
    steps = [max(abs(x - 50) / 10, abs(y - 50) / 20) for x, y in around[:8]]
    assert steps == [1] * 8
    assert len(set(around[:24])) == 24
    assert around[24:] == around[:24]


def test_places_outside_the_frame_are_left_out() -> None:
    around = places(40, frame_wh=np.array([55.0, 100.0]))[1::2]
    assert {x for x, _ in around} == {30, 40, 50}
    assert (
        places(4, frame_wh=np.array([55.0, 55.0]), step_xy=np.array([60.0, 60.0])) == [(50, 50)] * 4
    )


@pytest.mark.parametrize(("changes", "away"), [({"turns": 1}, 0), ({"turns": 3}, 8)])
def test_of_so_many_looks_one_is_at_the_last_place(changes: dict[str, int], away: int) -> None:
    assert sum(place != (50, 50) for place in places(12, **changes)) == away


def test_no_reach_looks_nowhere_else() -> None:
    assert set(places(9, reach=0)) == {(50, 50)}
