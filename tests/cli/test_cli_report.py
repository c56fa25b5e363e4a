from __future__ import annotations

import json
from pathlib import Path

import pytest

from feathertrack.cli import main
from tests.evaluation.report.made_up import evaluated, vot


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    folder.mkdir()
    tables = [evaluated("a").scores, evaluated("b").scores, vot("a").scores]
    (folder / "scores.json").write_text(json.dumps([table.to_json() for table in tables]))
    return folder


def test_report_writes_what_was_asked_for_and_prints_its_names(
    scores: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, latex, markdown = (tmp_path / name for name in ("r.html", "t.tex", "t.md"))
    words = ["report", str(scores), "--output", str(page), "--latex", str(latex)]
    assert main([*words, "--markdown", str(markdown), "--title", "Mine"]) == 0
    assert capsys.readouterr().out.split() == [str(page), str(latex), str(markdown)]
    assert "<h1>Mine</h1>" in page.read_text(encoding="utf-8")


def test_what_cannot_be_scored_is_in_the_page_and_the_status(
    scores: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "r.html"
    tables = json.loads((scores / "scores.json").read_text())
    tables[0]["version"] = 99
    (scores / "scores.json").write_text(json.dumps(tables))
    assert main(["report", str(scores), "--output", str(page)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("not scored: ")
    assert "version 99" in line
    text = page.read_text(encoding="utf-8")
    assert "version 99" in text
    assert "<h2>Not scored</h2>" in text


def test_published_numbers_can_be_left_out(scores: Path, tmp_path: Path) -> None:
    page = tmp_path / "r.html"
    assert main(["report", str(scores), "--output", str(page)]) == 0
    assert "STVIR/pysot" in page.read_text(encoding="utf-8")
    assert main(["report", str(scores), "--output", str(page), "--no-published"]) == 0
    assert "STVIR/pysot" not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["."], "holds no scores"),
        ([], "no folder was named|DIR"),
    ],
)
def test_what_cannot_be_reported_is_one_line(
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["report", *words]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert any(part in error for part in message.split("|"))
