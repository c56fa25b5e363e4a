from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import feathertrack as ft
from feathertrack.errors import InputError
from feathertrack.results import Result
from feathertrack.trackers.conformance import check_tracker
from feathertrack.trackers.creation import tracker_for
from tests.trackers.blob import BlobEngine


class Still:
    """The first box for ever; the hooks make it break one promise each."""

    def __init__(
        self,
        on_init: Callable[[Any, Any, Any], None] | None = None,
        on_update: Callable[[Any, Any], Any] | None = None,
    ) -> None:
        self.on_init, self.on_update = on_init, on_update

    def init(self, image: np.ndarray, box: np.ndarray) -> None:
        self.box = box.copy()
        if self.on_init:
            self.on_init(self, image, box)

    def update(self, image: np.ndarray) -> Any:
        return self.on_update(self, image) if self.on_update else self.box


def drift(self: Any, image: np.ndarray) -> np.ndarray:
    self.count = getattr(self, "count", 0) + 1
    return self.box + np.array([self.count, 0, 0, 0])


def leak(self: Any, image: np.ndarray, box: np.ndarray) -> None:
    self.widest = max(getattr(self, "widest", 0), image.shape[1])
    self.box[0] += self.widest - 240


def keep(self: Any, image: np.ndarray, box: np.ndarray) -> None:
    self.last = image


def look_back(self: Any, image: np.ndarray) -> np.ndarray:
    change = float(np.abs(self.last.astype(int) - image).mean())
    self.last = image
    return self.box + np.array([change, 0, 0, 0])


def once(self: Any, image: np.ndarray, box: np.ndarray) -> None:
    """Keeps its first box for every target that is started on the same kind of frame."""
    self.box = self.__dict__.setdefault("first", self.box)


def paint(self: Any, image: np.ndarray) -> np.ndarray:
    image[:5] = 0
    return self.box


def learn(self: Any, image: np.ndarray) -> np.ndarray:
    self.network.weight += 1
    return self.box


def refuse_borders(self: Any, image: np.ndarray, box: np.ndarray) -> None:
    if (box < 0).any():
        raise IndexError("no pixel there")


def fail_on_grey(self: Any, image: np.ndarray) -> np.ndarray:
    return self.box * (np.nan if image.std() == 0 else 1)


def leave(self: Any, image: np.ndarray) -> np.ndarray:
    raise SystemExit(3)


def failures(tracker: Any) -> dict[str, str]:
    return {check.name: check.text for check in check_tracker(tracker).failures}


def test_good_trackers_pass() -> None:
    assert check_tracker(Still()).ok
    report = ft.check_tracker(tracker_for(BlobEngine()))
    report.require()
    assert str(report).startswith("SiamFCTracker: ok\n  ok        answers with finite")


@pytest.mark.parametrize(
    ("tracker", "name", "text"),
    [
        (Still(on_update=drift), "gives the same result twice", "frame 1 is 5 pixels off"),
        (Still(on_init=leak), "keeps nothing of another sequence", "frame 1 is 60 pixels off"),
        (Still(keep, look_back), "does not hold on to the caller's image", "filled anew"),
        (Still(on_update=paint), "does not write into an image", "frame 1 is another"),
        (Still(on_init=refuse_borders), "takes boxes over every border", "over the left border"),
        (Still(on_update=fail_on_grey), "survives frames without the target", "nan,nan"),
    ],
)
def test_a_broken_promise_is_the_only_finding(tracker: Any, name: str, text: str) -> None:
    found = failures(tracker)
    assert list(found) == [name]
    assert text in found[name]


def test_a_tracker_that_ends_the_program_is_a_finding() -> None:
    found = failures(Still(on_update=leave))
    assert "SystemExit" in next(iter(found.values()))


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (None, "gave a NoneType, expected a Result or x, y, width, height"),
        ([1, 2, 3], "gave a list"),
        ([1, 2, 0, 4], "the box of frame 1 is 1,2,0,4"),
        ([1, np.inf, 3, 4], "1,inf,3,4"),
        ([1, 2, 1e300, 4], "1,2,1e+300,4, in an image of 240 x 180"),
        (Result(box=np.ones(4), score=1.5, state="lost"), "score of frame 1 is 1.5"),
        (Result(box=np.ones(4), score=0.5, state="gone"), "'gone', not tracking"),  # type: ignore[arg-type]
    ],
)
def test_answers_that_are_none(answer: object, text: str) -> None:
    report = check_tracker(Still(on_update=lambda *_: answer))
    assert text in report.checks[0].text
    assert {check.passed for check in report.checks[1:]} == {None}
    assert not report.ok
    with pytest.raises(InputError, match="Still is no tracker that can be relied on"):
        report.require()


def test_a_network_that_changes_is_found() -> None:
    tracker = Still(on_update=learn)
    network = SimpleNamespace(weight=np.zeros(3))
    network.state_dict = lambda: {"weight": network.weight}
    tracker.network = network  # type: ignore[attr-defined]
    assert list(failures(tracker)) == ["does not change its network"]


def test_other_checks_wait_for_the_same_result_twice() -> None:
    report = check_tracker(Still(on_update=drift))
    untried = [check.name for check in report.checks if check.passed is None]
    assert len(untried) == 3
    assert "not tried init in the middle starts afresh" in str(report)


def test_no_tracker_at_all() -> None:
    with pytest.raises(InputError, match="no method init"):
        check_tracker(object())  # type: ignore[arg-type]
