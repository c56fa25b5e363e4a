from __future__ import annotations

import html.parser
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from feathertrack.benchmarks import open_benchmark
from feathertrack.errors import InputError, MissingExtra
from feathertrack.evaluation.report import ReportOutputs, write_report
from tests.evaluation.report.made_up import HOSTILE, evaluated, vot


class Reader(html.parser.HTMLParser):
    """Elements, addresses, and the text of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "href", "xlink:href", "srcset", "action", "data"):
                self.addresses.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two benchmarks, and names that would be HTML, attributes and formulas."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    names = (HOSTILE, "</script><script>alert(2)</script>", "--><!--")
    trackers = [
        evaluated(HOSTILE, names=names, config={HOSTILE: HOSTILE}, notes=(HOSTILE,)),
        evaluated("_fdsiamfc_30 $\\frac$", names=names, auc=(0.1, 0.2, 0.3)),
        vot("fdsiamfc_30"),
        vot(HOSTILE, eao=0.3),
    ]
    write_report(trackers, ReportOutputs(page=path), title=HOSTILE, created="today")
    return path.read_text(encoding="utf-8")


def test_the_page_asks_nobody_for_anything(page: str) -> None:
    read = Reader(page)
    assert all(address.startswith(("data:image/", "#")) for address in read.addresses)
    assert not {"link", "iframe", "object", "embed", "base", "form"} & set(read.tags)
    assert not re.search(r"@import|url\((?!#)", page)
    assert "default-src 'none'" in page


def test_names_are_text_wherever_they_stand(page: str) -> None:
    read = Reader(page)
    assert read.tags.count("script") == 1
    assert "img" not in read.tags
    assert not read.handlers
    assert read.text.count(HOSTILE) > 10


def test_no_two_elements_share_an_id(page: str) -> None:
    ids = Reader(page).ids
    assert len(ids) == len(set(ids))


def test_every_figure_is_well_formed(page: str) -> None:
    figures = re.findall(r"<svg role.*?</svg>", page, flags=re.DOTALL)
    space = 'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg"'
    assert len(figures) == 4 + 3 + 3  # success, ranking, radar, speed; EAO, AR, ranking; stories
    for figure in figures:
        assert "<metadata" not in figure
        ElementTree.fromstring(
            figure if "xmlns=" in figure else figure.replace("<svg", f"<svg {space}", 1)
        )


def test_published_rows_are_marked_with_their_source(page: str) -> None:
    assert "published: " in page or "Published in" in page
    assert "model zoo of STVIR/pysot" in page


def test_configuration_and_versions_are_there(page: str) -> None:
    assert "numpy" in page
    assert "Configuration and versions" in page


def test_the_same_scores_give_the_same_page(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_report([evaluated("a")], ReportOutputs(page=tmp_path / name))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_frames_of_a_benchmark_that_is_here_are_shown(tmp_path: Path) -> None:
    benchmark = open_benchmark("synthetic", tmp_path / "data")
    entry = evaluated("a", benchmark="synthetic", names=benchmark.names[:3])
    path = tmp_path / "report.html"
    write_report([entry], ReportOutputs(page=path), benchmarks={"synthetic": benchmark})
    text = path.read_text(encoding="utf-8")
    assert text.count("data:image/jpeg;base64,") == 3 * 4


def test_frames_that_are_gone_are_left_out(tmp_path: Path) -> None:
    benchmark = open_benchmark("synthetic", tmp_path / "data")
    for picture in (tmp_path / "data").rglob("*.png"):
        picture.unlink()
    entry = evaluated("a", benchmark="synthetic", names=benchmark.names[:3])
    path = tmp_path / "report.html"
    write_report([entry], ReportOutputs(page=path), benchmarks={"synthetic": benchmark})
    assert "data:image" not in path.read_text(encoding="utf-8")


def test_figures_and_tables_for_a_paper(tmp_path: Path) -> None:
    outputs = ReportOutputs(
        figures=tmp_path / "f", latex=tmp_path / "t.tex", markdown=tmp_path / "t.md"
    )
    written = write_report([evaluated("a"), evaluated("b")], outputs)
    assert sorted(path.name for path in (tmp_path / "f").iterdir()) == sorted(
        f"otb100-otb-got10k-{name}.{ending}"
        for name in ("success", "ranking", "attributes", "speed")
        for ending in ("pdf", "svg")
    )
    assert all(path.stat().st_size for path in written)
    assert (tmp_path / "f" / "otb100-otb-got10k-success.pdf").read_bytes().startswith(b"%PDF")


def test_more_trackers_than_colours_are_still_a_figure(tmp_path: Path) -> None:
    many = [evaluated(f"t{n}", auc=(0.1, 0.2, 0.01 * n)) for n in range(30)]
    write_report(many, ReportOutputs(page=tmp_path / "r.html"))
    assert "18 more" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_without_the_extra_the_error_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = __import__("importlib.util").util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *a: None if name == "jinja2" else found(name, *a)
    )
    with pytest.raises(MissingExtra, match=r"feathertrack\[report\]"):
        write_report([evaluated()], ReportOutputs(page=tmp_path / "r.html"))


def test_a_page_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder: name a file in it"):
        write_report([evaluated()], ReportOutputs(page=tmp_path))
