"""What runs in the processes that prepare pairs, and how the loss of one is noticed."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator, Sequence

import cv2
import torch
from torch.utils.data import Dataset, get_worker_info

from feathertrack.data.prepared import Prepared, collate, collate_raw, failed
from feathertrack.data.preparing import PairMaker
from feathertrack.errors import FeathertrackError, InputError

Key = tuple[int, int]


class WorkerLost(FeathertrackError):
    """A process that prepares pairs is gone."""


class Steps:
    """The keys of every batch that is left of the epoch: a batch sampler.

    Attributes:
        epoch: counted from 0.
        taken: batches of it that were used.
    """

    def __init__(self, batch_size: int, *, rank: int, world: int, length: int) -> None:
        self.epoch = 0
        self.taken = 0
        self._batch, self._rank, self._world, self._length = batch_size, rank, world, length

    def __len__(self) -> int:
        return self._length - self.taken

    def __iter__(self) -> Iterator[list[Key]]:
        epoch = self.epoch
        for step in range(self.taken, self._length):
            first = (step * self._world + self._rank) * self._batch
            yield [(epoch, first + number) for number in range(self._batch)]


class WholeBatches(Dataset[Prepared]):
    """Makes whole batches; this is what is sent to the workers."""

    def __init__(self, maker: PairMaker, *, raw: bool) -> None:
        self.maker = maker
        self._raw = raw

    def __getitems__(self, keys: Sequence[Key]) -> Prepared:
        """Return the batch of some pairs; an error in place of it where one is to be told.

        The loader would wrap the error in the text of a traceback.
        """
        try:
            return _sendable(self._made(keys))
        except FeathertrackError as error:
            return failed(error)
        except (MemoryError, cv2.error) as error:
            if isinstance(error, cv2.error) and error.code != cv2.Error.StsNoMem:
                raise
            return failed(
                InputError(
                    "the memory does not suffice to cut the pairs of a batch: lower "
                    "--data.search.size, --loop.batch-size or --data.workers"
                )
            )

    def _made(self, keys: Sequence[Key]) -> Prepared:
        if self._raw:
            return collate_raw([self.maker.raw(*key) for key in keys])
        return collate([self.maker.make(*key) for key in keys])


def _sendable(prepared: Prepared) -> Prepared:
    """Move a batch to shared memory where it is made in a worker.

    Left to the queue, which does it in a thread of its own, a full shared memory would lose the
    batch without a word, and the training would wait for it for ever.
    """
    if get_worker_info() is None:
        return prepared
    try:
        return prepared.shared()
    except (RuntimeError, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(
            f"no memory is left that processes share ({reason}): enlarge /dev/shm, in a container "
            "with --shm-size, or say --data.workers 0"
        ) from error


def start_worker(_: int) -> None:
    """Make a worker leave signals to the training: Ctrl-C and SIGTERM reach the whole group.

    torchrun, too, sends them to all. Workers end when the training closes them, or is gone.
    """
    for number in _signals():
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _signals())
    cv2.setNumThreads(0)
    torch.set_num_threads(1)


@contextlib.contextmanager
def signals_wait() -> Iterator[None]:
    """Let processes that start inside the block begin with signals held back.

    A worker that has not come to ``start_worker`` would die of a signal to the whole group, and the
    training would take it for lost.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _signals() -> list[signal.Signals]:
    """Those that end a training, as far as this system has them."""
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


@contextlib.contextmanager
def quiet_children() -> Iterator[None]:
    """Keep what torch does when a child process ends from being set up inside the block.

    Its handler raises in the middle of whatever the training is doing. Without it the loss of a
    worker is noticed where its batch is waited for.
    """
    number = getattr(signal, "SIGCHLD", None)
    if number is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(number)
    try:
        yield
    finally:
        signal.signal(number, before)


def next_batch(batches: Iterator[Prepared]) -> Prepared | None:
    """Return the next batch, None where there is none.

    Raises:
        WorkerLost: a worker was killed.
    """
    try:
        return next(batches, None)
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        first = str(error).partition("\n")[0].rstrip(". ")
        raise WorkerLost(
            f"a process that prepares pairs is gone ({first}): if the memory was full, lower "
            f"--data.workers; then resume"
        ) from error
