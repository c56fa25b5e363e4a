from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from feathertrack.errors import SourceError
from feathertrack.video.frames import Image
from feathertrack.video.opening import open_source
from tests.video.numbered_clips import number_of, numbered


def images(num_frames: int) -> list[Image]:
    return [numbered(i) for i in range(num_frames)]


def test_an_array_of_frames_and_a_list_can_be_read_both_ways() -> None:
    for spec in (np.stack(images(9)), images(9), tuple(images(9))):
        with open_source(spec, start=1, step=3, reverse=True) as source:
            assert source.info.num_frames == 3
            assert [(f.index, number_of(f.image)) for f in source] == [(7, 7), (4, 4), (1, 1)]


def test_a_generator_is_drawn_on_no_further_than_needed() -> None:
    drawn = []

    def camera() -> Iterator[Image]:
        for i in range(1000):
            drawn.append(i)
            yield numbered(i)

    with open_source(camera(), start=2, stop=7, step=2) as source:
        assert source.info.num_frames is None
        assert [f.index for f in source] == [2, 4, 6]
    assert drawn == list(range(7))


def test_a_generator_runs_in_the_thread_of_the_caller() -> None:
    def camera() -> Iterator[Image]:
        assert threading.current_thread() is threading.main_thread()
        yield numbered(0)

    assert len(list(open_source(camera(), prefetch=4))) == 1


def test_a_generator_cannot_be_read_backwards() -> None:
    with pytest.raises(SourceError, match=r"a generator cannot be read backwards; give a list"):
        list(open_source((image for image in images(2)), reverse=True))


def test_an_error_of_the_generator_comes_through_after_the_frames_before_it() -> None:
    def camera() -> Iterator[Image]:
        yield numbered(0)
        raise RuntimeError("lens cap")

    frames = iter(open_source(camera()))
    assert next(frames).index == 0
    with pytest.raises(RuntimeError, match="lens cap"):
        next(frames)


@pytest.mark.parametrize(
    ("shape", "num_frames"), [((4, 5), 1), ((4, 5, 3), 1), ((7, 4, 5), 7), ((2, 4, 5, 4), 2)]
)
def test_meaning_of_the_axes_of_one_array(shape: tuple[int, ...], num_frames: int) -> None:
    with open_source(np.zeros(shape, np.uint8)) as source:
        assert [f.image.shape for f in source] == [(4, 5, 3)] * num_frames


def test_the_bad_frame_of_a_list_is_named() -> None:
    good = numbered(0)
    with pytest.raises(SourceError, match=r"frame 1 has shape \(3, 48, 80\)"):
        list(open_source([good, np.moveaxis(good, 2, 0)]))
    with pytest.raises(SourceError, match=r"frame 1, a list, is no array"):
        list(open_source([good, [[1], [2, 3]]]))
    with pytest.raises(SourceError, match=r"frame 0 has shape \(\)"):
        list(open_source(["text", good]))


@pytest.mark.parametrize("spec", [[], np.zeros((0, 4, 5, 3), np.uint8)])
def test_nothing_is_no_source(spec: object) -> None:
    with pytest.raises(SourceError, match="holds no frame; give at least one"):
        open_source(spec)  # type: ignore[arg-type]


def test_an_empty_generator_is_an_error() -> None:
    with pytest.raises(SourceError, match="arrays has no frame that start=0"):
        list(open_source(iter([])))


def test_five_axes_are_no_video() -> None:
    with pytest.raises(SourceError, match=r"an array of shape \(1, 1, 4, 5, 3\) is no video"):
        open_source(np.zeros((1, 1, 4, 5, 3), np.uint8))


def test_start_behind_the_end_says_how_many_there_are() -> None:
    with pytest.raises(SourceError, match="start 5 is past the end: arrays has 3 frames"):
        list(open_source(images(3), start=5))
