"""How the fastest of several engines is found, with engines and a clock that are made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from feathertrack.engines.choice import Candidate, Choice, choice_file, read_choice, write_choice
from feathertrack.engines.measuring import (
    choose_fastest,
    example_pictures,
    relative_difference,
)
from feathertrack.engines.protocol import Features, Images, NetworkInfo, Outputs
from feathertrack.errors import InputError

INFO = NetworkInfo(name="x", family="siamfc", stride=8, template_size=31, search_size=63)


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeEngine:
    """Takes ``cost`` seconds a call and answers ``value``."""

    cost: float
    clock: Clock
    value: float = 1.0
    calls: list[tuple[int, ...]] = field(default_factory=list)
    info: NetworkInfo = INFO
    name: str = "fake"
    device: str = "cpu"
    precision: str = "float32"

    def embed(self, template: Images) -> Features:
        return Features(template)

    def predict(self, features: Features, search: Images) -> Outputs:
        self.clock.now += self.cost
        self.calls.append(search.shape)
        return (np.full((len(search), 1, 2, 2), self.value, np.float32),)

    def stack(self, features: Sequence[Features]) -> Features:
        raise NotImplementedError


def _candidate(name: str, precision: str = "float32") -> Candidate:
    return Candidate(engine=name, device="cpu", precision=precision)


def _choose(engines: dict[Candidate, FakeEngine | InputError], clock: Clock) -> Choice:
    def load(candidate: Candidate) -> FakeEngine:
        found = engines[candidate]
        if isinstance(found, InputError):
            raise found
        return found

    return choose_fastest(list(engines), load=load, excluded={"torch": "absent"}, clock=clock)


def test_the_fastest_is_taken_and_all_times_are_told() -> None:
    clock = Clock()
    slow, fast = _candidate("slow"), _candidate("fast")
    choice = _choose({slow: FakeEngine(0.02, clock), fast: FakeEngine(0.01, clock)}, clock)
    assert (choice.taken, choice.reason) == (fast, "the fastest")
    assert choice.milliseconds == {slow: pytest.approx(20), fast: pytest.approx(10)}
    assert choice.excluded == {"torch": "absent"}
    assert "fast float32 on cpu 10.0 ms, slow float32 on cpu 20.0 ms" in str(choice)


@pytest.mark.parametrize("value", [1.2, float("nan"), float("inf")])
def test_a_fast_engine_with_wrong_outputs_is_not_taken(value: float) -> None:
    clock = Clock()
    right, wrong = _candidate("right"), _candidate("wrong", "bfloat16")
    choice = _choose({right: FakeEngine(1, clock), wrong: FakeEngine(0.1, clock, value)}, clock)
    assert choice.taken == right
    assert "its outputs are off" in choice.excluded[str(wrong)]


def test_an_engine_that_cannot_be_loaded_is_left_out() -> None:
    clock = Clock()
    good, bad = _candidate("good"), _candidate("bad")
    choice = _choose({bad: InputError("no such device"), good: FakeEngine(1, clock)}, clock)
    assert (choice.taken, choice.reason) == (good, "the only one that works here")
    assert choice.excluded[str(bad)] == "no such device"


def test_when_none_can_be_loaded_the_first_reason_is_given() -> None:
    with pytest.raises(InputError, match="first"):
        _choose({_candidate("a"): InputError("first"), _candidate("b"): InputError("2")}, Clock())


def test_measuring_is_brief_shows_the_real_shape_and_takes_turns() -> None:
    clock = Clock()
    engines = [FakeEngine(0.2, clock), FakeEngine(0.3, clock)]
    _choose({_candidate("a"): engines[0], _candidate("b"): engines[1]}, clock)
    assert [len(engine.calls) for engine in engines] == [4, 4]  # one to warm up, three to time
    assert {shape for engine in engines for shape in engine.calls} == {(3, 63, 63, 3)}


def test_a_quick_engine_is_not_called_without_end() -> None:
    clock = Clock()
    engine = FakeEngine(1e-6, clock)
    _choose({_candidate("quick"): engine}, clock)
    assert len(engine.calls) < 20


def test_example_pictures_fit_the_network_and_never_change() -> None:
    template, search = example_pictures(INFO)
    assert (template.shape, template.dtype) == ((1, 31, 31, 3), np.uint8)
    assert search.std() > 10
    np.testing.assert_array_equal(search, example_pictures(INFO)[1])


def test_differences_are_relative_to_the_largest_output() -> None:
    expected = (np.array([0, 10], np.float32),)
    assert relative_difference((np.array([1, 10], np.float32),), expected) == pytest.approx(0.1)
    assert relative_difference((np.zeros(3, np.float32),), expected) == float("inf")
    assert relative_difference((np.zeros(2, np.float32),), (np.zeros(2, np.float32),)) == 0


def test_a_choice_survives_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("FEATHERTRACK_CACHE", str(tmp_path_factory.mktemp("choices")))
    taken = _candidate("onnx")
    choice = Choice(
        taken=taken, reason="the fastest", milliseconds={taken: 1.5}, excluded={"torch": "absent"}
    )
    key = {"weights": "abc", "threads": None}
    write_choice(choice_file(key), choice, key=key)
    found = read_choice(choice_file(key))
    assert found is not None
    assert (found.taken, found.milliseconds, found.from_cache) == (taken, {taken: 1.5}, True)
    assert read_choice(choice_file({"weights": "another"})) is None
