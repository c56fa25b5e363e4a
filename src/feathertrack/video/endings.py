"""Whether a video ends where it says that it ends."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction

import av

from feathertrack.video.containers import has_times, reason

_SLACK = Fraction(
    1
)  # seconds by which the last frame of a whole file may come before the announced end


@dataclass(slots=True)
class Progress:
    """How far the packets of a file could be read.

    Attributes:
        last: decoding time stamp of the last whole packet.
        longest_gap: largest step from one such time stamp to the next.
        failure: the error that ended reading before the end of the file.
    """

    last: int | None = None
    longest_gap: int = 0
    failure: Exception | None = None
    _last_dts: int | None = None

    def note(self, packet: av.Packet) -> None:
        """Take account of a whole packet."""
        if packet.dts is None:  # the first packets, where frames are stored out of order
            self.last = packet.pts if self.last is None else self.last
            return
        if self._last_dts is not None:
            self.longest_gap = max(self.longest_gap, packet.dts - self._last_dts)
        self.last = self._last_dts = packet.dts

    def leaves_out(self, tick: int | None, *, before: int | None) -> bool:
        """Whether frames are missing between two frames that are shown one after the other.

        Only to be asked at the end of a file that is cut off: a frame that is stored
        before others, but shown after them, is left alone there.
        """
        if tick is None or before is None or not self.longest_gap:
            return False
        return tick - before > 1.5 * self.longest_gap

    def whole_part(self, ticks: list[int]) -> list[int]:
        """Time stamps, ascending, of a file that is cut off, up to the first one missing."""
        if self.last is None:
            return ticks
        # what is shown up to the last decoding time has been stored before it
        for i in range(max(bisect_right(ticks, self.last), 1), len(ticks)):
            if self.leaves_out(ticks[i], before=ticks[i - 1]):
                return ticks[:i]
        return ticks


def early_end(stream: av.VideoStream, read: Progress) -> str:
    """Say how far reading stayed behind the end that the container announces, "" if it did not.

    An mp4 lists every packet, AVI counts them, and Matroska as most programs write it has the
    duration of each stream. Where only the length of the whole file is known nothing is said: its
    sound may be longer than its picture.
    """
    announced = _announced_end(stream)
    if announced is None:
        return "" if read.failure is None else reason(read.failure)
    seen = -1 if read.last is None else read.last
    if _is_mp4(stream):
        slack = Fraction(0)
    else:
        slack = _SLACK / stream.time_base if has_times(stream) else Fraction(2)
        slack += read.longest_gap
    if seen + slack >= announced:
        return ""  # an error behind the last frame concerns nobody
    if read.failure is not None:
        return reason(read.failure)
    unit = stream.time_base
    return (
        f"the file is cut off {float(max(seen, 0) * unit):.2f} s into the "
        f"{float(announced * unit):.2f} s that it announces"
    )


def _announced_end(stream: av.VideoStream) -> int | None:
    """Decoding time stamp of the last packet, or the end of the stream, as the container has it."""
    if _is_mp4(stream):
        entries = stream.index_entries
        return int(entries[-1].timestamp) if len(entries) else None
    if stream.container.format.name == "avi" and stream.frames:
        return int(stream.frames) - 1
    seconds = announced_seconds(stream)
    return None if seconds is None else int(seconds / stream.time_base)


def _is_mp4(stream: av.VideoStream) -> bool:
    return "mp4" in stream.container.format.name.split(",")


def announced_seconds(stream: av.VideoStream) -> float | None:
    """Seconds of Matroska's tag DURATION, ``00:01:02.345000000``, None where there is none."""
    for key, text in stream.metadata.items():
        if key.upper().startswith("DURATION"):
            try:
                hours, minutes, seconds = text.split(":")
                return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
            except ValueError:
                return None
    return None
