"""A video decoded from one point to its end, every good frame of a broken one included."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress

import av

from feathertrack.video.containers import VideoAddress, has_times
from feathertrack.video.decoding import Decoded, Decoder


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
    num_damaged = decoder.num_damaged
    if timed and decoder.unseen:
        num_damaged = yield from _tail(address, decoder)
    if decoder.early_end:
        raise EarlyEnd(decoder.early_end)
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
                if first.early_end and first.progress.leaves_out(decoded.tick, before=last):
                    break
                last = decoded.tick
                yield decoded
        return decoder.num_damaged
