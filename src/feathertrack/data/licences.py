"""Which photographs may be used, and under which licence: as their json and their folder say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from feathertrack.data.readers.coco_json import Json, objects
from feathertrack.errors import InputError
from feathertrack.textrows import read_bytes

SOURCES = "SOURCES.md"
NOT_STATED = "not stated"


class Licences:
    """What is known of the licences of a set of photographs.

    Args:
        root: folder of the set; a table in its ``SOURCES.md`` may say which licence each folder
            has, in a column called so.
        content: of the json file, which may have a list of licences.
    """

    def __init__(self, root: Path, content: Json) -> None:
        self._of_folder = folder_licences(root / SOURCES)
        self._of_id: Mapping[Any, str] = {
            one["id"]: " ".join(str(one.get(key) or "") for key in ("name", "url")).strip()
            for one in objects(content, "licenses")
            if isinstance(one["id"], int | str)
        }

    def text(self, picture: str, row: Json) -> str:
        """The licence of a photograph: of its own number, else of the nearest folder above it."""
        number = row.get("license")
        if isinstance(number, int | str) and self._of_id.get(number):
            return self._of_id[number]
        folder = picture
        while "/" in folder:
            folder = folder.rpartition("/")[0]
            if folder in self._of_folder:
                return self._of_folder[folder]
        return NOT_STATED


def is_licensed(row: Json) -> bool:
    """Whether the json says that a photograph may be used: ``licensed`` or ``permissive``."""
    return row.get("licensed") is True or row.get("permissive") is True


def folder_licences(path: Path) -> dict[str, str]:
    """Folder -> licence, from the tables of a file in Markdown; nothing where there is no file.

    A table counts that has a column ``folder`` and one whose title begins with ``licen``.
    """
    try:
        text = read_bytes(path).decode("utf-8", "replace") if path.is_file() else ""
    except InputError:
        return {}
    found: dict[str, str] = {}
    columns: tuple[int, int] | None = None
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) < 2:
            columns = None
        elif columns is None:
            columns = _columns([cell.lower() for cell in cells])
        elif max(columns) < len(cells) and cells[columns[1]].strip("-: "):
            found[cells[columns[0]]] = cells[columns[1]]
    return found


def _columns(titles: list[str]) -> tuple[int, int] | None:
    licence = next((n for n, title in enumerate(titles) if title.startswith("licen")), None)
    return (titles.index("folder"), licence) if "folder" in titles and licence is not None else None
