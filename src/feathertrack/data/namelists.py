"""Lists of sequences in files: ``names.txt``, ``folds.json:fit``, ``manifest.json:permissive``.

With ``and`` between them, what is in all of them: ``folds.json:fit and manifest.json:permissive``.
"""

from __future__ import annotations

import difflib
import json
from pathlib import Path

from feathertrack.errors import InputError
from feathertrack.textrows import read_bytes, refuse_utf16

_SUFFIXES = (".json", ".txt", ".csv", ".lst", ".list")


def names_files(root: str | Path, spec: str) -> tuple[Path, ...]:
    """The files of one or several lists; () where one is not there, or ``spec`` is no list."""
    found = [names_file(root, one) for one in _parts(spec)]
    return tuple(one[0] for one in found if one) if all(found) else ()


def names_file(root: str | Path, spec: str) -> tuple[Path, str] | None:
    """The file and the key that ``FILE`` or ``FILE:KEY`` mean; None where there is no such file.

    The file is looked for in the root, in the folder above it, and where one is working.
    """
    name, key = spec, ""
    if ":" in spec and not spec.lower().endswith(_SUFFIXES):
        name, _, key = spec.rpartition(":")
    if not name.lower().endswith(_SUFFIXES):
        return None
    root = Path(root).expanduser()
    places = (root / name, root.parent / name, Path(name).expanduser())
    return next(((place, key) for place in places if place.is_file()), None)


def read_names(root: str | Path, spec: str) -> tuple[str, ...]:
    """The names that a list of sequences holds, in its order.

    Args:
        root: folder of the data set, in or beside which the file may be.
        spec: ``FILE`` with a name a line (what follows a comma or a blank is left out), or a JSON
            list of names; ``FILE:KEY`` where the JSON file is an object of lists, or a list of
            objects with a ``name``, of which those count whose ``KEY`` is true. Several with
            `` and `` between them mean the names that are in all.

    Raises:
        InputError: no such file or key, the file holds no names, or a name twice; or no name is in
            all lists.
    """
    first, *others = (_read_list(root, one) for one in _parts(spec))
    names = tuple(name for name in first if all(name in other for other in others))
    if not names:
        raise InputError(f"no name is in all lists of {spec!r}")
    return names


def _parts(spec: str) -> list[str]:
    return [one.strip() for one in spec.split(" and ")]


def _read_list(root: str | Path, spec: str) -> tuple[str, ...]:
    found = names_file(root, spec)
    if found is None:
        raise InputError(
            f"there is no list of names {spec!r} in {root} or beside it: "
            f"give FILE.txt, or FILE.json:KEY"
        )
    path, key = found
    text = _text(path)
    names = _from_json(text, path, key) if path.suffix.lower() == ".json" else _from_lines(text)
    if key and path.suffix.lower() != ".json":
        raise InputError(f"{path} is no JSON file, so it has no key {key!r}: leave the key out")
    if not names:
        raise InputError(f"{path} holds no names{f' under {key!r}' if key else ''}")
    twice = {name for name in names if names.count(name) > 1} if _has_twice(names) else set()
    if twice:
        raise InputError(f"{path} names {min(twice)} more than once")
    return names


def _has_twice(names: tuple[str, ...]) -> bool:
    return len(set(names)) < len(names)


def _text(path: Path) -> str:
    data = read_bytes(path)
    refuse_utf16(data, name=str(path))
    return data.decode("utf-8", "replace")


def _from_lines(text: str) -> tuple[str, ...]:
    lines = (line.replace(",", " ").split() for line in text.splitlines())
    return tuple(words[0] for words in lines if words and not words[0].startswith("#"))


def _from_json(text: str, path: Path, key: str) -> tuple[str, ...]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON: {error}") from None
    if isinstance(content, dict):
        lists = [name for name, value in content.items() if isinstance(value, list)]
        if key not in lists:
            near = difflib.get_close_matches(key, lists, n=1, cutoff=0.5)
            known = f"nearest: {near[0]}" if near else f"it has {', '.join(lists) or 'none'}"
            raise InputError(f"{path} has no list {key!r}; {known}")
        content = content[key]
    elif key and _describes(content):
        if not any(key in one for one in content):
            raise InputError(f"{path} describes sequences, but says of none whether it is {key!r}")
        content = [one["name"] for one in content if one.get(key) is True]
    elif key:
        raise InputError(f"{path} is one list, so it has no key {key!r}: leave the key out")
    if not isinstance(content, list) or not all(isinstance(name, str) for name in content):
        raise InputError(f"{path} should hold a list of names{f' under {key!r}' if key else ''}")
    return tuple(content)


def _describes(content: object) -> bool:
    """Whether it is a list of objects with names."""
    return isinstance(content, list) and all(
        isinstance(one, dict) and isinstance(one.get("name"), str) for one in content
    )
