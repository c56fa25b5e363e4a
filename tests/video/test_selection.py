from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feathertrack.errors import InputError, SourceError
from feathertrack.video.selection import Selection


@st.composite
def selections(draw: st.DrawFn) -> Selection:
    start = draw(st.integers(0, 30))
    return Selection(
        start=start,
        stop=draw(st.none() | st.integers(start + 1, 40)),
        step=draw(st.integers(1, 7)),
        reverse=draw(st.booleans()),
    )


def sliced(selection: Selection, num_frames: int) -> list[int]:
    frames = list(range(num_frames))[selection.start : selection.stop : selection.step]
    return frames[::-1] if selection.reverse else frames


@given(selections(), st.integers(0, 35))
def test_indices_equal_slicing_of_the_whole_list(selection: Selection, num_frames: int) -> None:
    assert list(selection.indices(num_frames)) == sliced(selection, num_frames)
    assert selection.count(num_frames) == len(sliced(selection, num_frames))


@given(selections(), st.integers(0, 35))
def test_asking_frame_by_frame_equals_slicing(selection: Selection, num_frames: int) -> None:
    wanted = []
    for index in range(num_frames):
        if selection.ends_before(index):
            break
        if selection.wants(index):
            wanted.append(index)
    assert wanted == sorted(sliced(selection, num_frames))


def test_unknown_length_has_no_count() -> None:
    assert Selection(start=3).count(None) is None


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"start": -1}, "start is -1; frames are counted from 0"),
        ({"step": 0}, "step is 0; it must be 1 or more"),
        ({"start": 5, "stop": 5}, "stop 5 is not behind start 5"),
    ],
)
def test_senseless_numbers_are_refused(values: dict[str, int], text: str) -> None:
    with pytest.raises(InputError, match=text):
        Selection(**values)


def test_start_behind_the_end_names_the_length() -> None:
    with pytest.raises(SourceError, match=r"start 9 is past the end: clip has 9 frames"):
        Selection(start=9).check_start(9, name="clip")
