"""What our own files say about themselves, in the metadata of safetensors: text by name.

``format`` and ``format_version``; ``model`` and ``config`` (JSON), the name and options by which
``create_model`` builds the network again; ``calibration`` (JSON), see ``Network``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import NoReturn

from feathertrack.errors import WeightsError
from feathertrack.models.network import Network

_FORMAT = "feathertrack"
_VERSION = 1


def describe(model: Network) -> dict[str, str]:
    """Return the metadata of a network."""
    return {
        "format": _FORMAT,
        "format_version": str(_VERSION),
        "model": model.name,
        "config": json.dumps(dict(model.config), sort_keys=True),
        "calibration": json.dumps(dict(model.calibration), sort_keys=True),
    }


def is_ours(metadata: Mapping[str, str]) -> bool:
    """Whether a file says that this package wrote it."""
    return metadata.get("format") == _FORMAT


def check_version(metadata: Mapping[str, str]) -> None:
    """Refuse what a later Feathertrack wrote.

    Raises:
        WeightsError: the version is none, or later than this package knows.
    """
    version = metadata.get("format_version", "")
    if not version.isdecimal() or len(version) > 9 or int(version) > _VERSION:
        raise WeightsError(
            f"its format version is {version[:20]!r}, and this Feathertrack reads up to {_VERSION}:"
            " update it"
        )


def config(metadata: Mapping[str, str]) -> dict[str, object]:
    """Return the options of the builder.

    Raises:
        WeightsError: the text is no JSON object of finite numbers.
    """
    return _parse(metadata.get("config", "{}"))


def calibration(metadata: Mapping[str, str]) -> dict[str, float]:
    """Return the numbers that turn raw outputs into scores; {} where there are none.

    Raises:
        WeightsError: the text is no JSON object of finite numbers.
    """
    numbers = {}
    for name, value in _parse(metadata.get("calibration", "{}")).items():
        # The largest float: an integer beyond it cannot even be asked whether it is finite.
        if not isinstance(value, (int, float)) or not abs(value) <= sys.float_info.max:
            raise WeightsError(f"its calibration {name[:40]} is no number: {str(value)[:40]}")
        numbers[name] = float(value)
    return numbers


def _parse(text: str) -> dict[str, object]:
    try:
        value = json.loads(text, parse_constant=_reject)
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"its metadata is no JSON: {text[:60]!r}") from error
    if not isinstance(value, dict):
        raise WeightsError(f"its metadata is no JSON object: {text[:60]!r}")
    return value


def _reject(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")
