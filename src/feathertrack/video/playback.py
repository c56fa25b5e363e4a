"""A video decoded from one point to its end, every good frame of a broken one included."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress

import av

from feathertrack.video.decoding import (
    Decoded,
    Decoder,
    Progress,
    VideoAddress,
    has_times,
    reason,
)

_SLACK = 1.0  # seconds by which the last frame of a whole file may come before the announced end


class EarlyEnd(Exception):
    """The video ended before the end that it announces; the text says how it is known."""


def play(address: VideoAddress, *, from_tick: int | None = None) -> Generator[Decoded]:
    """Decode in the order of display, from the key frame at or before a time stamp on.

    Args:
        address: the video.
        from_tick: time stamp of a key frame, None for the start.

    Raises:
        EarlyEnd: after the last good frame, where the file is cut off or cannot be read on.
        SourceError: it cannot be opened.
    """
    with address.open() as stream:
        if from_tick is not None:
            with suppress(av.error.FFmpegError):  # then it decodes from the start, which is slower
                stream.container.seek(from_tick, stream=stream, backward=True)
        decoder, timed = Decoder(stream), has_times(stream)
        yield from decoder
        ending = early_end(stream, decoder.progress)
    num_damaged = decoder.num_damaged
    if timed and decoder.unseen:
        num_damaged = yield from _tail(address, decoder)
    if ending:
        raise EarlyEnd(ending)
    for _ in range(num_damaged):
        yield Decoded(None, None)


def _tail(address: VideoAddress, first: Decoder) -> Generator[Decoded, None, int]:
    """Decode the end again frame by frame: an error there takes good frames with it.

    A decoder that works on several frames at once drops those in hand when the last packets
    are damaged. Returns the number of damaged packets behind the last good frame.
    """
    last = first.last_tick
    keys = [key for key in first.keys if last is not None and key <= last]
    with address.open(one_by_one=True) as stream:
        if keys:
            with suppress(av.error.FFmpegError):
                stream.container.seek(keys[-1], stream=stream, backward=True)
        decoder = Decoder(stream)
        for decoded in decoder:
            if last is None or (decoded.tick is not None and decoded.tick > last):
                yield decoded
        return decoder.num_damaged


def early_end(stream: av.VideoStream, read: Progress) -> str:
    """Say how far reading stayed behind the end that the container announces, "" if it did not.

    An mp4 lists every packet, AVI counts them, and Matroska as most programs write it has the
    duration of each stream. Where only the length of the whole file is known nothing is said: its
    sound may be longer than its picture.
    """
    if read.failure is not None:
        return reason(read.failure)
    announced = _announced_end(stream)
    if announced is None:
        return ""
    seen = -1 if read.last is None else read.last
    slack = read.longest_gap + (_SLACK / stream.time_base if has_times(stream) else 2)
    if _is_mp4(stream):
        slack = 0
    if seen + slack >= announced:
        return ""
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
    seconds = _duration_tag(stream)
    return None if seconds is None else int(seconds / stream.time_base)


def _is_mp4(stream: av.VideoStream) -> bool:
    return "mp4" in stream.container.format.name.split(",")


def _duration_tag(stream: av.VideoStream) -> float | None:
    """Seconds of Matroska's DURATION tag, ``00:01:02.345000000``."""
    for key, text in stream.metadata.items():
        if key.upper().startswith("DURATION"):
            try:
                hours, minutes, seconds = text.split(":")
                return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
            except ValueError:
                return None
    return None
