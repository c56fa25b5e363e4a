"""Without torch, a file that is none of weights is told so before torch is asked for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from feathertrack.errors import FeathertrackError, MissingExtra, WeightsError
from feathertrack.trackers.creation import create_tracker
from feathertrack.trackers.weights_file import check_weights_without_torch


@pytest.mark.parametrize(
    ("name", "content", "kind", "said"),
    [
        ("text.mp4", b"hello, world", WeightsError, "text.mp4 is no file of weights"),
        ("empty.pth", b"", WeightsError, "empty.pth is no file of weights"),
        ("zip.pth", b"PK\x03\x04", MissingExtra, r"zip.pth holds torch .*feathertrack\[torch\]"),
        ("pickle.tar", b"\x80\x02}", MissingExtra, "holds torch weights"),
        ("a.safetensors", b"\x02\0\0\0\0\0\0\0{}", MissingExtra, "holds torch weights"),
    ],
)
def test_content_comes_first(
    in_tmp: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: bytes,
    kind: type[FeathertrackError],
    said: str,
) -> None:
    Path(name).write_bytes(content)
    check_weights_without_torch(Path(name))  # with torch, its loader says more
    monkeypatch.setitem(sys.modules, "torch", None)
    for engine in ("auto", "torch"):
        with pytest.raises(kind, match=said):
            create_tracker(name, engine=engine)
