"""Where a study is kept, as users write it: a journal file, or the URL of a database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

DEFAULT_NAME = "feathertrack"
"""The study in a journal or database where no ``#NAME`` says another."""

_URL = re.compile(
    r"(?P<scheme>[^:/]+)://(?:(?P<user>[^:/@]*)(?::[^@]*)?@)?(?P<host>[^/?]*)(?:/(?P<base>[^?]*))?"
)
"""As SQLAlchemy reads it; what follows a question mark, where passwords may be too, is left out."""


def is_url(place: str) -> bool:
    """Whether a study is in a database, not in a file.

    >>> is_url("sqlite:///tune.db"), is_url("runs/tune.journal")
    (True, False)
    """
    return "://" in place


def split_place(place: str) -> tuple[str, str]:
    """File or URL, and the name of the study in it.

    >>> split_place("sqlite:///tune.db#night"), split_place("tune.journal")
    (('sqlite:///tune.db', 'night'), ('tune.journal', 'feathertrack'))
    """
    where, _, name = place.partition("#")
    return where, name or DEFAULT_NAME


@dataclass(frozen=True)
class Server:
    """A database without who may open it.

    Attributes:
        host: with a port.
        base: name of the database.
    """

    host: str
    base: str


def found_at(place: str) -> Path | Server:
    """The file of a journal or of SQLite, or a server's database.

    Args:
        place: of ``split_place``.

    >>> found_at("mysql://me:secret@host:3306/db"), found_at("sqlite:///q.db").name
    (Server(host='host:3306', base='db'), 'q.db')
    """
    if not is_url(place):
        return Path(place).expanduser()
    url = _URL.match(place)
    if url is None:
        return Server("", "")
    base = url["base"] or ""
    if url["scheme"].partition("+")[0] == "sqlite" and base not in ("", ":memory:"):
        return Path(base.removeprefix("file:"))
    return Server(url["host"], base)


def without_secrets(place: str) -> str:
    """A place as it may be shown: without password, and without what follows a question mark.

    >>> without_secrets("mysql://me:secret@host/db?charset=utf8#night")
    'mysql://me@host/db#night'
    """
    where, mark, name = place.partition("#")
    url = _URL.match(where)
    if url is None:
        return place
    account = f"{url['user']}@" if url["user"] else ""
    base = "" if url["base"] is None else f"/{url['base']}"
    return f"{url['scheme']}://{account}{url['host']}{base}{mark}{name}"
