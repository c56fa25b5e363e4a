"""Where the tests find data that is not part of the repository; without it they skip."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parent.parent


def shared(relative: str) -> Path:
    """Path of a shared file or folder: under $FEATHERTRACK_SHARED, else beside the repository."""
    root = Path(os.environ.get("FEATHERTRACK_SHARED", _REPOSITORY.parent / "shared"))
    path = root / relative
    if not path.exists():
        pytest.skip(f"shared data {relative} is not here")
    return path
