"""Frame numbers of a file without decoding it, so that reading can start anywhere.

A number is exact where each packet is one shown frame with a time of its own. That holds for the
containers and codecs listed here; everything else is decoded from the start and counted.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Generator
from contextlib import closing as closing_at_end
from dataclasses import dataclass
from threading import Event

import av

from feathertrack.video.chunks import ChunkIndex
from feathertrack.video.containers import VideoAddress, has_times
from feathertrack.video.decoding import Decoded
from feathertrack.video.endings import Progress, early_end
from feathertrack.video.playback import EarlyEnd, play

_CONTAINERS = frozenset({"mp4", "matroska", "avi"})
_NAMES = "av1 dnxhd ffv1 ffvhuff h264 hevc huffyuv mjpeg mpeg4 png prores rawvideo vp9"
_CODECS = frozenset(_NAMES.split())
_ATTEMPTS = 3  # key frames tried before the whole file is decoded
_LOOKAHEAD = 64  # packets; no codec stores a frame further from its place in the order of display


@dataclass(frozen=True, slots=True)
class FrameIndex:
    """Where frames are: their times and the key frames that decoding can start at.

    Attributes:
        ticks: time stamps of the frames, ascending.
        keys: numbers of the key frames, ascending.
        early_end: how it is known that the file is cut off, "" where it is not.
    """

    ticks: array[int]
    keys: array[int]
    early_end: str = ""

    def find(self, tick: int | None) -> int | None:
        """Return the number of the frame of a time stamp."""
        if tick is None:
            return None
        place = bisect_left(self.ticks, tick)
        return place if place < len(self.ticks) and self.ticks[place] == tick else None

    def keys_up_to(self, number: int, *, count: int) -> list[int]:
        """Return the last ``count`` key frames at or before a frame, the nearest first."""
        place = bisect_right(self.keys, number)
        return [*self.keys[max(place - count, 0) : place]][::-1]


def scan(address: VideoAddress, *, closing: Event, until: int | None = None) -> FrameIndex | None:
    """Read the packets of a file, decoding nothing.

    Args:
        address: the file.
        closing: ends it early.
        until: number of a frame; what lies far behind it is not read.

    Returns:
        The index, or None where packets do not tell the number of a frame.
    """
    with address.open() as stream:
        if not _tells_frames(stream):
            return None
        timed, partial, progress = has_times(stream), False, Progress()
        chunks = ChunkIndex(stream)
        ticks, keys = array("q"), array("q")
        try:
            for packet in stream.container.demux(stream):
                partial = until is not None and len(ticks) > until + 2 * _LOOKAHEAD
                if closing.is_set() or partial:
                    break
                if packet.size == 0 or packet.is_corrupt:
                    continue
                if chunks.lost_before(packet):
                    return None  # only counting says which frames these were
                progress.note(packet)
                if packet.is_discard:
                    continue
                tick = packet.pts if timed else packet.dts
                if tick is None:
                    return None
                ticks.append(tick)
                if packet.is_keyframe:
                    keys.append(tick)
        except (av.error.FFmpegError, OSError) as error:
            progress.failure = error
        ending = "" if partial else early_end(stream, progress)
        if not partial and not ending and chunks.lost_at_end():
            return None
    ordered = sorted(ticks)
    if ending:
        ordered = progress.whole_part(ordered)
    elif partial:  # frames that are shown before the last of these may not have been read yet
        ordered = ordered[:-_LOOKAHEAD]
    return _index(ordered, keys, early_end=ending)


def frames_from(
    address: VideoAddress, index: FrameIndex, number: int, *, closing: Event
) -> Generator[tuple[int, Decoded]]:
    """Decode from a frame of the index on, starting at the nearest key frame that leads there.

    Frames behind a partial index are counted on.

    Raises:
        EarlyEnd: after the last good frame of a file that is cut off.
    """
    for key in index.keys_up_to(number, count=_ATTEMPTS):
        # the first key frame needs no seeking, which could fail
        tick = index.ticks[key] if key else None
        with closing_at_end(_numbered(address, index, tick)) as numbered:
            for found, decoded in numbered:
                if closing.is_set():
                    return
                if found > number:
                    break  # the decoder could not start at this key frame
                if found == number:
                    yield found, decoded
                    yield from numbered
                    return
    yield from ((n, decoded) for n, decoded in enumerate(play(address)) if n >= number)


def _numbered(
    address: VideoAddress, index: FrameIndex, tick: int | None
) -> Generator[tuple[int, Decoded]]:
    number = -1
    with closing_at_end(play(address, from_tick=tick)) as played:
        for decoded in played:
            found = index.find(decoded.tick)
            if found is None and index.early_end:
                raise EarlyEnd(index.early_end)
            number = number + 1 if found is None else found
            yield number, decoded


def _index(ticks: list[int], keys: array[int], *, early_end: str) -> FrameIndex | None:
    if not ticks or not keys or len(set(ticks)) < len(ticks):
        return None
    numbers = {0, *(bisect_left(ticks, key) for key in keys if key <= ticks[-1])}
    return FrameIndex(array("q", ticks), array("q", sorted(numbers)), early_end)


def _tells_frames(stream: av.VideoStream) -> bool:
    codec = stream.codec_context
    return (
        not _CONTAINERS.isdisjoint(stream.container.format.name.split(","))
        and codec.codec.canonical_name in _CODECS
        and (has_times(stream) or codec.reorder_depth == 0)
    )
