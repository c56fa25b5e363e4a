"""Promises that hold across the package: public names, what importing costs, who imports whom."""

from __future__ import annotations

import ast
import multiprocessing
import subprocess
import sys
from pathlib import Path

import pytest

import feathertrack
from feathertrack.boxes import as_box

SOURCE = Path(feathertrack.__file__).parent

LAYERS = [
    {"errors", "boxes", "results", "lock", "paths", "signals", "_version"}
    | {"textdecimals", "textrows"},
    {"imaging", "video", "demo", "benchmarks", "data"},
    {"engines", "weights", "models", "export"},
    {"trackers"},
    {"tracking", "evaluation", "adapters"},
    {"tuning"},
    {"training"},
    {"recipes"},
    {"cli", "__main__", "__init__"},
]
"""A module may import from its own row and the rows before it."""

WITHOUT_TORCH = {
    *(
        "boxes",
        "textdecimals",
        "textrows",
        "video",
        "imaging",
        "benchmarks",
        "trackers",
        "evaluation",
    ),
    *("tracking", "tuning", "cli", "demo", "adapters"),
}

LEARNING_ONLINE = SOURCE / "trackers" / "online"
"""The trackers' one folder that needs torch; only functions import it, when they are called."""


def modules() -> list[tuple[Path, str]]:
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        part = path.relative_to(SOURCE).parts[0]
        found.append((path, part.removesuffix(".py")))
    return found


def imports(path: Path, *, top_level: bool = False) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level else ast.walk(tree)
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_public_names_are_sorted_and_exist() -> None:
    assert feathertrack.__all__ == sorted(feathertrack.__all__)
    for name in feathertrack.__all__:
        assert getattr(feathertrack, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'tracker'"):
        _ = feathertrack.tracker


def test_layers_import_downwards() -> None:
    rank = {name: number for number, row in enumerate(LAYERS) for name in row}
    for path, part in modules():
        for name in imports(path):
            if name.startswith("feathertrack.") and part != "__init__":
                other = name.split(".")[1]
                assert rank[other] <= rank[part], f"{path.relative_to(SOURCE)} imports {name}"


def test_only_networks_and_what_makes_them_import_torch() -> None:
    for path, part in modules():
        if part in WITHOUT_TORCH and LEARNING_ONLINE not in path.parents:
            assert not any(name.split(".")[0] == "torch" for name in imports(path)), path


def test_what_learns_online_is_imported_when_a_tracker_is_made() -> None:
    prefix = "feathertrack.trackers.online"
    for path, part in modules():
        if part in WITHOUT_TORCH and LEARNING_ONLINE not in path.parents:
            found = imports(path, top_level=True)
            assert not any(f"{name}.".startswith(f"{prefix}.") for name in found), path


def test_importing_the_package_loads_neither_torch_nor_opencv() -> None:
    code = "import sys, feathertrack; print({'torch', 'cv2', 'av', 'numpy'} & set(sys.modules))"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "set()"


def test_tracking_works_without_torch(tmp_path: Path) -> None:
    """As on a base install: torch cannot be found at all."""
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import numpy as np, feathertrack as ft\n"
        "frames = [np.full((90, 120, 3), 90, np.uint8)] * 3\n"
        "tracker = ft.create_tracker(engine='onnx')\n"
        "print(len(list(ft.track(frames, box=(30, 30, 20, 20), tracker=tracker))))\n"
        "try: ft.create_model('siamfc')\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    count, message = done.stdout.splitlines()
    assert count == "3"
    assert "feathertrack[torch]" in message


def test_functions_can_be_sent_to_spawned_workers() -> None:
    """Windows and macOS start workers by spawn: everything must be importable and picklable."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(as_box, [(1, 2, 3, 4)])[0].tolist() == [1, 2, 3, 4]
