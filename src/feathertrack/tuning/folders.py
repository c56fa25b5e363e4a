"""The folder of what comes of a study: where it is, and whose it is."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from feathertrack.errors import InputError
from feathertrack.evaluation.result_files import write_whole
from feathertrack.tuning.journal import waiting_for
from feathertrack.tuning.places import DEFAULT_NAME, Server, found_at, split_place, without_secrets

_OWNER = "study.json"


def folder_of(study: str) -> Path:
    """Where the results of a study lie unless somebody says where.

    Beside the file of a journal or of SQLite; for a server's database in the current folder, named
    after host, database and study.

    >>> folder_of("runs/night.journal").as_posix(), folder_of("sqlite:////data/q.db#b").as_posix()
    ('runs/night.tuning', '/data/q.b.tuning')
    >>> folder_of("mysql://me:secret@host:3306/db#night").as_posix()
    'host-3306-db.night.tuning'
    """
    place, name = split_place(study)
    suffix = _plain(f".{name}") if "#" in study else ""
    found = found_at(place)
    if isinstance(found, Path):
        return found.with_name(f"{found.stem}{suffix}.tuning")
    stem = _plain("-".join(part for part in (found.host, found.base) if part)).strip(".")
    return Path(f"{stem or DEFAULT_NAME}{suffix}.tuning")


def _plain(text: str) -> str:
    """A text as part of a file's name on every system."""
    return re.sub(r"[^\w.-]+", "-", text)


def claim_folder_for(study: str, folder: Path) -> None:
    """Write down whose results a folder holds, or see that they are this study's.

    Two studies in one folder would overwrite each other's winner and page.

    Raises:
        InputError: the folder is another study's, or cannot be written to.
    """
    path, wanted = folder / _OWNER, _told_from(study, folder)
    try:
        with waiting_for(folder / ".processes" / "claiming.lock"):
            known = _owner_of(path)
            if known is None:
                write_whole(path, json.dumps({"study": wanted}) + "\n")
    except OSError as error:
        said = error.strerror or error
        raise InputError(f"folder {folder} cannot be written to: {said}") from error
    if known not in (None, wanted):
        raise InputError(
            f"{folder} holds what came of study {known}, not of {without_secrets(study)}: name "
            f"another --output, or remove {path} if it is the same study under another name"
        )


def _owner_of(path: Path) -> str | None:
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8", errors="replace"))
    except ValueError:
        content = None
    return str(content.get("study")) if isinstance(content, dict) else "that it does not name"


def _told_from(study: str, folder: Path) -> str:
    """The study as its folder knows it: a file by the way to it, so that both may be moved."""
    place, name = split_place(study)
    found = found_at(place)
    if isinstance(found, Server):
        return f"{found.host}/{found.base}#{name}"
    try:
        way = Path(os.path.relpath(found.resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive of Windows
        way = found.resolve().as_posix()
    return f"{way}#{name}"
