"""Open an address without being led somewhere else than http or https."""

from __future__ import annotations

import http.client
import urllib.parse
import urllib.request
from typing import IO, cast

_SCHEMES = ("http", "https")


class UnsafeAddress(Exception):
    """An address, or one that it leads to, is not http(s), or less safe than the one before."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect to http(s), never from https down to http."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Return the request that follows a redirect."""
        before, after = scheme_of(req.full_url), scheme_of(newurl)
        if after not in _SCHEMES or (before == "https" and after == "http"):
            raise UnsafeAddress(
                f"{req.full_url} leads to {newurl}, which is not as safe: it is not followed"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def scheme_of(address: str) -> str:
    """The scheme of an address in lower case."""
    return urllib.parse.urlsplit(address).scheme.lower()


def open_safely(request: urllib.request.Request, *, timeout: float) -> http.client.HTTPResponse:
    """The answer to a request; statuses beyond 300 raise as urllib's do.

    Only HTTP handlers are installed, so that neither file: nor ftp: can be reached.

    Raises:
        UnsafeAddress: the address, or one that it leads to, is not http(s).
    """
    if scheme_of(request.full_url) not in _SCHEMES:
        raise UnsafeAddress(f"{request.full_url} is no http or https address")
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return cast(http.client.HTTPResponse, opener.open(request, timeout=timeout))
