"""Small clips, made where a test needs one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from feathertrack.results import Result, State
from feathertrack.video.frames import Frame

RATE = 48000
BLOCK = 1024


def some_frames(
    times: Sequence[float | None], *, width: int = 64, height: int = 48
) -> Iterator[tuple[Frame, Result]]:
    """Frames that get brighter, each with a box."""
    for index, time in enumerate(times):
        image = np.full((height, width, 3), 40 + index % 100, np.uint8)
        yield Frame(image=image, index=index, time=time), a_result(index)


def a_result(index: int = 0, *, state: State = "tracking") -> Result:
    return Result(box=np.array([8.0 + index, 8, 20, 16]), score=0.9, state=state)


def clip_with_sound(path: Path, *, codec: str, seconds: int = 3, fps: int = 10) -> Path:
    """A grey video with a tone from one to two seconds."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("mpeg4", rate=fps)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = out.add_stream(codec, rate=RATE)
        sound.layout = "mono"
        blocks = iter(range(0, seconds * RATE, BLOCK))
        for index in range(seconds * fps):
            picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 99, np.uint8), format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, fps)
            out.mux(video.encode(picture))
            for start in blocks:
                out.mux(sound.encode(_tone(start)))
                if start > (index + 1) * RATE / fps:
                    break
        out.mux(video.encode(None))
        out.mux(sound.encode(None))
    return path


def _tone(start: int) -> Any:
    at = (start + np.arange(BLOCK)) / RATE
    loud = np.where((at >= 1) & (at < 2), 16000 * np.sin(2 * np.pi * 440 * at), 0)
    block = av.AudioFrame.from_ndarray(loud[None].astype(np.int16), format="s16", layout="mono")
    block.rate, block.pts, block.time_base = RATE, start, Fraction(1, RATE)
    return block


def heard(path: Path) -> tuple[str, float, float] | None:
    """Codec, begin and end of the tone in a file; None without sound."""
    with av.open(str(path)) as file:
        if not file.streams.audio:
            return None
        codec = file.streams.audio[0].codec_context.name
        times = [
            block.time
            for block in file.decode(audio=0)
            if np.abs(block.to_ndarray().astype(float)).max()
            > (0.1 if "flt" in block.format.name else 3000)
        ]
    return codec, min(times), max(times)


def frame_times(path: Path) -> list[float]:
    """When every frame of a video is shown."""
    with av.open(str(path)) as file:
        return [frame.time for frame in file.decode(video=0)]
