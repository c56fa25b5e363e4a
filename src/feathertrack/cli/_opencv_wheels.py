"""Which OpenCV wheels are installed; two of them share a folder and break each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution

HEADLESS = "opencv-contrib-python-headless"
WITH_WINDOWS = "opencv-contrib-python"

_WHEELS = ("opencv-python", "opencv-python-headless", WITH_WINDOWS, HEADLESS)


def opencv_wheels(distributions: Iterable[Distribution]) -> dict[str, str]:
    """Name -> version of the OpenCV wheels among the installed distributions, sorted."""
    found = {}
    for distribution in distributions:
        name = str(distribution.metadata["Name"] or "").lower().replace("_", "-")
        if name in _WHEELS:
            found[name] = distribution.version
    return dict(sorted(found.items()))


def swap_commands(installed: Iterable[str], wanted: str) -> list[str]:
    """What to type so that ``wanted`` is the only OpenCV wheel.

    All are removed first: removing one of two takes files away that the other needs.

    >>> swap_commands(["opencv-python"], "opencv-contrib-python")[0]
    'pip uninstall -y opencv-python'
    """
    return [
        f"pip uninstall -y {' '.join(installed)}",
        f"pip install --force-reinstall --no-deps {wanted}",
    ]


def repair_commands(installed: Mapping[str, str]) -> list[str]:
    """What to type when several are installed: keep the one that this package is tested with.

    Returns:
        Commands, empty where there is nothing to repair.
    """
    if len(installed) < 2:
        return []
    return swap_commands(installed, HEADLESS)
