"""A file that is not complete yet, and what it belongs to."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What the bytes of a partial file belong to.

    Attributes:
        address: what was asked for.
        validator: ETag or date by which the server tells whether its file is the same, "" for none.
        total: bytes of the whole file, None where the server does not say.
    """

    address: str
    validator: str
    total: int | None


@dataclass(kw_only=True)
class PartialFile:
    """``path``, a part of the file at ``address``; the origin is kept in a JSON file beside it."""

    path: Path
    address: str

    @property
    def _origin_path(self) -> Path:
        return self.path.with_name(self.path.name + ".json")

    def size(self) -> int:
        """Bytes that have arrived."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def origin(self) -> Origin | None:
        """What the partial file can go on from, None if it must start again."""
        try:
            origin = Origin(**json.loads(self._origin_path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        fits = origin.address == self.address and bool(origin.validator) and self.size() > 0
        return origin if fits else None

    def restart(self, origin: Origin) -> None:
        """Drop what has arrived; the bytes that follow belong to ``origin``."""
        self._origin_path.unlink(missing_ok=True)
        self.path.write_bytes(b"")
        self._origin_path.write_text(json.dumps(asdict(origin)), encoding="utf-8")

    def discard(self) -> None:
        """Remove every trace of the attempt."""
        self.path.unlink(missing_ok=True)
        self._origin_path.unlink(missing_ok=True)

    def is_complete(self) -> bool:
        """Whether all bytes of the whole file are there."""
        origin = self.origin()
        return origin is not None and origin.total == self.size()

    def take_off(self, target: Path) -> None:
        """Give the complete file its name."""
        self.path.replace(target)
        self._origin_path.unlink(missing_ok=True)
