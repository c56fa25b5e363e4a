"""OpenCV kept from writing its own lines to the terminal: errors are raised with a clear text.

FFmpeg needs nothing of the kind: PyAV discards its log unless the application asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import cv2

_lock = Lock()
_depth = 0
_level = 0


@contextmanager
def quiet_opencv() -> Iterator[None]:
    """Silence OpenCV's log within the block; several threads may be inside at once.

    The level is one of the whole process, so the first block in sets it aside and the last one out
    puts it back.
    """
    global _depth, _level
    log = cv2.utils.logging
    with _lock:
        if _depth == 0:
            _level = log.getLogLevel()
            log.setLogLevel(log.LOG_LEVEL_SILENT)
        _depth += 1
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0:
                log.setLogLevel(_level)
