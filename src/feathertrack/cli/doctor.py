"""``feathertrack doctor``: what is installed, what it can do here, and what is wrong with it."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from feathertrack.cli._opencv_wheels import HEADLESS, repair_commands
from feathertrack.cli._options import Flag

_COLUMN = 17


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that is wrong, and what repairs it.

    Attributes:
        text: one sentence.
        commands: what to type.
        breaks: it keeps the package from working; ``doctor`` then exits with status 1.
    """

    text: str
    commands: tuple[str, ...] = ()
    breaks: bool = True


@dataclass(frozen=True, kw_only=True)
class Doctor:
    """Show what is installed, what runs here, and how to repair it.

    The exit status is 1 where something keeps the package from working.

    Examples:
      feathertrack doctor
      feathertrack doctor --json > machine.json

    Attributes:
        json: Print JSON instead of text.
    """

    json: Flag = False

    def run(self) -> int:
        """Print the findings."""
        from feathertrack.cli._machine import everything

        facts = everything()
        problems = find_problems(facts)
        if self.json:
            print(json.dumps({**facts, "problems": [asdict(one) for one in problems]}, indent=1))
        else:
            for line in _lines(facts):
                print(line)
            _print_problems(problems)
        return 1 if any(problem.breaks for problem in problems) else 0


def find_problems(facts: Mapping[str, Any]) -> list[Problem]:
    """What is wrong, the worst first.

    Args:
        facts: as ``_machine.everything`` returns them.
    """
    found = [*_opencv_problems(facts["opencv"]), *_video_problems(facts["video"])]
    if "error" in facts["auto"]:
        found.append(Problem(text=f"the shipped tracker does not run: {facts['auto']['error']}"))
    for engine in facts["engines"]:
        if "error" in engine:
            text = f"{engine['engine']} is installed but cannot be imported: {engine['error']}"
            found.append(Problem(text=text, breaks=False))
    if not facts["cache"]["writable"]:
        found.append(
            Problem(
                text=f"the cache folder {facts['cache']['folder']} cannot be written "
                f"({facts['cache']['error']}): engines are measured anew at every start; "
                "name another folder in FEATHERTRACK_CACHE",
                breaks=False,
            )
        )
    return sorted(found, key=lambda problem: not problem.breaks)


def _opencv_problems(opencv: Mapping[str, Any]) -> Iterator[Problem]:
    wheels = opencv["wheels"]
    if len(wheels) > 1:
        yield Problem(
            text=f"{len(wheels)} OpenCV wheels are installed ({', '.join(wheels)}); they overwrite "
            "each other's files",
            commands=tuple(repair_commands(wheels)),
        )
    elif "error" in opencv:
        yield Problem(
            text=f"OpenCV cannot be imported: {opencv['error']}",
            commands=(f"pip install --force-reinstall --no-deps {HEADLESS}",),
        )


def _video_problems(video: Mapping[str, Any]) -> Iterator[Problem]:
    repair = ("pip install --force-reinstall --no-deps av",)
    if "error" in video:
        yield Problem(text=f"PyAV cannot be imported: {video['error']}", commands=repair)
        return
    for kind in ("encoders", "decoders"):
        absent = [name for name, has in video[kind].items() if not has]
        if absent:
            text = f"this PyAV has no {kind[:-1]} for {', '.join(absent)}"
            breaks = bool({"libx264", "h264"} & set(absent))
            yield Problem(text=text, commands=repair, breaks=breaks)


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """The findings as lines of ``what  value``."""
    width = min(shutil.get_terminal_size().columns, 100)
    for name, value in _entries(facts):
        hanging = " " * _COLUMN
        yield textwrap.fill(
            f"{name:<{_COLUMN}}{value}",
            width,
            subsequent_indent=hanging,
            break_long_words=False,
            break_on_hyphens=False,
        )


def _entries(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    versions, cpu, opencv = facts["versions"], facts["cpu"], facts["opencv"]
    for name, version in versions.items():
        if version:
            yield name, version
    for name, version in opencv["wheels"].items():
        yield "opencv", f"{version} ({name})"
    yield "windows", _windows(opencv)
    yield "system", facts["system"]
    yield "cpu", f"{cpu['model']}, {cpu['cores']} cores"
    yield "", " ".join(cpu["instruction_sets"])
    yield from _engine_entries(facts)
    yield from _video_entries(facts["video"])
    state = "writable" if facts["cache"]["writable"] else "not writable"
    yield "cache", f"{facts['cache']['folder']} ({state})"
    for extra, state in facts["missing_extras"].items():
        yield f"[{extra}]", _missing(state)


def _missing(state: Mapping[str, Any]) -> str:
    if not state["installed"]:
        return f"not installed: {state['command']}"
    works = f" ({state['works']})" if state["works"] else ""
    return f"without {', '.join(state['missing'])}{works}: {state['command']}"


def _windows(opencv: Mapping[str, Any]) -> str:
    if not opencv.get("windows"):
        return "no: --show and --select need the wheel opencv-contrib-python instead"
    return f"yes ({opencv['windows']})" if opencv["display"] else "no screen (DISPLAY is not set)"


def _engine_entries(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for engine in facts["engines"]:
        if "error" in engine:
            yield engine["engine"], f"cannot be imported: {engine['error']}"
        elif engine["version"]:
            where, what = ", ".join(engine["devices"]), ", ".join(engine["precisions"])
            yield f"engine {engine['engine']}", f"{what} on {where}"
    auto = facts["auto"]
    yield "auto takes", auto.get("error") or f"{auto['model']}: {auto['why']}"


def _video_entries(video: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "error" in video:
        return
    yield "ffmpeg", str(video["ffmpeg"])
    for kind, verb in (("encoders", "writes"), ("decoders", "reads")):
        yield verb, " ".join(name for name, has in video[kind].items() if has)


def _print_problems(problems: list[Problem]) -> None:
    print()
    if not any(problem.breaks for problem in problems):
        print("nothing keeps feathertrack from working")
    for problem in problems:
        print(f"{'PROBLEM' if problem.breaks else 'note   '}  {problem.text}")
        for command in problem.commands:
            print(f"         {command}")
