"""Which data results are of: the same names are no proof that the videos are the same.

A folder of results holds ``data.json``, with the number of frames and a digest of the true boxes of
every sequence that was run there. Whoever runs or scores there again must have the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from feathertrack.benchmarks import Benchmark
from feathertrack.errors import InputError
from feathertrack.evaluation.result_files import write_whole
from feathertrack.tuning.journal import waiting_for

_FILE = "data.json"


def truth_digest(benchmark: Benchmark, name: str) -> str:
    """A digest of the true boxes of a sequence, wherever its pixels are counted from."""
    sequence = benchmark[name]
    truth = sequence.truth.copy()
    truth[:, :2] -= sequence.origin
    return hashlib.sha256(truth.round(3).tobytes()).hexdigest()


def identity_of(benchmark: Benchmark) -> dict[str, str]:
    """Of every sequence its number of frames and a digest of its true boxes, as ``71:9c1f...``."""
    return {
        name: f"{len(benchmark[name])}:{truth_digest(benchmark, name)[:24]}"
        for name in benchmark.names
    }


def digest_of(identity: Mapping[str, str]) -> str:
    """An identity in one word, for a study that lists the names already."""
    return hashlib.sha256(json.dumps(sorted(identity.items())).encode()).hexdigest()[:24]


def claim_data(folder: Path, benchmark: str, identity: Mapping[str, str], *, remedy: str) -> None:
    """Write down of which data the results in a folder are, or see that it is the same.

    Sequences that the folder does not know, as all of one from before there was such a file, are
    believed and written down.

    Args:
        folder: of results.
        benchmark: its name.
        identity: of the sequences that are to be run or scored.
        remedy: what the user can do about other data.

    Raises:
        InputError: a sequence has other frames or true boxes than that of its name had.
    """
    path = folder / _FILE
    with waiting_for(folder / ".processes" / "data.lock"):
        known = _read(path)
        before = known.get(benchmark, {})
        for name, value in identity.items():
            if before.get(name, value) != value:
                raise InputError(
                    f"{folder} holds results of another {name} of {benchmark}, with other frames "
                    f"or true boxes than that of now: {remedy}"
                )
        if not identity.keys() <= before.keys():
            content = {**known, benchmark: {**before, **identity}}
            write_whole(path, json.dumps(content, indent=1) + "\n")


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        content = None
    if isinstance(content, dict) and all(isinstance(one, dict) for one in content.values()):
        return content
    raise InputError(f"{path} is damaged: remove it if the data are the same as ever")
