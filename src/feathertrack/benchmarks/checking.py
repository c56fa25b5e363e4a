"""Is everything of a benchmark there? Folders are listed; pictures are opened only if asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.files import Files
from feathertrack.benchmarks.folder import PicturesMissing
from feathertrack.benchmarks.framelist import FirstFrames, FolderFrames, FrameList
from feathertrack.benchmarks.layout import file_names, names_twice, numbered_pictures, ranges
from feathertrack.benchmarks.numbering import numbering_of
from feathertrack.benchmarks.sequence import Sequence
from feathertrack.errors import InputError, SourceError
from feathertrack.video.pictures import is_picture

_SHOWN = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Something that is not as it should be.

    Attributes:
        sequence: name of the sequence, "" for the benchmark.
        kind: ``file``, ``frames``, ``ground truth``, ``picture``, ``duplicate`` or ``note``.
        text: what, with the file, and the line or the numbers.
        count: how many frames or files it is about.
    """

    sequence: str
    kind: str
    text: str
    count: int = 1

    @property
    def missing(self) -> bool:
        """Something that is needed is not there or cannot be read."""
        return self.kind in ("file", "frames", "ground truth", "picture")


@dataclass(frozen=True, kw_only=True)
class Check:
    """What was found.

    Attributes:
        num_sequences: of the benchmark.
        num_frames: that are there.
        problems: in the order of the sequences.
    """

    num_sequences: int
    num_frames: int
    problems: tuple[Problem, ...] = field(default=())

    @property
    def complete(self) -> bool:
        """Nothing is missing and everything can be read."""
        return not any(problem.missing for problem in self.problems)

    @property
    def num_incomplete(self) -> int:
        """How many sequences lack something."""
        return len({p.sequence for p in self.problems if p.missing and p.sequence})


def check_sequences(benchmark: Benchmark, *, images: bool = False) -> Iterator[Check]:
    """Check one sequence after the other; a ``Check`` each, the first one for the whole root.

    Args:
        benchmark: which.
        images: decode every picture too.
    """
    twice = _duplicates(benchmark.root, sequence="")
    said = (Problem(sequence="", kind="note", text=note) for note in benchmark.notes)
    yield Check(num_sequences=0, num_frames=0, problems=(*said, *twice))
    for name in benchmark.names:
        yield _check(benchmark, name, images=images)


def check_benchmark(benchmark: Benchmark, *, images: bool = False) -> Check:
    """Check all sequences of a benchmark; ``images`` decodes every picture too."""
    return together(check_sequences(benchmark, images=images))


def together(checks: Iterator[Check]) -> Check:
    """The sum of checks."""
    all_of_them = list(checks)
    return Check(
        num_sequences=sum(one.num_sequences for one in all_of_them),
        num_frames=sum(one.num_frames for one in all_of_them),
        problems=tuple(problem for one in all_of_them for problem in one.problems),
    )


def _check(benchmark: Benchmark, name: str, *, images: bool) -> Check:
    problems: list[Problem] = []
    sequence: Sequence | None = None
    files: Files | None = None
    num_frames, missing = 0, list[Problem]()
    try:
        files = benchmark.reader.files(name)
        sequence = benchmark.reader.load(name)
    except PicturesMissing as error:
        num_frames, missing = _frames(name, sequence, files) if files else (0, [])
        missing = missing or [Problem(sequence=name, kind="frames", text=str(error))]
    except InputError as error:
        kind = "ground truth" if files is None or files.truth.exists() else "file"
        if isinstance(error, SourceError):
            kind = "frames"
        text = f"{files and files.truth} is missing" if kind == "file" else str(error)
        problems.append(Problem(sequence=name, kind=kind, text=text))
    if sequence is not None:
        problems += _notes(sequence, files)
    if files is not None and not missing:
        num_frames, missing = _frames(name, sequence, files)
    problems += missing
    if files is not None:
        problems += _duplicates(files.frames, sequence=name)
    if images and sequence is not None:
        problems += _decode(sequence)
    return Check(num_sequences=1, num_frames=num_frames, problems=tuple(problems))


def _notes(sequence: Sequence, files: Files | None) -> Iterator[Problem]:
    for note in sequence.notes:
        kind = "ground truth" if "the ground truth is" in note else "note"
        yield Problem(sequence=sequence.name, kind=kind, text=note)
    if files is None or not sequence.complete or files.numbers is not None:
        return
    more = len(numbered_pictures(files.frames)) - len(sequence.truth)
    if more > 1 and not sequence.notes:
        text = f"{files.truth}: the ground truth has {len(sequence.truth)} rows, {files.frames} "
        yield Problem(
            sequence=sequence.name,
            kind="ground truth",
            text=f"{text}{more} pictures more; those are left out",
            count=more,
        )


def _frames(name: str, sequence: Sequence | None, files: Files) -> tuple[int, list[Problem]]:
    """How many of the expected pictures are there, and which are not."""
    if files.frames.is_file():  # a video: what it lacks shows when it is decoded
        return (len(sequence.frames) if sequence else 0), []
    there = set(file_names(files.frames))
    if not there:
        text = f"{files.frames} is missing or empty"
        expected = len(files.numbers or ()) or (len(sequence.truth) if sequence else 1)
        return 0, [Problem(sequence=name, kind="frames", text=text, count=expected)]
    if isinstance(_whole(sequence), FolderFrames) or (sequence is None and files.numbers is None):
        names = [one for one in there if is_picture(Path(one)) and not one.startswith(".")]
        found = numbering_of(names)
        lost = [] if found is None or found.is_strided else found.missing
        lost_names = [found.name(number) for number in lost] if found else []
        return len(names), _lost(name, files, lost_names, numbers=lost)
    if sequence is not None:
        names = [path.name for path in sequence.frames]
    else:
        names = [files.pattern % number for number in files.numbers or ()]
    absent = [index for index, one in enumerate(names) if one not in there]
    first = files.numbers.start if files.numbers else 1
    lost_names = [names[index] for index in absent]
    return len(names) - len(absent), _lost(
        name, files, lost_names, numbers=[first + index for index in absent]
    )


def _whole(sequence: Sequence | None) -> FrameList | None:
    frames = sequence.frames if sequence else None
    return frames.frames if isinstance(frames, FirstFrames) else frames


def _lost(name: str, files: Files, names: list[str], *, numbers: list[int]) -> list[Problem]:
    if not names:
        return []
    runs = ranges(numbers).split(", ")
    shown = ", ".join(runs[:_SHOWN]) + (", ..." if len(runs) > _SHOWN else "")
    text = f"{files.frames}: {len(names)} of the pictures are missing, number {shown} ({names[0]}"
    text += ", ...)" if len(names) > 1 else ")"
    return [Problem(sequence=name, kind="frames", text=text, count=len(names))]


def _duplicates(folder: Path, *, sequence: str) -> list[Problem]:
    """Names that differ in letter case only: which one is meant depends on the system."""
    twice = names_twice(folder)
    if not twice:
        return []
    text = f"{folder} has {len(twice)} names twice, in different letter case, as {twice[0]}"
    return [Problem(sequence=sequence, kind="duplicate", text=text, count=len(twice))]


def _decode(sequence: Sequence) -> Iterator[Problem]:
    from feathertrack.video.pictures import read_picture

    size = sequence.size_wh
    for path in sequence.frames:
        if not path.exists():  # named already
            continue
        try:
            height, width = read_picture(path).shape[:2]
        except InputError as error:
            yield Problem(sequence=sequence.name, kind="picture", text=str(error))
            continue
        size = size or (width, height)
        if (width, height) != size:
            text = f"{path} has {width}x{height} pixels, expected {size[0]}x{size[1]}"
            yield Problem(sequence=sequence.name, kind="note", text=text)
            size = (width, height)
