"""A page about trainings, from logs as the loop writes them."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from feathertrack.cli import main
from feathertrack.errors import InputError
from feathertrack.evaluation.report import training_run
from feathertrack.evaluation.report.style import assign_styles
from feathertrack.evaluation.report.training_figures import training_figures
from feathertrack.evaluation.training_log import TrainingRun, find_runs, read_log


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
    assert "auc 0.432<small>epoch 1</small>" in text
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


def test_each_of_many_stages_has_a_line_of_its_own_kind(tmp_path: Path) -> None:
    for number in range(9):
        make_run(tmp_path / f"run/stages/step{number}")
    runs = find_runs([tmp_path / "run"])
    styles = assign_styles(run.name for run in runs)
    draws = training_figures(runs, styles)
    assert [key for key in draws if key.startswith(("loss", "rate"))] == [
        "loss-total",
        "loss-_b_",
        "rate",
    ]
    axes = draws["loss-total"]().axes[0]
    kinds = {(line.get_color(), line.get_linestyle()) for line in axes.lines}
    assert len(kinds) == len(axes.lines) == 9
    assert len(axes.get_legend_handles_labels()[1]) == 9
    assert "Loss: total" in (axes.get_title(), axes.get_title(loc="left"))


def test_names_that_are_written_alike_keep_a_figure_each(tmp_path: Path) -> None:
    runs = [run for name in ("a", "b") for run in find_runs([make_run(tmp_path / name)])]
    lines = [dict(line, losses={"x/y": 1.0, "x.y": 2.0}) for line in runs[0].events("step")]
    draws = training_figures([replace(run, lines=tuple(lines)) for run in runs], {})
    assert {"loss-x_y-1", "loss-x_y-2"} <= set(draws)


def test_what_all_stages_share_is_said_once(tmp_path: Path) -> None:
    for name in ("step1", "step2"):
        make_run(tmp_path / "run/stages" / name, name=f"toy/{name}")
    runs = find_runs([tmp_path / "run"])
    text = render_table(runs)
    assert "Recipe: toy · Where: 1 x cpu" in text
    assert "stages/" not in text
    head = text.partition("<thead>")[2].partition("</thead>")[0]
    assert re.findall(r">([A-Z][^<]*)<", head) == [
        "Run",
        "Epochs",
        "Steps",
        "Last loss",
        "Best validation",
        "Pairs/s",
        "Waiting",
    ]


def render_table(runs: list[TrainingRun]) -> str:
    """The page without a figure."""
    short = training_run._named_shortly(runs)
    styles = assign_styles(run.name for run in short)
    return training_run._render(short, {}, styles=styles, title="", created="")


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
