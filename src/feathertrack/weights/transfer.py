"""Fetch one file over HTTP, going on where an earlier attempt stopped.

What has arrived lies in ``<file>.part``; ``<file>.part.json`` beside it holds the address, the
server's validator (ETag or date) and the length. A later attempt asks for the rest *if the file is
still the same* (Range and If-Range, RFC 9110); whatever the server answers instead, the result is
either the whole file or an error. Only the standard library is used.
"""

from __future__ import annotations

import errno
import http.client
import logging
import re
import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from feathertrack._version import __version__
from feathertrack.errors import FeathertrackError
from feathertrack.weights.partial import Origin, PartialFile
from feathertrack.weights.redirects import UnsafeAddress, open_safely

_LOG = logging.getLogger(__name__)

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are here and the bytes of the whole file, None while unknown."""

_CHUNK = 1 << 18
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_LONGEST_WAIT = 60.0
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class DownloadError(FeathertrackError):
    """A file could not be fetched; what has arrived is kept for the next attempt."""


class _Dropped(Exception):
    """This attempt failed in a way that another may not; ``delay`` is what the server asked for."""

    def __init__(self, text: str, delay: float | None = None) -> None:
        super().__init__(text)
        self.delay = delay


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How patient a transfer is, and how large a file may be.

    Attributes:
        timeout: seconds without a byte after which a connection is given up.
        attempts: attempts in a row that bring nothing new before the transfer fails.
        first_delay: seconds before the second attempt; doubled for each further one.
        max_bytes: no file of weights is larger than this.
        wait: what passes the time between two attempts.
    """

    timeout: float = 30.0
    attempts: int = 5
    first_delay: float = 1.0
    max_bytes: int = 2 << 30
    wait: Callable[[float], None] = time.sleep


def fetch(
    address: str,
    target: Path,
    *,
    check: Callable[[Path], None],
    progress: Progress | None = None,
    limits: Limits = Limits(),
) -> None:
    """Fetch ``address`` to ``target``, which appears only when it is complete and checked.

    Args:
        address: http or https.
        target: the file to make; its folder is made too.
        check: called with the complete file under its temporary name; what it raises ends the
            transfer, and the file is thrown away.
        progress: called for every piece that arrives.
        limits: patience and size.

    Raises:
        DownloadError: the address is not http(s) or leads elsewhere, the server refuses, answers
            nonsense or stays silent, or the disk is full.
    """
    part = PartialFile(path=target.with_name(target.name + ".part"), address=address)
    report = progress or (lambda _done, _total: None)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _attempt_until_complete(part, report, limits)
        _check_or_discard(part, check)
        part.take_off(target)
    except OSError as error:
        raise DownloadError(_explain(error, part)) from error


def _check_or_discard(part: PartialFile, check: Callable[[Path], None]) -> None:
    try:
        check(part.path)
    except FeathertrackError:
        part.discard()
        raise


def _attempt_until_complete(part: PartialFile, report: Progress, limits: Limits) -> None:
    farthest, idle = part.size(), 0
    while not part.is_complete():
        try:
            _attempt(part, report, limits)
            return
        except _Dropped as dropped:
            idle = idle + 1 if part.size() <= farthest else 1
            farthest = max(farthest, part.size())
            if idle >= limits.attempts:
                raise DownloadError(
                    f"{part.address} could not be fetched after {idle} attempts ({dropped}); "
                    f"run the same command again to go on from {part.size()} bytes"
                ) from dropped
            delay = dropped.delay or limits.first_delay * 2 ** (idle - 1)
            _LOG.info("%s: %s; again in %.0f s", part.address, dropped, delay)
            limits.wait(min(delay, _LONGEST_WAIT))


def _attempt(part: PartialFile, report: Progress, limits: Limits) -> None:
    """One request; returns when the file is complete."""
    with closing(_request(part, limits)) as response:
        start, origin = _where_it_starts(part, response)
        _check_size(part, origin.total, start, limits)
        if start == 0:
            part.restart(origin)
        with part.path.open("ab") as file:
            done = _copy(response, file, start, origin.total, report, limits)
    if origin.total is not None and done < origin.total:
        raise _Dropped(f"the connection closed after {done} of {origin.total} bytes")
    if done == 0:
        raise DownloadError(f"{part.address} is an empty file")


def _request(part: PartialFile, limits: Limits) -> http.client.HTTPResponse:
    headers = {"User-Agent": f"feathertrack/{__version__}", "Accept-Encoding": "identity"}
    origin = part.origin()
    if origin:
        headers |= {"Range": f"bytes={part.size()}-", "If-Range": origin.validator}
    try:
        request = urllib.request.Request(part.address, headers=headers)
        return open_safely(request, timeout=limits.timeout)
    except urllib.error.HTTPError as error:
        with closing(error):
            raise _judge_status(part, error) from error
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise DownloadError(f"{part.address} cannot be trusted: {error.reason}") from error
        raise _Dropped(f"{error.reason}") from error
    except (UnsafeAddress, http.client.InvalidURL, ValueError) as error:  # odd letters in it
        raise DownloadError(f"{part.address} cannot be fetched: {error}") from error
    except (http.client.HTTPException, OSError) as error:
        raise _Dropped(f"{type(error).__name__}: {error}") from error


def _judge_status(part: PartialFile, error: urllib.error.HTTPError) -> Exception:
    if error.code == 416:  # what is here does not fit the server's file: start again
        part.discard()
        return _Dropped("the server has no such range")
    if error.code in _TRANSIENT:
        after = error.headers.get("Retry-After", "")
        return _Dropped(f"HTTP {error.code}", float(after) if after.isdecimal() else None)
    return DownloadError(f"{part.address} cannot be fetched: HTTP {error.code} {error.reason}")


def _where_it_starts(part: PartialFile, response: http.client.HTTPResponse) -> tuple[int, Origin]:
    """The position of the first byte of the answer, and what the file now belongs to."""
    headers = response.headers
    if headers.get_content_type() == "text/html" or headers.get("Content-Encoding"):
        raise DownloadError(f"{part.address} answers with a web page instead of a file")
    validator = _validator(response)
    if response.status != 206:
        length = headers.get("Content-Length", "")
        total = int(length) if length.isdecimal() else None
        return 0, Origin(address=part.address, validator=validator, total=total)
    known = part.origin()
    found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
    if known is None or found is None or int(found[1]) != part.size():
        part.discard()
        raise _Dropped("the server answers with another range than it was asked for")
    if validator not in ("", known.validator) or found[2] not in ("*", str(known.total)):
        part.discard()
        raise _Dropped("the file on the server has changed")
    return part.size(), known


def _validator(response: http.client.HTTPResponse) -> str:
    tag: str = response.headers.get("ETag", "")
    # A weak tag does not promise equal bytes and may not be used with If-Range.
    return tag if tag.startswith('"') else response.headers.get("Last-Modified", "")


def _check_size(part: PartialFile, total: int | None, start: int, limits: Limits) -> None:
    if total is None:
        return
    if total > limits.max_bytes:
        raise DownloadError(
            f"{part.address} has {total} bytes: more than any file of weights ({limits.max_bytes})"
        )
    free = shutil.disk_usage(part.path.parent).free
    if free < total - start:
        raise DownloadError(
            f"{part.path.parent} has {free} bytes left, {part.address} needs {total - start}: "
            f"free some, or set FEATHERTRACK_CACHE to a folder on another disk"
        )


def _copy(
    response: http.client.HTTPResponse,
    file: BinaryIO,
    start: int,
    total: int | None,
    report: Progress,
    limits: Limits,
) -> int:
    """Append the answer to the file; return how many bytes of the whole are there."""
    done = start
    report(done, total)
    while True:
        try:
            piece = response.read(_CHUNK)
        except (http.client.HTTPException, OSError) as error:
            raise _Dropped(f"the connection broke after {done} bytes: {error}") from error
        if not piece:
            return done
        done += len(piece)
        if done > (limits.max_bytes if total is None else total):
            raise DownloadError(f"{response.url} sends more bytes than it may: {done}")
        file.write(piece)
        report(done, total)


def _explain(error: OSError, part: PartialFile) -> str:
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return (
            f"the disk of {part.path.parent} is full: free some space and run the same command "
            f"again, or set FEATHERTRACK_CACHE to a folder on another disk"
        )
    return f"cannot write {part.path}: {error.strerror or error}"
