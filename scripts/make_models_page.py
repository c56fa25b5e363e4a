"""Write docs/models.md from the table in ``feathertrack.weights.catalogue``.

python scripts/make_models_page.py            write the page
python scripts/make_models_page.py --check    fail if the page is not what would be written
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from feathertrack.weights.catalogue import (
    CITATIONS,
    METRICS,
    SYSTEMS,
    Entry,
    Row,
    Speed,
    System,
    catalogue_entries,
)

PAGE = Path(__file__).resolve().parent.parent / "docs" / "models.md"

HEAD = """\
<!-- Made by scripts/make_models_page.py from src/feathertrack/weights/catalogue: edit that. -->

# Published models

Every file that the authors of the four systems published, under the name that it has here. **Every
number on this page is published**: it is what the authors print, none of it was measured with
Feathertrack. Numbers of ours stand in the README and on the cards of the shipped models.

- A name begins with that of the network; `feathertrack download NAME` fetches a file that has a
  direct address, and for the others names the page to open and the folder to save the file in. A
  mirror is given by `--address URL` or the environment variable `FEATHERTRACK_MIRROR`.
- **Loads here**: *seen* is an official file that was loaded, strictly. *Not yet*: nobody saw it
  load here. *Not here*: it is outside what this package does.
- **SHA-256** gives the digits that the authors publish. Where there are none, the hash of your file
  is recorded on first use and compared from then on; digits in brackets are those of the file that
  was loaded here.
- Success, norm precision and precision are fractions of 1, also where a source prints percent.
  Robustness counts failures, so less is better. Where a source repeats a part of what another
  prints in full, the fuller one is named.
"""


def main(words: Sequence[str]) -> int:
    """Write the page, or compare it."""
    page = models_page()
    if "--check" in words:
        same = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page
        if not same:
            print(f"{PAGE.name} is out of date: run python scripts/make_models_page.py")
        return 0 if same else 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page, encoding="utf-8", newline="\n")
    return 0


def models_page() -> str:
    """The whole page."""
    sections = [_section(system) for system in SYSTEMS]
    return "\n".join([HEAD, *sections, _citations()])


def _section(system: System) -> str:
    entries = [entry for entry in catalogue_entries() if entry.system == system.key]
    cited = "; ".join(f"[{CITATIONS[key].about}](#citations)" for key in system.citations)
    parts = [
        f"## {system.title}\n",
        f"{system.about} Cite: {cited}.\n",
        _files_table(entries),
        _numbers_table(entries),
        "\n".join(f"- {note}" for note in system.notes) + "\n",
    ]
    return "\n".join(parts)


def _files_table(entries: Iterable[Entry]) -> str:
    header = (
        "Name",
        "Original file",
        "Config",
        "Size",
        "SHA-256",
        "Licence",
        "Where",
        "Loads here",
    )
    lines = [
        (
            f"`{entry.name}`{_kind(entry)}",
            f"`{entry.file}`" if entry.file else _unnamed(entry),
            f"`{entry.config}`" if entry.config else "",
            entry.size,
            _digits(entry),
            entry.licence if entry.published else "",
            _where(entry),
            entry.loads if entry.published else "",
        )
        for entry in entries
    ]
    remarks = [f"- `{entry.name}`: {entry.note}" for entry in entries if entry.note]
    return _table(header, lines) + "\n" + "\n".join([*remarks, ""] if remarks else [""])


def _kind(entry: Entry) -> str:
    return {"tracker": "", "backbone": " (backbone)", "results": " (raw results)"}[entry.kind]


def _unnamed(entry: Entry) -> str:
    return "name not known" if entry.published else "none published"


def _digits(entry: Entry) -> str:
    if entry.sha256_prefix:
        return f"`{entry.sha256_prefix}`"
    return f"(`{entry.sha256_seen[:8]}`)" if entry.sha256_seen else ""


def _where(entry: Entry) -> str:
    links = [f"[direct]({entry.address})"] if entry.address else []
    for place in entry.places:
        host = urlsplit(place.page).netloc
        links.append(f"[{host}]({place.page})" + (f" ({place.note})" if place.note else ""))
    return ", ".join(links)


def _numbers_table(entries: Sequence[Entry]) -> str:
    """One line per entry with numbers, one column per benchmark, letters for the sources."""
    numbered = [entry for entry in entries if entry.rows or entry.speeds]
    rows = [row for entry in numbered for row in entry.rows]
    speeds = [speed for entry in numbered for speed in entry.speeds]
    letters = _letters([*rows, *speeds])
    columns: dict[str, Callable[[Entry], str]] = {
        **{
            f"{benchmark}: {' / '.join(metrics)}": partial(
                _accuracy, benchmark=benchmark, metrics=metrics, letters=letters
            )
            for benchmark, metrics in _metrics_by_benchmark(rows).items()
        },
        **_speed_columns(speeds, letters),
    }
    if any(entry.gflop is not None for entry in numbered):
        columns["GFLOP"] = _cost
    lines = [[f"`{entry.name}`", *(cell(entry) for cell in columns.values())] for entry in numbered]
    sources = "; ".join(f"{letter} {source}" for source, letter in letters.items())
    return _table(["Published", *columns], lines) + f"\nSources: {sources}.\n"


def _letters(numbers: Iterable[Row | Speed]) -> dict[str, str]:
    sources = dict.fromkeys(number.source for number in numbers)
    return dict(zip(sources, "abcdefghijklmnopqrstuvwxyz", strict=False))


def _metrics_by_benchmark(rows: Sequence[Row]) -> dict[str, list[str]]:
    """Benchmark -> the metrics that anybody has on it, both in the order of the page."""
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.benchmark, set()).add(row.metric)
    return {
        name: [metric for metric in METRICS if metric in found[name]]
        for name in sorted(found, key=_natural)
    }


def _natural(benchmark: str) -> tuple[bool, str, int]:
    """Order of columns: VOT last, OTB50 before OTB100."""
    letters = benchmark.rstrip("0123456789")
    return benchmark.startswith("VOT"), letters, int(benchmark[len(letters) :] or 0)


def _accuracy(
    entry: Entry, *, benchmark: str, metrics: Sequence[str], letters: Mapping[str, str]
) -> str:
    """What the sources say; one that repeats a part of a fuller statement is left out."""
    by_source: dict[str, dict[str, float]] = {}
    for row in entry.rows:
        if row.benchmark == benchmark:
            by_source.setdefault(row.source, {})[row.metric] = row.value
    statements: dict[str, list[str]] = {}
    for source, values in by_source.items():
        if not any(values.items() < other.items() for other in by_source.values()):
            text = " / ".join(_number(values[name]) if name in values else "-" for name in metrics)
            statements.setdefault(text, []).append(letters[source])
    return "<br>".join(text + _mark(marks) for text, marks in statements.items())


def _mark(letters: Iterable[str]) -> str:
    return f" <sup>{','.join(letters)}</sup>"


def _number(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def _speed_columns(
    speeds: Sequence[Speed], letters: Mapping[str, str]
) -> dict[str, Callable[[Entry], str]]:
    columns: dict[str, Callable[[Entry], str]] = {}
    for part, title in (("tracker", "Frames/s"), ("backbone", "Backbone alone, frames/s")):
        hardware = list(dict.fromkeys(speed.hardware for speed in speeds if speed.part == part))
        if hardware:
            columns[f"{title}: {' / '.join(hardware)}"] = partial(
                _speed, part=part, letters=letters
            )
    return columns


def _speed(entry: Entry, *, part: str, letters: Mapping[str, str]) -> str:
    found = [speed for speed in entry.speeds if speed.part == part]
    marks = dict.fromkeys(letters[speed.source] for speed in found)
    text = " / ".join(f"{speed.frames_per_second:g}" for speed in found)
    return text + _mark(marks) if found else ""


def _cost(entry: Entry) -> str:
    return f"{entry.gflop:g}" if entry.gflop is not None else ""


def _citations() -> str:
    lines = [f"- **{citation.about}**: {citation}" for citation in CITATIONS.values()]
    return "## Citations\n\n" + "\n".join(lines) + "\n"


def _table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = ["---"] * len(header)
    return "".join(f"| {' | '.join(line)} |\n" for line in (header, rule, *lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
