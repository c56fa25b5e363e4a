"""The fingerprint of a file, by which caches know it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from feathertrack.errors import WeightsError


def file_digest(path: str | Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits.

    Raises:
        WeightsError: the file cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {error.strerror or error}") from error
