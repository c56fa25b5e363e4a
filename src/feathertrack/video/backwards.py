"""A video file decoded from its end to its start, in bounded memory."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing as closing_at_end
from contextlib import suppress
from dataclasses import replace
from threading import Event

from feathertrack.video.containers import VideoAddress
from feathertrack.video.decoding import Decoded
from feathertrack.video.playback import EarlyEnd, play
from feathertrack.video.seeking import FrameIndex, frames_from, scan
from feathertrack.video.selection import Selection

MAX_BYTES = 2**29  # of decoded frames that wait for their turn
_SHORT_PIECE = 64  # frames; a piece goes at least so far back, however dense the key frames


def backwards(
    address: VideoAddress, selection: Selection, *, closing: Event
) -> Generator[tuple[int, Decoded]]:
    """Yield the selected frames with their numbers, the last one first.

    The file is decoded piece by piece, each from a key frame forwards. Where a piece is larger
    than ``MAX_BYTES``, its end is kept and its start is decoded again: a video with few
    key frames takes longer to read backwards, but no more memory.

    Raises:
        EarlyEnd: after the first frame, where the file is cut off and its end was selected.
        SourceError: the selection starts behind the end.
    """
    index = scan(address, closing=closing)
    total, ending = _count(address, closing) if index is None else _length(index)
    if closing.is_set():
        return
    selection.check_start(total, name=address.name)
    wanted = replace(selection, reverse=False).indices(total)
    while wanted and not closing.is_set():
        piece = _piece(address, wanted, index, closing=closing)
        if wanted[-1] not in piece:
            piece[wanted[-1]] = Decoded(None, None)  # it could not be decoded
        while wanted and wanted[-1] in piece:
            yield wanted[-1], piece.pop(wanted[-1])
            wanted = wanted[:-1]
    if ending and not selection.ends_before(total):
        raise EarlyEnd(ending)


def _piece(
    address: VideoAddress, wanted: range, index: FrameIndex | None, *, closing: Event
) -> dict[int, Decoded]:
    """Decode up to the last wanted frame and keep as many before it as memory allows."""
    last = wanted[-1]
    if index is None:
        numbered = _counted(address)
    else:
        (key,) = index.keys_up_to(last, count=1)
        start = min(key, max(last - _SHORT_PIECE, 0))
        numbered = frames_from(address, index, start, closing=closing)
    piece: dict[int, Decoded] = {}
    num_bytes = 0
    # where the file ends early, the last frame is missing from the piece, which says enough
    with suppress(EarlyEnd), closing_at_end(numbered):
        for number, decoded in numbered:
            if number in wanted:
                piece[number] = decoded
                num_bytes += _num_bytes(decoded)
                while num_bytes > MAX_BYTES and len(piece) > 1:
                    num_bytes -= _num_bytes(piece.pop(next(iter(piece))))
            if number >= last or closing.is_set():
                break
    return piece


def _counted(address: VideoAddress) -> Generator[tuple[int, Decoded]]:
    yield from enumerate(play(address))


def _length(index: FrameIndex) -> tuple[int, str]:
    return len(index.ticks), index.early_end


def _count(address: VideoAddress, closing: Event) -> tuple[int, str]:
    """Decode everything; return the number of frames and how the file is known to be cut off."""
    total = 0
    try:
        for _ in play(address):
            total += 1
            if closing.is_set():
                break
    except EarlyEnd as error:
        return total, str(error)
    return total, ""


def _num_bytes(decoded: Decoded) -> int:
    return 0 if decoded.frame is None else sum(p.buffer_size for p in decoded.frame.planes)
