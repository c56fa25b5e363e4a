from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from feathertrack.cli import main
from feathertrack.errors import InputError, WeightsError
from feathertrack.lock import exclusive
from feathertrack.weights.catalogue import table, weights_folder
from feathertrack.weights.catalogue.finding import find_weights
from feathertrack.weights.download import Limits, download
from feathertrack.weights.transfer import DownloadError
from tests.weights.file_server import Site, serve

CONTENT = b"weights" * 1000
DIRECT = "siamrpn_r50_mmtracking_1x_lasot"
BY_HAND = "siamrpn_r50"


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FEATHERTRACK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("FEATHERTRACK_MIRROR", raising=False)


@pytest.fixture
def site() -> Iterator[Site]:
    with serve(CONTENT) as running:
        yield running


@pytest.fixture
def published_hash(monkeypatch: pytest.MonkeyPatch) -> str:
    """As if the test's content were what the authors published as DIRECT."""
    prefix = hashlib.sha256(CONTENT).hexdigest()[:8]
    entry = dataclasses.replace(table.find_entry(DIRECT), sha256_prefix=prefix)
    monkeypatch.setitem(table._ENTRIES, DIRECT, entry)
    return prefix


def test_a_published_hash_is_checked(site: Site, published_hash: str) -> None:
    found = download(DIRECT, address=site.address)
    assert found.path.read_bytes() == CONTENT
    assert found.verified.sha256.startswith(published_hash)
    assert found.verified.evidence == "published"
    assert find_weights(DIRECT) == found.path


def test_a_wrong_hash_leaves_nothing(site: Site) -> None:
    with pytest.raises(WeightsError, match=r"begins with [0-9a-f]{8} instead of 3c522eff"):
        download(DIRECT, address=site.address)
    assert [path.name for path in weights_folder(DIRECT).iterdir() if path.suffix != ".lock"] == []


def test_an_unpublished_hash_is_recorded_and_compared_from_then_on(site: Site) -> None:
    first = download(BY_HAND, address=site.address)
    assert first.verified.evidence == "first use"
    record = json.loads((first.path.parent / "siamrpn_r50.pth.sha256.json").read_text())
    assert record["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert download(BY_HAND).verified.evidence == "recorded"
    first.path.write_bytes(b"something else")
    with pytest.raises(WeightsError, match="has changed since its first use"):
        find_weights(BY_HAND)


def test_what_is_there_is_not_fetched_again(site: Site, published_hash: str) -> None:
    download(DIRECT, address=site.address)
    again = download(DIRECT, address=site.address)
    assert again.address == ""
    assert len(site.asked) == 1


def test_the_mirror_of_the_environment_is_asked(
    site: Site, published_hash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEATHERTRACK_MIRROR", f"{site.address}/models/")
    download(DIRECT)
    assert site.asked[0][0] == f"/models/{table.find_entry(DIRECT).file}"


def test_a_mirror_keeps_the_folders_of_the_original(site: Site) -> None:
    download("atom_r18_tiny", address=f"{site.address}/cfkd")
    assert site.asked[0][0] == "/cfkd/architecture/tiny.pth.tar"
    assert find_weights("atom_r18_tiny").name == "tiny.pth.tar"


def test_an_address_of_the_file_itself_is_taken_as_it_is(site: Site) -> None:
    download("fdsiamfc_30", address=f"{site.address}/a/FDSiamfc_30.pth?key=1")
    assert site.asked[0][0] == "/a/FDSiamfc_30.pth?key=1"


@pytest.mark.parametrize("address", ["ftp://a/b", "mirror", "http://", "file:///etc"])
def test_a_mirror_must_be_http(address: str) -> None:
    with pytest.raises(InputError, match="no http or https address"):
        download(DIRECT, address=address)


def test_without_a_direct_address_the_page_is_named() -> None:
    with pytest.raises(InputError, match=r"open https://drive\.google\.com/open\?id=1Q4") as raised:
        download(BY_HAND)
    assert str(weights_folder(BY_HAND)) in str(raised.value)


def test_an_unknown_name_lists_the_nearest() -> None:
    with pytest.raises(InputError, match="nearest names: fdsiamfc_30"):
        download("fdsiamfc30")


def test_two_processes_do_not_write_the_same_file(site: Site) -> None:
    target = weights_folder(BY_HAND) / "siamrpn_r50.pth"
    lock = exclusive(target.with_name(f".{target.name}.lock"))
    with lock, pytest.raises(DownloadError, match="another process"):
        download(BY_HAND, address=site.address)


def test_a_cache_that_cannot_be_written_is_one_sentence(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FEATHERTRACK_CACHE", str(tmp_path / "file"))
    with pytest.raises(DownloadError, match=r"cannot write into .*set FEATHERTRACK_CACHE"):
        download(BY_HAND, address=site.address)


def test_a_killed_download_goes_on(site: Site, published_hash: str) -> None:
    site.drop_after = [3000]
    with pytest.raises(DownloadError, match="go on from 3000 bytes"):
        download(DIRECT, address=site.address, limits=Limits(attempts=1))
    download(DIRECT, address=site.address)
    assert [asked for _, asked in site.asked] == ["", "bytes=3000-"]


def test_the_command_prints_the_path_and_nothing_else_in_a_pipe(
    site: Site, published_hash: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["download", DIRECT, "--address", site.address]) == 0
    printed = capsys.readouterr()
    assert Path(printed.out.strip()).read_bytes() == CONTENT
    assert printed.err == ""


@pytest.mark.parametrize(
    ("words", "status", "complaint"),
    [
        ([BY_HAND], 1, "open https://drive.google.com"),
        (["siamfc_nonsense"], 2, "nearest names"),
        ([DIRECT, "--timeout", "0"], 2, "above 0"),
        ([DIRECT, "--address", "{site}"], 1, "is not the published"),
        ([DIRECT, "--address", "{site}/404"], 1, "HTTP 404"),
    ],
)
def test_the_status_tells_wrong_words_from_failed_work(
    site: Site,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    status: int,
    complaint: str,
) -> None:
    site.statuses = [404] if words[-1].endswith("404") else []
    words = [word.replace("{site}", site.address) for word in words]
    assert main(["download", *words]) == status
    assert re.search(complaint, capsys.readouterr().err)


def test_finding_weights_needs_no_torch() -> None:
    code = "import sys, feathertrack.weights.download; print('torch' in sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "False"
