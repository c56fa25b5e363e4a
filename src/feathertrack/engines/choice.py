"""What an engine was chosen from, and why; kept in the user's cache so that it is measured once."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from feathertrack.paths import cache_dir
from feathertrack.video.outfiles import write_atomically


@dataclass(frozen=True, kw_only=True, order=True)
class Candidate:
    """A runtime with a device and a precision."""

    engine: str
    device: str
    precision: str

    def __str__(self) -> str:
        return f"{self.engine} {self.precision} on {self.device}"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which candidate was taken, and what the others made.

    Attributes:
        taken: the candidate that runs.
        reason: why, in a few words: "asked for", "the only one here", "the fastest", ...
        milliseconds: median time of one frame's call for each candidate that was measured.
        excluded: for each candidate that could have been and was not measured, why.
        from_cache: whether an earlier run measured it.
    """

    taken: Candidate
    reason: str
    milliseconds: Mapping[Candidate, float] = field(default_factory=dict)
    excluded: Mapping[str, str] = field(default_factory=dict)
    from_cache: bool = False

    def __str__(self) -> str:
        """One line for people."""
        others = sorted(self.milliseconds.items(), key=lambda item: item[1])
        times = ", ".join(f"{candidate} {time:.1f} ms" for candidate, time in others)
        when = "measured earlier" if self.from_cache else "measured"
        told = f"; {when}: {times}" if times else ""
        return f"{self.taken} ({self.reason}{told})"


def choice_file(key: Mapping[str, object]) -> Path:
    """Where the choice for a model, a machine, its versions and a request is kept."""
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return cache_dir() / "engines" / f"{digest[:32]}.json"


def read_choice(file: Path) -> Choice | None:
    """The choice of an earlier run; None where there is none, or none that can be read."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        milliseconds = {
            Candidate(**row["candidate"]): float(row["milliseconds"]) for row in content["measured"]
        }
        return Choice(
            taken=Candidate(**content["taken"]),
            reason=str(content["reason"]),
            milliseconds=milliseconds,
            excluded={str(key): str(value) for key, value in content["excluded"].items()},
            from_cache=True,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def write_choice(file: Path, choice: Choice, *, key: Mapping[str, object]) -> None:
    """Keep a choice; a cache that cannot be written is no error, it will be measured again."""
    content = {
        "key": key,
        "taken": asdict(choice.taken),
        "reason": choice.reason,
        "measured": [
            {"candidate": asdict(candidate), "milliseconds": round(time, 4)}
            for candidate, time in choice.milliseconds.items()
        ],
        "excluded": dict(choice.excluded),
    }
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, [json.dumps(content, indent=1)])
