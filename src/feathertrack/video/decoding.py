"""Frames of one open video in the order they are shown, with what could not be decoded."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import av

from feathertrack.video.chunks import ChunkIndex
from feathertrack.video.containers import has_times
from feathertrack.video.endings import Progress, early_end


class Decoded(NamedTuple):
    """One frame of a video.

    Attributes:
        tick: time of display in units of the stream's time base, None where there is none.
        frame: what was decoded, None where the data are damaged.
    """

    tick: int | None
    frame: av.VideoFrame | None


class Decoder:
    """Decode an open stream from where it stands; iterate once.

    A packet that the decoder refuses becomes a ``Decoded`` without a frame, at its place in the
    order of display. FFmpeg decodes several frames at once and reports an error late, so the place
    is found from the time stamps: it is the packet whose frame never came. Packets that the index
    of an AVI lists, but the file no longer gives, count as refused.

    Attributes:
        unseen: after the end, time stamps of packets whose frames did not come.
        num_damaged: after the end, how many of these were refused or lost.
        last_tick: time stamp of the last frame.
        keys: time stamps of the latest key frames.
        progress: how far the packets reach.
        early_end: how it is known that the file is cut off, "" where it is not.
    """

    def __init__(self, stream: av.VideoStream) -> None:
        self._stream = stream
        self._timed = has_times(stream)
        self._chunks = ChunkIndex(stream)
        self.unseen: list[int] = []
        self.num_damaged = 0
        self.last_tick: int | None = None
        self.keys: deque[int] = deque(maxlen=16)
        self.progress = Progress()
        self.early_end = ""
        self._ended = self._cut_off = False

    def __iter__(self) -> Iterator[Decoded]:
        for packet in self._packets():
            for frame in self._decode(packet):
                if self._ended and self._cut_off and self._timed and self._follows_a_gap(frame):
                    return
                yield from self._in_order(frame)
        if not self.early_end:
            self._lose(self._chunks.lost_at_end())

    def _packets(self) -> Iterator[av.Packet]:
        """Packets of the stream; the last one is empty and makes the decoder give what it holds."""
        try:
            yield from self._stream.container.demux(self._stream)
        except (av.error.FFmpegError, OSError) as error:
            self.progress.failure = error
            yield av.Packet()

    def _decode(self, packet: av.Packet) -> list[av.VideoFrame]:
        at_end = packet.size == 0 and packet.dts is None
        if packet.size == 0 and not at_end:
            return []  # a frame that was dropped when the file was written; to the decoder, an end
        if not at_end:
            self._lose(self._chunks.lost_before(packet))
        tick = packet.pts if self._timed else packet.dts
        if tick is not None and not packet.is_discard:
            heapq.heappush(self.unseen, tick)
            if packet.is_keyframe:
                self.keys.append(tick)
        if at_end:
            self._ended = True
            self.early_end = early_end(self._stream, self.progress)
            self._cut_off = self._cut_off or bool(self.early_end)
        else:
            self._cut_off = packet.is_corrupt
        if packet.is_corrupt:  # cut off: the decoder would lose the frames it holds with this one
            self.num_damaged += 1
            return []
        self.progress.note(packet)
        try:
            frames: list[av.VideoFrame] = self._stream.codec_context.decode(
                None if at_end else packet
            )
        except (av.error.FFmpegError, EOFError):
            self.num_damaged += 1
            return []
        return frames

    def _lose(self, ticks: list[int]) -> None:
        self.num_damaged += len(ticks)
        for tick in ticks:
            heapq.heappush(self.unseen, tick)

    def _in_order(self, frame: av.VideoFrame) -> Iterator[Decoded]:
        """Yield what is missing before the frame, then the frame."""
        if not self._timed:
            while self.num_damaged:  # errors come in order here: nothing is shown out of it
                yield Decoded(self._pop(), None)
                self.num_damaged -= 1
            tick = self._pop()
        else:
            tick = frame.pts
            while self.unseen and tick is not None and self.unseen[0] < tick:
                missing = heapq.heappop(self.unseen)
                if self.num_damaged:
                    self.num_damaged -= 1
                    yield Decoded(missing, None)
            if self.unseen and (tick is None or self.unseen[0] == tick):
                heapq.heappop(self.unseen)
        self.last_tick = tick
        yield Decoded(tick, None if frame.is_corrupt else frame)

    def _follows_a_gap(self, frame: av.VideoFrame) -> bool:
        return self.progress.leaves_out(frame.pts, before=self.last_tick)

    def _pop(self) -> int | None:
        return heapq.heappop(self.unseen) if self.unseen else None
