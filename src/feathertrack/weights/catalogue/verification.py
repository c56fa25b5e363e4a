"""Whether a file of weights is the one that it should be.

Three cases: its authors publish the first digits of its SHA-256, and the file must begin with them;
or the digest is that of the official file that was loaded when this package was made; or nothing is
known, and the digest is written beside the file on first use and compared from then on.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from feathertrack.errors import WeightsError
from feathertrack.weights.catalogue.entry import Entry
from feathertrack.weights.digest import file_digest

_LOG = logging.getLogger(__name__)

Evidence = Literal["published", "seen", "first use", "recorded"]


@dataclass(frozen=True, kw_only=True)
class Verified:
    """The digest of a file and what it was held against.

    Attributes:
        sha256: 64 hexadecimal digits.
        evidence: published digits, the digest of the file seen by this package, nothing yet
            ("first use"), or the record of the first use.
    """

    sha256: str
    evidence: Evidence

    def __str__(self) -> str:
        return {
            "published": "SHA-256 begins with the published digits",
            "seen": "its authors publish no hash; it is the file that was tried with this package",
            "first use": "its authors publish no hash; it is recorded and compared from now on",
            "recorded": "its authors publish no hash; it is the file of the first use",
        }[self.evidence]


def record_path(path: Path) -> Path:
    """Where the digest of the first use is written."""
    return path.with_name(path.name + ".sha256.json")


def verify(path: Path, entry: Entry, *, content: Path | None = None) -> Verified:
    """Hold a file against what is known of it; the first use of an unknown one is recorded.

    Args:
        path: where the file is, or will be.
        entry: what it should be.
        content: the file to read where it is not in its place yet.

    Raises:
        WeightsError: it is another file than published, or than on first use.
    """
    sha256 = file_digest(content or path)
    remedy = "delete it" if content is None else "it was thrown away"
    if entry.sha256_prefix:
        if not sha256.startswith(entry.sha256_prefix):
            raise WeightsError(
                f"{path} is not the published {entry.file_name}: its SHA-256 begins with "
                f"{sha256[:8]} instead of {entry.sha256_prefix}; {remedy}, fetch it again"
            )
        return Verified(sha256=sha256, evidence="published")
    if sha256 == entry.sha256_seen:
        return Verified(sha256=sha256, evidence="seen")
    recorded = _read_record(record_path(path))
    if not recorded:
        _write_record(record_path(path), entry, sha256)
        return Verified(sha256=sha256, evidence="first use")
    if recorded != sha256:
        raise WeightsError(
            f"{path} has changed since its first use: its SHA-256 begins with {sha256[:8]} instead "
            f"of {recorded[:8]}; if that is meant, delete {record_path(path).name} beside it"
        )
    return Verified(sha256=sha256, evidence="recorded")


def _read_record(path: Path) -> str:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise WeightsError(f"cannot read {path} ({error}): delete it to record anew") from error
    recorded = content.get("sha256") if isinstance(content, dict) else None
    if not isinstance(recorded, str):
        raise WeightsError(f"{path} holds no SHA-256: delete it to record anew")
    return recorded


def _write_record(path: Path, entry: Entry, sha256: str) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    text = json.dumps({"name": entry.name, "file": entry.file_name, "sha256": sha256}, indent=1)
    try:
        temporary.write_text(text + "\n", encoding="utf-8")
        temporary.replace(path)
    except OSError as error:  # a cache that may only be read still serves its files
        _LOG.warning("the SHA-256 of %s cannot be recorded: %s", entry.file_name, error)
