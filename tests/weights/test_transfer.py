from __future__ import annotations

import errno
import shutil
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from feathertrack.errors import WeightsError
from feathertrack.lock import exclusive
from feathertrack.weights import transfer
from feathertrack.weights.redirects import UnsafeAddress
from feathertrack.weights.transfer import DownloadError, Limits, fetch
from tests.weights.file_server import Site, serve

CONTENT = bytes(range(256)) * 4096  # a megabyte: several pieces


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def site() -> Iterator[Site]:
    with serve(CONTENT) as running:
        yield running


class Delays(list[float]):
    """Takes the waits instead of waiting."""

    def limits(self, **changes: float) -> Limits:
        return Limits(timeout=5.0, wait=self.append, **changes)  # type: ignore[arg-type]


def get(site: Site, target: Path, limits: Limits | None = None) -> None:
    fetch(
        f"{site.address}/model.pth",
        target,
        check=lambda _: None,
        limits=limits or Delays().limits(),
    )


def leave_half(site: Site, target: Path) -> None:
    """What an interrupted download leaves: half the file and its origin."""
    site.drop_after = [len(CONTENT) // 2]
    with pytest.raises(DownloadError):
        get(site, target, Delays().limits(attempts=1))
    assert part(target).stat().st_size == len(CONTENT) // 2
    site.asked.clear()


def part(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_arrives_whole_and_nothing_else_stays(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "new" / "model.pth"
    get(site, target)
    assert target.read_bytes() == CONTENT
    assert left_in(target.parent) == ["model.pth"]


def test_progress_counts_up_to_the_whole_file(site: Site, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    fetch(
        f"{site.address}/a",
        tmp_path / "a",
        check=lambda _: None,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == sorted(seen)
    assert seen[0] == (0, len(CONTENT))
    assert seen[-1] == (len(CONTENT), len(CONTENT))


def test_a_dropped_connection_goes_on_where_it_broke(site: Site, tmp_path: Path) -> None:
    site.drop_after = [300_000, 300_000]
    delays = Delays()
    get(site, tmp_path / "model.pth", delays.limits())
    assert (tmp_path / "model.pth").read_bytes() == CONTENT
    assert [asked for _, asked in site.asked] == ["", "bytes=300000-", "bytes=600000-"]
    assert delays == [1.0, 1.0]


def test_running_again_goes_on(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "model.pth"
    leave_half(site, target)
    get(site, target)
    assert site.asked == [("/model.pth", f"bytes={len(CONTENT) // 2}-")]
    assert target.read_bytes() == CONTENT


def test_a_server_without_ranges_starts_again(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "model.pth"
    leave_half(site, target)
    site.ranges = False
    get(site, target)
    assert target.read_bytes() == CONTENT


def test_a_file_that_changed_meanwhile_is_fetched_anew(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "model.pth"
    leave_half(site, target)
    site.content, site.tag = CONTENT[::-1], '"two"'
    get(site, target)
    assert target.read_bytes() == CONTENT[::-1]


def test_a_server_that_ignores_if_range_is_seen_through(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "model.pth"
    leave_half(site, target)
    site.content, site.tag, site.if_range = CONTENT[::-1], '"two"', False
    get(site, target)
    assert [asked for _, asked in site.asked] == [f"bytes={len(CONTENT) // 2}-", ""]
    assert target.read_bytes() == CONTENT[::-1]


def test_without_tag_or_date_nothing_is_resumed(site: Site, tmp_path: Path) -> None:
    site.tag = ""
    target = tmp_path / "model.pth"
    leave_half(site, target)
    get(site, target)
    assert site.asked == [("/model.pth", "")]
    assert target.read_bytes() == CONTENT


def test_part_of_another_address_is_not_used(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "model.pth"
    leave_half(site, target)
    fetch(f"{site.address}/mirror", target, check=lambda _: None)
    assert site.asked == [("/mirror", "")]
    assert target.read_bytes() == CONTENT


def test_a_part_longer_than_the_file_starts_again(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "model.pth"
    leave_half(site, target)
    part(target).write_bytes(CONTENT + b"more")
    get(site, target)
    assert target.read_bytes() == CONTENT


def test_a_complete_part_needs_no_request(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "model.pth"
    leave_half(site, target)
    part(target).write_bytes(CONTENT)
    get(site, target)
    assert site.asked == []
    assert target.read_bytes() == CONTENT


def test_a_broken_record_of_the_part_is_no_obstacle(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "model.pth"
    leave_half(site, target)
    (tmp_path / "model.pth.part.json").write_text("{ nonsense")
    get(site, target)
    assert target.read_bytes() == CONTENT


def test_what_the_check_refuses_is_thrown_away(site: Site, tmp_path: Path) -> None:
    def refuse(path: Path) -> None:
        assert path.read_bytes() == CONTENT
        raise WeightsError("wrong hash")

    with pytest.raises(WeightsError, match="wrong hash"):
        fetch(f"{site.address}/a", tmp_path / "a", check=refuse)
    assert left_in(tmp_path) == []


def test_a_server_in_trouble_is_asked_again_later_each_time(site: Site, tmp_path: Path) -> None:
    site.statuses = [500, 503, 502]
    delays = Delays()
    get(site, tmp_path / "model.pth", delays.limits())
    assert (tmp_path / "model.pth").read_bytes() == CONTENT
    assert delays == [1.0, 2.0, 4.0]


def test_retry_after_is_obeyed_within_reason(site: Site, tmp_path: Path) -> None:
    site.statuses, site.extra = [429, 503], {"Retry-After": "7000"}
    delays = Delays()
    get(site, tmp_path / "model.pth", delays.limits())
    assert delays == [60.0, 60.0]


def test_attempts_that_bring_nothing_end(site: Site, tmp_path: Path) -> None:
    site.statuses = [500] * 9
    with pytest.raises(DownloadError, match=r"after 3 attempts \(HTTP 500\)"):
        get(site, tmp_path / "model.pth", Delays().limits(attempts=3))
    assert len(site.asked) == 3


def test_a_length_that_is_never_reached_ends(site: Site, tmp_path: Path) -> None:
    site.announced, site.ranges = len(CONTENT) + 10, False
    with pytest.raises(DownloadError, match=f"closed after {len(CONTENT)} of {len(CONTENT) + 10}"):
        get(site, tmp_path / "model.pth", Delays().limits(attempts=2))
    assert not (tmp_path / "model.pth").exists()


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_refusal_is_not_asked_again(site: Site, tmp_path: Path, status: int) -> None:
    site.statuses = [status]
    with pytest.raises(DownloadError, match=f"HTTP {status}"):
        get(site, tmp_path / "model.pth")
    assert len(site.asked) == 1


def test_nobody_listening_is_one_sentence(tmp_path: Path) -> None:
    with serve(b"") as closed:
        pass
    with pytest.raises(DownloadError, match="could not be fetched after 2 attempts"):
        get(closed, tmp_path / "a", Delays().limits(attempts=2))


def test_a_web_page_is_not_taken_for_weights(site: Site, tmp_path: Path) -> None:
    site.extra = {"Content-Type": "text/html; charset=utf-8"}
    with pytest.raises(DownloadError, match="web page instead of a file"):
        get(site, tmp_path / "a")
    assert left_in(tmp_path) == []


def test_an_empty_file_is_refused(site: Site, tmp_path: Path) -> None:
    site.content = b""
    with pytest.raises(DownloadError, match="is an empty file"):
        get(site, tmp_path / "a")


def test_a_file_beyond_the_limit_is_refused_before_it_is_fetched(
    site: Site, tmp_path: Path
) -> None:
    with pytest.raises(DownloadError, match="more than any file of weights"):
        get(site, tmp_path / "a", Limits(max_bytes=1000))
    assert left_in(tmp_path) == []


def test_too_little_space_is_seen_before_it_is_filled(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(100, 90, 10))
    with pytest.raises(DownloadError, match=r"has 10 bytes left.*set FEATHERTRACK_CACHE"):
        get(site, tmp_path / "a")


def test_a_disk_that_fills_up_is_one_sentence_and_keeps_the_part(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fills_up(_: object, file: BinaryIO, *rest: object) -> int:
        file.write(b"some")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(transfer, "_copy", fills_up)
    with pytest.raises(DownloadError, match=r"is full.*run the same command again"):
        get(site, tmp_path / "a")
    assert "a.part" in left_in(tmp_path)


def test_a_folder_that_cannot_be_made_is_one_sentence(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DownloadError, match="cannot write"):
        get(site, tmp_path / "file" / "a")


def test_ctrl_c_keeps_what_has_arrived(site: Site, tmp_path: Path) -> None:
    def stop(done: int, _: int | None) -> None:
        if done > 300_000:
            raise KeyboardInterrupt

    target = tmp_path / "model.pth"
    with pytest.raises(KeyboardInterrupt):
        fetch(f"{site.address}/model.pth", target, check=lambda _: None, progress=stop)
    kept = part(target).stat().st_size
    site.asked.clear()
    get(site, target)
    assert kept > 300_000
    assert site.asked == [("/model.pth", f"bytes={kept}-")]
    assert target.read_bytes() == CONTENT


def test_a_redirect_is_followed(site: Site, tmp_path: Path) -> None:
    site.statuses, site.extra = [302], {"Location": "/elsewhere"}
    get(site, tmp_path / "a")
    assert [path for path, _ in site.asked] == ["/model.pth", "/elsewhere"]
    assert (tmp_path / "a").read_bytes() == CONTENT


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/a"])
def test_a_redirect_leaves_http_never(site: Site, tmp_path: Path, location: str) -> None:
    site.statuses, site.extra = [301], {"Location": location}
    with pytest.raises(DownloadError, match=r"leads to|not allowed"):
        get(site, tmp_path / "a")
    assert left_in(tmp_path) == []


def test_a_redirect_from_https_to_http_is_refused() -> None:
    import http.client
    import io
    import urllib.request

    from feathertrack.weights.redirects import _Redirects

    with pytest.raises(UnsafeAddress, match="not as safe"):
        _Redirects().redirect_request(
            urllib.request.Request("https://a.example/x"),
            io.BytesIO(),
            302,
            "Found",
            http.client.HTTPMessage(),
            "http://a.example/x",
        )


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://a/b", "model.pth"])
def test_only_http_is_opened(address: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError):
        fetch(address, tmp_path / "a", check=lambda _: None)


@pytest.mark.parametrize("address", ["http://127.0.0.1/a b", "http://127.0.0.1/\u00e9"])
def test_a_malformed_address_is_one_sentence(address: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="cannot be fetched"):
        fetch(address, tmp_path / "a", check=lambda _: None, limits=Delays().limits())


def test_a_lock_admits_one_at_a_time(tmp_path: Path) -> None:
    with exclusive(tmp_path / "lock") as first, exclusive(tmp_path / "lock") as second:
        assert (first, second) == (True, False)
    with exclusive(tmp_path / "lock") as third:
        assert third
