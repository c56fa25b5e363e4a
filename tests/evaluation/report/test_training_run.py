"""A page about trainings, from logs as the loop writes them."""

import json
from pathlib import Path

import pytest

from feathertrack.cli import main
from feathertrack.errors import InputError
from feathertrack.evaluation.training_log import find_runs, read_log


def make_run(folder: Path, *, steps: int = 5, name: str = "toy") -> Path:
    lines = [{"event": "start", "step": 0, "recipe": name, "device": "cpu", "processes": 1}]
    for step in range(1, steps + 1):
        losses = {"total": 1.0 / step, "<b>": None if step == 2 else 0.5}
        lines.append(
            {
                "event": "step",
                "step": step,
                "epoch": 1,
                "losses": losses,
                "lr": {"x1": 0.1 / step},
                "gradient_norm": 3.0,
                "pairs_per_second": 10.0 * step,
                "data_wait": 0.1,
                "skipped": 1,
            }
        )
    lines.append(
        {
            "event": "validation",
            "step": steps,
            "epoch": 1,
            "best": True,
            "scores": {"auc": 0.4321, "precision": None},
        }
    )
    lines.append({"event": "note", "step": steps, "text": "a <note>"})
    folder.mkdir(parents=True)
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "recipe.json").write_text(json.dumps({"name": name, "loop": {"epochs": 7}}))
    return folder


def test_the_command_draws_the_curves_of_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path / "mine")
    page = tmp_path / "page.html"
    assert main(["report", str(run), "--output", str(page), "--figures", str(tmp_path / "f")]) == 0
    text = page.read_text()
    assert text.count("<svg") == 6
    assert "1 of 7" in text
    assert "auc 0.432 (epoch 1)" in text
    assert "30.0" in text  # pairs a second, median
    assert "a &lt;note&gt;" in text
    assert "<b>" not in text
    assert (tmp_path / "f/training-loss.pdf").is_file()
    assert capsys.readouterr().out.splitlines()[0] == str(page)


def test_several_runs_share_the_figures_under_names_that_tell_them_apart(tmp_path: Path) -> None:
    make_run(tmp_path / "a/stage-1")
    make_run(tmp_path / "a/stage-2")
    make_run(tmp_path / "b")
    names = {run.name for run in find_runs([tmp_path / "a", tmp_path / "b"])}
    assert names == {"a/stage-1", "a/stage-2", "b"}
    assert {run.name for run in find_runs([tmp_path / "a"])} == {"stage-1", "stage-2"}


def test_folders_without_a_log_are_no_trainings(tmp_path: Path) -> None:
    make_run(tmp_path / "a")
    (tmp_path / "b").mkdir()
    assert find_runs([tmp_path / "a", tmp_path / "b"]) == []


def test_a_run_without_a_step_has_nothing_to_draw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path / "mine", steps=0)
    assert main(["report", str(run), "--output", str(tmp_path / "page.html")]) == 2
    assert "has made no step that was logged" in capsys.readouterr().err


def test_a_line_that_was_cut_off_is_left_out_and_another_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"event": "start"}\n{"event": "st')
    assert read_log(path) == [{"event": "start"}]
    path.write_text('{"event": "st\n{"event": "start"}\n')
    with pytest.raises(InputError, match="line 1 is no JSON"):
        read_log(path)
    path.write_text('[1]\n{"event": "start"}\n')
    with pytest.raises(InputError, match="line 1 is no JSON object"):
        read_log(path)
