"""What ``--output [FORMAT:]PATH`` means."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from feathertrack.errors import InputError
from feathertrack.video.formats import BOX_FORMATS
from feathertrack.video.formats.got10k import time_file
from feathertrack.video.outfiles import part_of

VIDEO_FORMATS: dict[str, str] = {"mp4": "mp4", "mov": "mov", "mkv": "matroska"}
"""Name, and suffix, to what FFmpeg calls the container."""

PICTURES_FORMAT = "png"

OUTPUT_FORMATS: tuple[str, ...] = (*VIDEO_FORMATS, PICTURES_FORMAT, *BOX_FORMATS)

_PREFIX = re.compile(r"([A-Za-z][A-Za-z0-9_]+):(.*)", re.S)


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """An output that was asked for.

    Attributes:
        format: one of ``OUTPUT_FORMATS``.
        path: the file, or the folder of a png output.
    """

    format: str
    path: Path


def parse_output(text: str) -> OutputSpec:
    r"""Read ``[FORMAT:]PATH``.

    A single letter before a colon is a Windows drive. A path that ends in a separator, or has no
    suffix, is a folder of pictures.

    Raises:
        InputError: an unknown format or suffix, a suffix that several formats share, no path.

    >>> parse_output("mot:boxes.txt").format, parse_output(r"C:\clips\boxes.csv").format
    ('mot', 'csv')
    """
    match = _PREFIX.fullmatch(text)
    if match:
        name, rest = match[1].lower(), match[2]
        if name not in OUTPUT_FORMATS:
            raise InputError(_unknown_format(name, text))
        _require_path(rest, text)
        return OutputSpec(name, Path(rest).expanduser())
    _require_path(text, text)
    return OutputSpec(_format_of(text), Path(text).expanduser())


def _require_path(path: str, text: str) -> None:
    if not path.strip() or "\0" in path:
        raise InputError(f"output {text!r} names no path: write FORMAT:PATH or PATH")


def _unknown_format(name: str, text: str) -> str:
    near = get_close_matches(name, OUTPUT_FORMATS, n=1)
    guess = f"did you mean {near[0]}? Formats" if near else "the formats"
    return (
        f"unknown output format {name!r} in {text!r}: {guess} are {', '.join(OUTPUT_FORMATS)}; "
        f"for a file name with a colon write .{os.sep}{text}"
    )


def _format_of(path: str) -> str:
    """The format that a path tells by itself."""
    suffix = Path(path).suffix.lower()
    if path.endswith(("/", "\\")) or not suffix:
        return PICTURES_FORMAT
    if suffix[1:] in VIDEO_FORMATS:
        return suffix[1:]
    names = [name for name, format in BOX_FORMATS.items() if format.suffix == suffix]
    if len(names) == 1:
        return names[0]
    if names:
        choices = " or ".join(f"{name}:{path}" for name in names)
        raise InputError(f"output {path!r} may be in several formats: write {choices}")
    known = [f".{name}" for name in VIDEO_FORMATS]
    known += dict.fromkeys(format.suffix for format in BOX_FORMATS.values())
    raise InputError(
        f"output {path!r} has an unknown suffix {suffix!r}: use one of {', '.join(known)}, "
        f"a folder for PNG files, or FORMAT:PATH with one of {', '.join(OUTPUT_FORMATS)}"
    )


def check_outputs(
    specs: Iterable[OutputSpec], *, source: Path | None = None, files: Iterable[Path] = ()
) -> None:
    """Refuse outputs that would overwrite one another, or the source.

    Args:
        specs: all outputs of a run.
        source: the file or folder that is read.
        files: further files that are read: the pictures of a folder, a pattern or a list.

    Raises:
        InputError: a file is written by two outputs, or is read as the source; pictures are to be
            written into a folder from which pictures are read.
    """
    specs, files = list(specs), list(files)
    _check_pictures(specs, files)
    taken: dict[str, tuple[int, OutputSpec]] = {}
    read = _identity(source) if source is not None else None
    for number, spec in enumerate(specs):
        for path in _files(spec):
            identity = _identity(path)
            if identity == read:
                raise InputError(f"output {spec.path} is the source itself: name another")
            other, first = taken.setdefault(identity, (number, spec))
            if other != number:
                raise InputError(
                    f"outputs {first.format}:{first.path} and {spec.format}:{spec.path} "
                    f"both write {path}: name another"
                )


def _check_pictures(specs: Iterable[OutputSpec], files: Iterable[Path]) -> None:
    """Refuse a folder of the pictures that are read, and the pictures themselves."""
    folders = {_identity(folder) for folder in {file.parent for file in files}}
    for spec in specs:
        if spec.format == PICTURES_FORMAT:
            if _identity(spec.path) in folders:
                raise InputError(
                    f"output folder {spec.path} is where the pictures of the source are: "
                    f"name another"
                )
            continue
        for path in _files(spec):
            if path.exists() and any(_same(path, file) for file in files):
                raise InputError(f"output {spec.path} writes {path}, a picture of the source")


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False


def _files(spec: OutputSpec) -> tuple[Path, ...]:
    """Every path that an output writes."""
    if spec.format == PICTURES_FORMAT:
        return (spec.path,)
    if spec.format == "got10k":
        return spec.path, part_of(spec.path), time_file(spec.path)
    return spec.path, part_of(spec.path)


def _identity(path: Path) -> str:
    return os.path.normcase(path.expanduser().resolve())
