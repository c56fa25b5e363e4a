"""Contenders that take turns: what disturbs the machine disturbs all of them alike.

In every round each contender works once, in turn; a ratio is that of two runs of one round.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


class Entrant(Protocol):
    """What a contender's process is told; it must be possible to pickle."""

    @property
    def name(self) -> str:
        """As the report calls it."""


def decode(video: Path, count: int | None = None) -> Image:
    """The first frames, or all, as RGB uint8 (N, H, W, 3), as cv2.VideoCapture decodes them."""
    capture = cv2.VideoCapture(str(video))
    frames: list[Any] = []
    while count is None or len(frames) < count:
        found, frame = capture.read()
        if not found:
            break
        frames.append(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
    return np.stack(frames).astype(np.uint8, copy=False)


def runs_by_turns(
    entrants: Sequence[Entrant], frames: Path, *, rounds: int, work: Callable[..., None]
) -> dict[str, list[Any]]:
    """``rounds`` runs of every contender, in turn, each in a process that sleeps in between.

    Args:
        entrants: the contenders.
        frames: file of the video that they track.
        rounds: how often.
        work: body of a contender's process: it takes the entrant, ``frames`` and a pipe, sends
            something when it is loaded and warm, and then a run for every "run" that it receives.
    """
    spawn = multiprocessing.get_context("spawn")
    pipes: dict[str, Connection] = {}
    processes = []
    for entrant in entrants:
        pipes[entrant.name], end = spawn.Pipe()
        process = spawn.Process(target=work, args=(entrant, frames, end), daemon=True)
        process.start()
        processes.append(process)
        pipes[entrant.name].recv()  # loaded and warm
    runs: dict[str, list[Any]] = {entrant.name: [] for entrant in entrants}
    for _ in range(rounds):
        for name, pipe in pipes.items():
            pipe.send("run")
            runs[name].append(pipe.recv())
    for pipe, process in zip(pipes.values(), processes, strict=True):
        pipe.send("stop")
        process.join()
    return runs


def milliseconds_by_turns(
    contenders: Mapping[str, Callable[[], object]], *, rounds: int
) -> dict[str, list[float]]:
    """Milliseconds of every contender in every round, all in this process."""
    milliseconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            began = time.perf_counter()
            contender()
            milliseconds[name].append((time.perf_counter() - began) * 1e3)
    return milliseconds


def median_and_least(milliseconds: Mapping[str, Sequence[float]]) -> dict[str, dict[str, float]]:
    """The middle and the smallest number of every contender."""
    return {
        name: {"median": round(statistics.median(row), 2), "least": round(min(row), 2)}
        for name, row in milliseconds.items()
    }


def median_ratio(ones: Sequence[float], others: Sequence[float]) -> float:
    """The median over the rounds of the one's number over the other's."""
    return round(statistics.median(a / b for a, b in zip(ones, others, strict=True)), 2)
