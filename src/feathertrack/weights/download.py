"""``feathertrack download``: a published file into the user's cache."""

from __future__ import annotations

import os
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from feathertrack.errors import InputError
from feathertrack.lock import exclusive
from feathertrack.weights.catalogue import Entry, find_entry, missing_weights, weights_folder
from feathertrack.weights.catalogue.verification import Verified, verify
from feathertrack.weights.transfer import DownloadError, Limits, Progress, fetch

__all__ = ["MIRROR", "DownloadError", "Downloaded", "Limits", "download"]

MIRROR = "FEATHERTRACK_MIRROR"
"""Environment variable: address of a folder with the published files under their own names."""


@dataclass(frozen=True, kw_only=True)
class Downloaded:
    """A published file on this machine.

    Attributes:
        path: where it is.
        verified: its digest and what that was held against.
        address: where it came from, "" if it was there already.
    """

    path: Path
    verified: Verified
    address: str


def download(
    name: str,
    *,
    address: str | None = None,
    progress: Progress | None = None,
    limits: Limits = Limits(),
) -> Downloaded:
    """Fetch the weights of a name into the user's cache, unless they are there already.

    Args:
        name: a name of ``catalogue_entries``.
        address: the file elsewhere, or a folder that holds it under its original name; the default
            is the environment variable FEATHERTRACK_MIRROR, else the authors' own address.
        progress: called with bytes here and bytes in all.
        limits: patience and size.

    Raises:
        InputError: no such name, or no program can fetch it; the text names the page to open.
        DownloadError: the transfer failed; what has arrived is kept and gone on from.
        WeightsError: what arrived, or was there, is not the published file.
    """
    entry = find_entry(name)
    target = weights_folder(name) / entry.file_name
    if target.is_file():
        return Downloaded(path=target, verified=verify(target, entry), address="")
    source = _source(entry, address or os.environ.get(MIRROR, ""))
    try:
        with exclusive(target.with_name(f".{target.name}.lock")) as free:
            if not free:
                raise DownloadError(f"another process is fetching {target}: wait for it to end")
            if target.is_file():  # another process was faster
                return Downloaded(path=target, verified=verify(target, entry), address="")
            return _fetch(entry, source, target, progress, limits)
    except OSError as error:
        raise DownloadError(
            f"cannot write into {target.parent}: {error.strerror or error}; set "
            f"FEATHERTRACK_CACHE to a folder that can be written"
        ) from error


def _fetch(
    entry: Entry, source: str, target: Path, progress: Progress | None, limits: Limits
) -> Downloaded:
    found: list[Verified] = []
    fetch(
        source,
        target,
        check=lambda content: found.append(verify(target, entry, content=content)),
        progress=progress,
        limits=limits,
    )
    return Downloaded(path=target, verified=found[0], address=source)


def _source(entry: Entry, base: str) -> str:
    """The address of the file: below ``base`` if that is given, else its own."""
    if not base:
        if not entry.address:
            raise missing_weights(entry)
        return entry.address
    parts = urllib.parse.urlsplit(base)
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        raise InputError(f"address {base!r} is no http or https address of a file or folder")
    if parts.path.rpartition("/")[2] == entry.file_name:
        return base
    path = f"{parts.path.rstrip('/')}/{urllib.parse.quote(entry.file or entry.file_name)}"
    return urllib.parse.urlunsplit(parts._replace(path=path))
