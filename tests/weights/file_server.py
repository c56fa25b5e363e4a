"""A small HTTP server on 127.0.0.1 that can misbehave in the ways that real ones do."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """What the server does; tests change it while it runs.

    Attributes:
        content: the file, under every path.
        tag: its ETag, "" for none.
        ranges: whether Range is understood.
        if_range: whether If-Range is understood.
        statuses: statuses of the next answers, instead of the file.
        drop_after: the next answers break off after so many bytes.
        extra: further headers of every answer.
        announced: Content-Length where it is to be wrong.
        asked: path and Range header of every request.
    """

    content: bytes
    tag: str = '"one"'
    ranges: bool = True
    if_range: bool = True
    statuses: list[int] = field(default_factory=list)
    drop_after: list[int] = field(default_factory=list)
    extra: dict[str, str] = field(default_factory=dict)
    announced: int | None = None
    address: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Clients that hang up are part of the tests."""


@contextlib.contextmanager
def serve(content: bytes) -> Iterator[Site]:
    site = Site(content=content)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, site)

        def log_message(self, *_: object) -> None:
            pass

    server = _QuietServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(request: BaseHTTPRequestHandler, site: Site) -> None:
    site.asked.append((request.path, request.headers.get("Range", "")))
    if site.statuses:
        _send_status(request, site, site.statuses.pop(0))
        return
    start = _start(request, site)
    if start >= len(site.content) > 0:
        _send_status(request, site, 416)
        return
    rest = site.content[start:]
    request.send_response(206 if start else 200)
    if site.tag:
        request.send_header("ETag", site.tag)
    if start:
        last, total = len(site.content) - 1, len(site.content)
        request.send_header("Content-Range", f"bytes {start}-{last}/{total}")
    length = len(rest) if site.announced is None else site.announced
    request.send_header("Content-Length", str(length))
    for name, value in site.extra.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(rest[: site.drop_after.pop(0)] if site.drop_after else rest)


def _send_status(request: BaseHTTPRequestHandler, site: Site, status: int) -> None:
    request.send_response(status)
    for name, value in site.extra.items():
        request.send_header(name, value)
    request.send_header("Content-Length", "0")
    request.end_headers()


def _start(request: BaseHTTPRequestHandler, site: Site) -> int:
    found = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
    same = not site.if_range or request.headers.get("If-Range") == site.tag
    if not site.ranges or not found or not same:
        return 0
    return int(found[1])
