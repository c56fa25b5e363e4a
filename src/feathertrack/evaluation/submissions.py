"""Archives for the evaluation servers of GOT-10k and TrackingNet, and a check of anybody's.

GOT-10k: ``<sequence>/<sequence>_001.txt`` and ``<sequence>/<sequence>_time.txt`` at the top of the
zip, a row for every frame, the first included. TrackingNet: ``<sequence>.txt``, rows alike.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.sequence import Sequence
from feathertrack.errors import InputError
from feathertrack.evaluation.records import Record, TrackerRecords
from feathertrack.evaluation.result_files import got10k
from feathertrack.evaluation.result_files.files import ZipFiles
from feathertrack.evaluation.result_files.rows import text_of
from feathertrack.textrows import rows_of
from feathertrack.video.outfiles import replacing, writing

SERVERS = ("got10k", "trackingnet")
_MOST_RUNS = 3
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same archive whenever it is made


def write_submission(results: TrackerRecords, benchmark: Benchmark, path: Path) -> None:
    """Write the archive of a tracker, whole or not at all.

    Raises:
        InputError: the benchmark has no such server, or a result or its times are missing, of
            another length than their sequence, or not finite.
    """
    kind = _server(benchmark)
    missing = [name for name in benchmark.names if name not in results.records]
    if missing:
        raise InputError(
            f"{results.place or results.tracker} has no result of {len(missing)} of "
            f"{len(benchmark)} sequences, first {missing[0]}: the server needs all"
        )
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with (
        replacing(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for sequence in benchmark:
            records = results.records[sequence.name]
            _check_records(kind, records, sequence)
            for name, text in _files(kind, records):
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), text, zipfile.ZIP_DEFLATED)
        archive.close()  # before it is read, and before it gets its name
        check_submission(temporary, benchmark)


def _check_records(kind: str, records: tuple[Record, ...], sequence: Sequence) -> None:
    """Refuse what the server would, and name the file that the user has.

    Raises:
        InputError: boxes, times or the number of runs are not what the server takes.
    """
    for record in records:
        _check_boxes(record.boxes, sequence, record.where())
    if kind == "trackingnet":
        return
    numbers = [record.repetition for record in records]
    if numbers != list(range(1, len(numbers) + 1)) or len(numbers) > _MOST_RUNS:
        raise InputError(
            f"{records[0].where()}: {sequence.name} has the runs "
            f"{', '.join(map(str, numbers))}; the server takes 1 to {_MOST_RUNS}, from 1 on"
        )
    for record in records:
        where = f"{record.where()}: the times of {sequence.name}"
        if record.times is None:
            raise InputError(f"{where} are missing, the server needs {sequence.name}_time.txt")
        if len(record.times) != len(sequence):
            raise InputError(
                f"{where} have {len(record.times)} rows, it has {len(sequence)} frames"
            )
        wrong = ~(np.isfinite(record.times) & (record.times >= 0))
        if wrong.any():
            raise InputError(f"{where}, line {int(wrong.argmax()) + 1}: no time in seconds")


def _server(benchmark: Benchmark) -> str:
    if benchmark.protocol not in SERVERS:
        raise InputError(
            f"{benchmark.name} has no evaluation server; archives are for {' and '.join(SERVERS)}"
        )
    return benchmark.protocol


def _files(kind: str, records: tuple[Record, ...]) -> Iterator[tuple[str, str]]:
    if kind == "trackingnet":
        yield f"{records[0].sequence}.txt", text_of(records[0].boxes, "r")
        return
    for name, content in got10k.write_nested(records).items():
        yield name, content if isinstance(content, str) else content.decode()


def check_submission(path: str | Path, benchmark: Benchmark) -> int:
    """Check an archive before it is sent; return the number of its sequences.

    Raises:
        InputError: a file is missing, too many, in a folder too deep, or has another number of
            rows than the sequence has frames; the first trouble is named with file and line.
    """
    kind = _server(benchmark)
    with closing(ZipFiles(Path(path))) as files:
        _check_files(kind, files, benchmark)
    return len(benchmark)


def _check_files(kind: str, files: ZipFiles, benchmark: Benchmark) -> None:
    expected: set[str] = set()
    for sequence in benchmark:
        needed = _needed(kind, sequence.name, files.names)
        expected |= needed
        for name in sorted(needed):
            if name not in files.names:
                raise InputError(f"{files.place} lacks {name}{_misplaced(name, files.names)}")
            _check_file(files, name, sequence)
    strangers = sorted(set(files.names) - expected)
    if strangers:
        raise InputError(f"{files.place} holds {strangers[0]}, which the server does not know")


def _needed(kind: str, name: str, names: tuple[str, ...]) -> set[str]:
    if kind == "trackingnet":
        return {f"{name}.txt"}
    runs = {f"{name}/{name}_{number:03d}.txt" for number in (1, 2, 3)} & set(names)
    return {f"{name}/{name}_001.txt", f"{name}/{name}_time.txt"} | runs


def _misplaced(name: str, names: tuple[str, ...]) -> str:
    found = next((other for other in names if other.endswith(f"/{name}")), None)
    return f"; it is at {found}: pack the folder's content, not the folder" if found else ""


def _check_file(files: ZipFiles, name: str, sequence: Sequence) -> None:
    label = files.label(name)
    if name.endswith("_time.txt"):
        times = rows_of(files.read(name), name=label)
        if len(times) != len(sequence):
            raise InputError(
                f"{label} has {len(times)} rows, {sequence.name} {len(sequence)} frames"
            )
        if not (np.isfinite(times) & (times >= 0)).all():
            row = int((~(np.isfinite(times) & (times >= 0))).any(axis=1).argmax())
            raise InputError(f"{label}, line {row + 1}: no time in seconds")
        return
    _check_boxes(rows_of(files.read(name), name=label, columns=4), sequence, label)


def _check_boxes(
    boxes: np.ndarray[tuple[int, ...], np.dtype[np.float64]], sequence: Sequence, where: str
) -> None:
    if len(boxes) != len(sequence):
        raise InputError(
            f"{where}, line {min(len(boxes), len(sequence))}: {len(boxes)} rows, "
            f"{sequence.name} has {len(sequence)} frames"
        )
    if not np.isfinite(boxes).all():
        row = int((~np.isfinite(boxes)).any(axis=1).argmax())
        raise InputError(f"{where}, line {row + 1}: a number that is not finite")
