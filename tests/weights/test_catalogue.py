from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from feathertrack.errors import InputError, WeightsError
from feathertrack.weights.catalogue import (
    CITATIONS,
    SYSTEMS,
    Entry,
    catalogue_entries,
    find_entry,
    find_weights,
    finding,
    weights_folder,
)
from feathertrack.weights.catalogue.entry import rows
from feathertrack.weights.digest import file_digest
from tests.shared_data import shared

REPOSITORY = Path(__file__).resolve().parent.parent.parent

NETWORKS = {
    *("siamfc", "siamd", "fdsiamfc_30", "fdsiamfc_15", "fdsiamd_50"),
    *("siamrpn_alexnet", "siamrpn_mobilenetv2", "siamrpn_r50"),
    *("siamkpn_r50_1s", "siamkpn_r50_2s", "siamkpn_r50_3s"),
    *("atom_r18", "atom_r18_medium", "atom_r18_small", "atom_r18_tiny", "atom_mobilenetv2"),
    *("drnet_r50", "drnet_se_r50", "drnet_mobilenetv2"),
}
"""The architecture's names of networks."""

ENTRIES = catalogue_entries()
SEEN = [entry for entry in ENTRIES if entry.loads == "seen"]


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("FEATHERTRACK_CACHE", str(tmp_path))
    return tmp_path


def put(name: str, file: str, content: bytes = b"weights") -> Path:
    path = weights_folder(name) / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_names_are_unique_and_every_network_has_one() -> None:
    names = [entry.name for entry in ENTRIES]
    assert len(names) == len(set(names))
    assert set(names) >= NETWORKS
    assert {entry.model for entry in ENTRIES if entry.model} == NETWORKS


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_an_entry_is_complete(entry: Entry) -> None:
    assert re.fullmatch(r"[a-z0-9_]+", entry.name)
    assert entry.name.startswith(entry.model)
    assert entry.system in {system.key for system in SYSTEMS}
    assert all(place.page.startswith("https://") for place in entry.places)
    if entry.address:
        assert entry.address.startswith("https://")
        assert entry.address.endswith(f"/{entry.file}")
    assert all(row.source and 0 < row.value < 1 for row in entry.rows)
    assert all(speed.source and speed.hardware for speed in entry.speeds)
    assert bool(entry.sha256_seen) == (entry.loads == "seen")


def test_what_a_system_cites_is_listed() -> None:
    assert {key for system in SYSTEMS for key in system.citations} == set(CITATIONS)


def test_mmtracking_files_end_in_their_hash() -> None:
    hashed = [entry for entry in ENTRIES if entry.sha256_prefix]
    assert len(hashed) == 9
    assert all(entry.file == f"{entry.file[:-12]}{entry.sha256_prefix}.pth" for entry in hashed)


def test_every_published_address_and_file_is_in_the_table() -> None:
    text = shared("specs/published.md").read_text(encoding="utf-8").partition("## Citations")[0]
    pages = {place.page for entry in ENTRIES for place in entry.places}
    addresses = " ".join([*pages, *(entry.address for entry in ENTRIES)])
    for address in re.findall(r"https://[^\s)|]+", text):
        assert address.rstrip(".,") in addresses
    known = {entry.file for entry in ENTRIES} | {entry.config for entry in ENTRIES}
    for file in re.findall(r"\b(?:FDSiam\w+\.pth|siamese_rpn_\S+\.pth|siamrpn_\w+)", text):
        assert file in known


@pytest.mark.parametrize(
    ("name", "benchmark", "metric", "value"),
    [
        ("fdsiamfc_30", "UAV123", "precision", 0.715),
        ("siamrpn_r50_otb", "OTB", "success", 0.696),
        ("siamrpn_r50_mmtracking_1x_otb100", "OTB100", "norm precision", 0.832),
        ("siamkpn_r50_3s", "VOT2018", "EAO", 0.44),
        ("drnet_mobilenetv2", "VOT2019 real-time", "robustness", 0.253),
    ],
)
def test_published_numbers(name: str, benchmark: str, metric: str, value: float) -> None:
    found = [
        row.value
        for row in find_entry(name).rows
        if (row.benchmark, row.metric) == (benchmark, metric)
    ]
    assert found == [value]


def test_a_metric_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown metrics \\['auc'\\]"):
        rows("OTB", "somewhere", auc=0.5)


@pytest.mark.parametrize("entry", SEEN, ids=lambda entry: entry.name)
def test_what_was_seen_to_load_loads(entry: Entry) -> None:
    pytest.importorskip("torch")
    from feathertrack.weights import load_model

    path = shared("checkpoints") / entry.file
    assert file_digest(path) == entry.sha256_seen
    assert load_model(path).name == entry.model


def test_entries_are_listed_by_pattern_in_the_order_of_the_page() -> None:
    names = [entry.name for entry in catalogue_entries("siamkpn_r50_?s")]
    assert names == ["siamkpn_r50_1s", "siamkpn_r50_2s", "siamkpn_r50_3s"]


def test_a_shipped_model_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(finding, "_SHIPPED", tmp_path)
    (tmp_path / "ours.embed.onnx").write_bytes(b"network")
    assert find_weights("ours") == tmp_path / "ours.onnx"


def test_a_file_put_there_by_hand_is_found_under_any_name(cache: Path) -> None:
    path = put("siamrpn_r50", "model.pth")
    assert find_weights("siamrpn_r50") == path


def test_the_original_name_decides_between_several(cache: Path) -> None:
    put("atom_r18", "other.pth")
    original = put("atom_r18", "atom_default.pth")
    assert find_weights("atom_r18") == original


def test_several_files_without_the_original_are_refused(cache: Path) -> None:
    put("siamrpn_r50", "a.pth")
    put("siamrpn_r50", "b.pth")
    with pytest.raises(InputError, match=r"several files of weights \(a.pth, b.pth\)"):
        find_weights("siamrpn_r50")


def test_the_file_that_was_tried_with_the_package_is_known(cache: Path) -> None:
    content = (shared("checkpoints") / "FDSiamfc_15.pth").read_bytes()
    path = put("fdsiamfc_15", "FDSiamfc_15.pth", content)
    assert find_weights("fdsiamfc_15") == path
    assert [found.name for found in path.parent.iterdir()] == ["FDSiamfc_15.pth"]


def test_a_file_with_a_published_hash_must_have_it(cache: Path) -> None:
    entry = find_entry("siamrpn_r50_mmtracking_20e_uav123")
    put(entry.name, entry.file)
    with pytest.raises(WeightsError, match="instead of dc2d4831; delete it"):
        find_weights(entry.name)


def test_a_record_that_cannot_be_read_is_one_sentence(cache: Path) -> None:
    path = put("siamrpn_r50", "model.pth")
    path.with_name("model.pth.sha256.json").write_text("[]")
    with pytest.raises(WeightsError, match="holds no SHA-256: delete it"):
        find_weights("siamrpn_r50")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("siamfc", "no weights of siamfc are published at https://github.com/conquerhuang"),
        ("fdsiamfc_30", r"open https://github\.com/conquerhuang/FDSiamFC \(folder pretrained/\)"),
        ("siamrpn_r50_mmtracking_1x_lasot", "'feathertrack download siamrpn_r50_mm"),
        ("siamkpn_r50_2s", "save the file of siamkpn_r50_stack2_difstd in the folder"),
        ("atom_r16", "nearest names: atom_r18"),
    ],
)
def test_without_weights_the_page_is_named(cache: Path, name: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        find_weights(name)


def page_script() -> ModuleType:
    path = REPOSITORY / "scripts" / "make_models_page.py"
    spec = importlib.util.spec_from_file_location("make_models_page", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_models_page_is_the_one_that_the_table_makes() -> None:
    """If this fails: python scripts/make_models_page.py."""
    page = (REPOSITORY / "docs" / "models.md").read_text(encoding="utf-8")
    assert page == page_script().models_page()


def test_the_models_page_holds_every_entry_number_and_citation() -> None:
    page = page_script().models_page()
    for entry in ENTRIES:
        assert f"`{entry.name}`" in page
        assert entry.file in page
        assert all(f"{row.value:.3f}".removeprefix("0") in page for row in entry.rows)
        assert all(place.page in page for place in entry.places)
    assert all(citation.title in page for citation in CITATIONS.values())
