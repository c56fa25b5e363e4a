"""Chunks of an AVI that its index lists and that nobody finds.

Where the head of a chunk is damaged the demuxer looks for the next good one and goes on, without a
word and counting on as if nothing were missing. The index at the end of the file knows better.
"""

from __future__ import annotations

import av

_HEAD = 8  # bytes from where the index says that a chunk begins to its data
_LOOKAHEAD = 10_000  # entries searched for a chunk; frames that are lost in one stretch


class ChunkIndex:
    """Compare the packets of a stream, in their order, with the index of the file.

    Without an index FFmpeg makes one of the packets as it reads them, which never differs. A packet
    that is not in the index (it is incomplete, or behind the end that the index knew) ends the
    comparison.
    """

    def __init__(self, stream: av.VideoStream) -> None:
        self._entries = stream.index_entries if stream.container.format.name == "avi" else None
        self._next: int | None = None  # the entry of the next packet

    def lost_before(self, packet: av.Packet) -> list[int]:
        """Time stamps of the entries between the last packet and this one.

        The time stamp of the packet is put right.
        """
        if self._entries is None or packet.dts is None:
            return []
        if self._next is None:  # a seek may have led here
            self._next = self._entries.search_timestamp(packet.dts, any_frame=True)
        first, stop = self._next, min(len(self._entries), self._next + _LOOKAHEAD)
        for place in range(max(first, 0), stop):
            entry = self._entries[place]
            if entry.pos + _HEAD == packet.pos:
                packet.dts = entry.timestamp
                self._next = place + 1
                return [self._entries[lost].timestamp for lost in range(first, place)]
        self._entries = None
        return []

    def lost_at_end(self) -> list[int]:
        """Time stamps of the entries behind the last packet."""
        if self._entries is None or self._next is None:
            return []
        return [self._entries[place].timestamp for place in range(self._next, len(self._entries))]
