from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch

from feathertrack.data.batch import PairBatch
from feathertrack.data.loading import PairLoader, WorkerLost
from feathertrack.data.settings import DataSettings, SetSettings, ViewSettings
from feathertrack.data.sources import Source
from feathertrack.data.workers import signals_wait
from feathertrack.errors import InputError, SourceError
from tests.data.pretend import Loop, Pretend, videos

SMALL = ViewSettings(size=24, shift=2, scale=0.05)
KINDS = ("opencv", "torch")
LARGE = ViewSettings(size=48, shift=8, scale=0.1)


def loader(
    *sources: Source, batch: int = 4, rank: int = 0, world: int = 1, **options: Any
) -> PairLoader:
    sources = sources or (videos(9),)
    sets = tuple(SetSettings(reader="folder") for _ in sources)
    given = {"pairs_per_epoch": 24, "workers": 0, "template": SMALL, "search": LARGE}
    data = DataSettings(sets=sets, crop="pysot", negative=0.3, **{**given, **options})
    return PairLoader(sources, data, Loop(batch), seed=5, rank=rank, world=world)


def joined(batches: list[PairBatch]) -> PairBatch:
    parts = {
        field.name: torch.cat([getattr(one, field.name) for one in batches])
        for field in fields(PairBatch)
    }
    return PairBatch(**parts)


def assert_equal(first: PairBatch, second: PairBatch) -> None:
    for field in fields(PairBatch):
        assert torch.equal(getattr(first, field.name), getattr(second, field.name)), field.name


def test_a_batch_has_the_shapes_and_types_that_are_promised() -> None:
    batch = next(iter(loader()))
    assert batch.template.shape == (4, 3, 24, 24) and batch.search.shape == (4, 3, 48, 48)
    assert batch.template.dtype == batch.search_boxes.dtype == torch.float32
    assert batch.positive.dtype == torch.bool and batch.seeds.dtype == torch.int64
    assert (batch.search_boxes[:, 2:] > 0).all()


def test_two_processes_see_the_pairs_of_one_with_the_doubled_batch_step_by_step() -> None:
    whole = list(loader(batch=8))
    parts = [list(loader(batch=4, rank=rank, world=2)) for rank in (0, 1)]
    assert len(whole) == len(parts[0]) == len(parts[1]) == 3
    for step, batch in enumerate(whole):
        assert_equal(joined([parts[0][step], parts[1][step]]), batch)


def test_an_epoch_is_taken_up_in_the_middle() -> None:
    made = loader()
    made.set_epoch(2)
    whole = list(made)
    assert made.state == (2, 6) and len(made) == 6
    made.set_epoch(2, 4)
    rest = list(made)
    assert len(rest) == 2
    assert_equal(joined(rest), joined(whole[4:]))
    made.set_epoch(3)
    assert not torch.equal(next(iter(made)).seeds, whole[0].seeds)
    assert made.state == (3, 1)


def test_workers_make_the_same_pairs_and_a_killed_one_is_an_error() -> None:
    alone = list(loader())
    made = loader(workers=2)
    try:
        for first, second in zip(alone, made, strict=True):
            assert_equal(first, second)
        made.set_epoch(0, 3)
        assert_equal(joined(list(made)), joined(alone[3:]))  # the workers are used again
        if sys.platform != "win32":
            made.set_epoch(1)
            with pytest.raises(WorkerLost, match="worker"):
                for _ in made:
                    for process in multiprocessing.active_children():
                        os.kill(process.pid or 0, signal.SIGKILL)
                        process.join()  # nothing is raised while no pairs are waited for
    finally:
        made.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM for other processes")
def test_workers_leave_the_signals_of_the_group_to_the_training() -> None:
    made = loader(workers=1)
    try:
        batches = iter(made)
        first = next(batches)
        for process in multiprocessing.active_children():
            os.kill(process.pid or 0, signal.SIGTERM)
        assert len([first, *batches]) == len(made)
    finally:
        made.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no masks of signals")
def test_a_worker_that_starts_does_not_hear_the_signals_of_the_group() -> None:
    program = "import signal; print(signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    for block, said in ((signals_wait(), "True"), (contextlib.nullcontext(), "False")):
        with block:
            done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        assert done.stdout.strip() == said


def test_a_full_shared_memory_is_told_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Any) -> Any:
        raise RuntimeError("unable to write to file: No space left on device (28)\ntraceback")

    monkeypatch.setattr("feathertrack.data.workers.get_worker_info", lambda: "a worker")
    monkeypatch.setattr(torch.Tensor, "share_memory_", full)
    with pytest.raises(InputError, match=r"No space left on device \(28\).*--data.workers 0"):
        next(iter(loader()))


def test_pairs_that_cannot_be_read_are_replaced_alike_everywhere_and_counted() -> None:
    source = Pretend(videos(9).videos, broken=frozenset({2, 5}))
    whole, halves = loader(source, batch=8), [loader(source, rank=r, world=2) for r in (0, 1)]
    batches = [list(whole), *[list(half) for half in halves]]
    for step in range(3):
        assert_equal(joined([batches[1][step], batches[2][step]]), batches[0][step])
    assert whole.replaced == sum(half.replaced for half in halves) > 0
    assert "is broken" in whole.examples[0]


def test_data_that_cannot_be_read_at_all_stop_the_training() -> None:
    source = Pretend(videos(3).videos, broken=frozenset({0, 1, 2}))
    with pytest.raises(SourceError, match="20 pairs in a row cannot be read"):
        next(iter(loader(source)))


def test_the_batched_path_shows_the_same_pairs() -> None:
    views = {
        "template": ViewSettings(size=127, shift=4, scale=0.05, color=1.0),
        "search": ViewSettings(size=255, shift=64, scale=0.18, color=1.0, blur=0.5),
    }
    for side in (511, 431):
        source = Pretend(videos(9).videos, side=side)
        one, other = (next(iter(loader(source, augment=kind, **views))) for kind in KINDS)
        np.testing.assert_allclose(one.search_boxes, other.search_boxes, atol=1e-3)
        np.testing.assert_allclose(one.template_boxes, other.template_boxes, atol=1e-3)
        assert torch.equal(one.positive, other.positive) and torch.equal(one.seeds, other.seeds)
        for first, second in ((one.search, other.search), (one.template, other.template)):
            assert (first - second).abs().max() < 5 and (first - second).abs().mean() < 1


def test_the_batched_path_cuts_full_frames_to_squares_first() -> None:
    one, other = (next(iter(loader(augment=kind))) for kind in KINDS)
    # The square is cut at exactly template scale; pysot's own is 511 / 510 of it.
    np.testing.assert_allclose(one.search_boxes, other.search_boxes, atol=0.25)
    assert torch.equal(one.seeds, other.seeds)


def test_crops_that_are_too_small_for_the_shift_are_refused() -> None:
    source = Pretend(videos(3).videos, side=255)
    search = ViewSettings(size=255, shift=64, scale=0.18)
    with pytest.raises(InputError, match="need 431: pack with --side 431"):
        loader(source, search=search)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch": 30}, "one batch of 1 x 30 needs 30"),
        ({"rank": 2, "world": 2}, "rank 2 is not one of 2"),
        ({"workers": -1}, "workers -1"),
    ],
)
def test_numbers_that_cannot_be_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        loader(**options)
