"""Write src/feathertrack/benchmarks/lists from the collected facts about the benchmarks.

python scripts/make_benchmark_lists.py ../shared/specs/benchmarks           write the lists
python scripts/make_benchmark_lists.py ../shared/specs/benchmarks --check   fail if they differ

A list is JSON: ``columns`` names the values of a row of ``rows`` (one row a sequence, values that
are the default at the end of a row are left out), ``flags`` is one 0 or 1 per entry of
``attributes``, in order.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

LISTS = Path(__file__).resolve().parent.parent / "src" / "feathertrack" / "benchmarks" / "lists"

COLUMNS = [*("name", "first", "last", "width", "height", "flags", "class", "folder", "truth")]
COLUMNS += ["digits", "skip"]
DEFAULTS: list[Any] = ["", 1, 0, 0, 0, "", "", "", "", 0, 0]


def main(words: list[str]) -> int:
    """Write or compare; the exit status is 1 where a list is not what would be written."""
    facts = Path(next((word for word in words if not word.startswith("-")), ""))
    stale = []
    for name, made in all_lists(facts).items():
        path = LISTS / f"{name}.json"
        text = as_text(made)
        if "--check" not in words:
            path.write_text(text, encoding="utf-8", newline="\n")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
    print(f"not up to date: {', '.join(stale)}" if stale else "the lists are up to date")
    return 1 if stale else 0


def all_lists(facts: Path) -> dict[str, dict[str, Any]]:
    """Every list by name, from the folder of facts."""

    def load(name: str) -> dict[str, Any]:
        read: dict[str, Any] = json.loads((facts / f"{name}.json").read_text(encoding="utf-8"))
        return read

    otb, uav, vot = load("otb"), load("uav123"), load("vot")
    lasot, got10k = load("lasot"), load("got10k")
    made = {
        "otb": listing(otb, otb["sequences"]) | {"subsets": otb["subsets"]},
        "uav123": listing(uav, uav["UAV123"]),
        "uav20l": listing(uav, uav["UAV20L"]),
        "tcolor128": tcolor128(load("tcolor128")),
        "dtb70": listing(load("dtb70"), load("dtb70")["sequences"]),
        "nfs": listing({}, load("nfs")["sequences"]),
        "lasot": lasot_list(lasot, lasot["sequences"]),
        "lasot_ext": lasot_list(lasot, lasot["extension"]),
        "trackingnet": {"subsets": {"TEST": load("trackingnet")["test"]}},
        "got10k": {key: got10k[key] for key in ("train", "val", "test", "vot_exclude")},
        "vot": {"subsets": vot_names(vot), "settings": vot["settings"]},
    }
    test = [f"{kind}-{k}" for kind, numbers in lasot["test"].items() for k in numbers]
    made["lasot"]["subsets"] = {"test": test}
    return made


def listing(facts: dict[str, Any], sequences: dict[str, Any]) -> dict[str, Any]:
    """A list with a row a sequence."""
    codes = list(facts.get("attributes", ()))
    rows = [row(name, one, codes) for name, one in sequences.items()]
    return {"attributes": facts.get("attributes", {}), "columns": COLUMNS, "rows": rows}


def row(name: str, one: dict[str, Any], codes: list[str]) -> list[Any]:
    """The values of a sequence in the order of COLUMNS, without defaults at the end."""
    first, last = one.get("frames", (1, one.get("frames30", 0)))
    width, height = one.get("size", (0, 0))
    folder = one.get("folder", name)
    values: list[Any] = [
        name,
        first,
        last,
        width,
        height,
        "".join(str(int(code in one["attr"])) for code in codes) if "attr" in one else "",
        one.get("class", ""),
        folder if folder != name else "",
        one.get("gt", ""),
        one.get("digits", 0),
        one.get("skip_first", 0),
    ]
    while values[-1] == DEFAULTS[len(values) - 1]:
        values.pop()
    return values


def tcolor128(facts: dict[str, Any]) -> dict[str, Any]:
    """A list whose subset ``new`` leaves out what OTB has too."""
    shared = set(facts["also_in_otb"])
    new = [name for name in facts["sequences"] if name not in shared]
    return listing(facts, facts["sequences"]) | {"subsets": {"new": new}}


def lasot_list(facts: dict[str, Any], sequences: dict[str, str]) -> dict[str, Any]:
    """A list from values of the form ``width height flags``."""
    rows = []
    for name, value in sequences.items():
        width, height, flags = value.split()
        rows.append([name, 1, 0, int(width), int(height), flags])
    return {"attributes": facts["attributes"], "columns": COLUMNS, "rows": rows}


def vot_names(facts: dict[str, Any]) -> dict[str, list[str]]:
    """Names by challenge; challenges that reuse a list have it too."""
    names: dict[str, list[str]] = dict(facts["sequences"])
    names["vot2022"] = names.pop("vot2022_stb_sts")
    names["vot2015"], names["vot2017"] = names["vot2016"], names["vot2018"]
    names["votlt2018"], names["votlt2019"] = names.pop("lt2018"), names.pop("lt2019")
    return dict(sorted(names.items()))


def as_text(made: dict[str, Any]) -> str:
    """JSON with a line per row, so that a change of one sequence is a change of one line."""
    parts = []
    for key, value in made.items():
        if key == "rows":
            lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in value)
            parts.append(f'"rows":[\n{lines}\n]')
        else:
            parts.append(f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}")
    return "{" + ",\n".join(parts) + "}\n"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
