from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from feathertrack.evaluation.model_facts import model_facts
from feathertrack.evaluation.outputs import claim_folder
from feathertrack.evaluation.report import Evaluated, ReportOutputs, write_report
from feathertrack.evaluation.report.comparison import compare
from feathertrack.evaluation.report.cost_figures import draw_size_accuracy, has_sizes
from feathertrack.evaluation.report.costs import COST_HEADS, cost_rows, pareto, size_points
from feathertrack.evaluation.report.style import assign_styles
from feathertrack.evaluation.scoring import ScoreTable
from feathertrack.models import create_model
from feathertrack.models.cost import count_bytes, count_macs, count_parameters
from feathertrack.weights.saving import save_model
from tests.evaluation.report.made_up import evaluated

AUC = {"teacher": 0.6, "good": 0.55, "bad": 0.3, "tiny": 0.2}
BYTES = {"teacher": 60e6, "good": 9e6, "bad": 20e6, "tiny": 0.5e6}


def entry(name: str, *, facts: bool = True) -> Evaluated:
    config = {"engine": "onnx"}
    if facts:
        config |= {"model.bytes": str(BYTES[name]), "model.parameters": str(BYTES[name] / 4)}
        config |= {"model.macs_search": "1.5e9", "model.macs_template": "40e6"}
    if name != "teacher":
        config["model.teacher"] = "atom_small/weights/best.safetensors"
    made = evaluated(name, auc=(AUC[name],) * 3, config=config, speed=40.0)
    return replace(made, scores=replace(made.scores, latency=(0.02, 0.05)))


def test_the_table_says_what_each_tracker_costs() -> None:
    [comparison] = compare([entry(name) for name in AUC])
    rows = {row.tracker: row for row in cost_rows(comparison)}
    assert list(rows) == ["teacher", "good", "bad", "tiny"]
    cells = dict(zip(COST_HEADS, rows["good"].cells, strict=True))
    assert cells == {
        "Size, MB": "9.00",
        "Params, M": "2.25",
        "MACs, G": "1.50",
        "once, G": "0.0400",
        "Frames/s": "40.0",
        "Median, ms": "20.0",
        "95 %, ms": "50.0",
    }
    assert rows["good"].teacher == "atom_small/weights/best.safetensors"


def test_old_results_have_no_table_and_no_figure(tmp_path: Path) -> None:
    [comparison] = compare([entry(name, facts=False) for name in AUC])
    assert cost_rows(comparison) == []
    assert not has_sizes(comparison)
    path = tmp_path / "old.html"
    write_report([entry(name, facts=False) for name in AUC], ReportOutputs(page=path))
    assert "What it costs" not in path.read_text(encoding="utf-8")


def test_a_tracker_without_facts_stands_beside_those_with() -> None:
    entries = [entry("teacher"), entry("good"), entry("tiny", facts=False)]
    [comparison] = compare(entries)
    assert cost_rows(comparison)[2].cells[:4] == ("–",) * 4  # noqa: RUF001
    assert [point[0].tracker for point in size_points(comparison)] == ["teacher", "good"]


def test_the_line_joins_what_nothing_beats() -> None:
    points = [(BYTES[name], AUC[name]) for name in AUC]
    front = [(BYTES[name], AUC[name]) for name in ("tiny", "good", "teacher")]
    assert pareto(points) == front
    assert pareto([(1.0, 5.0), (2.0, 6.0), (3.0, 4.0)], lower_is_better=True) == [
        (1.0, 5.0),
        (3.0, 4.0),
    ]


def test_the_figure_names_every_point_on_a_logarithmic_axis() -> None:
    [comparison] = compare([entry(name) for name in AUC])
    figure = draw_size_accuracy(comparison, styles=assign_styles(AUC))
    axes = figure.axes[0]
    assert axes.get_xscale() == "log"
    assert {text.get_text() for text in axes.texts} == set(AUC)
    line = np.array(axes.lines[0].get_xydata())
    np.testing.assert_allclose(line[:, 0], [0.5, 9, 60])


def test_page_and_figures_have_both(tmp_path: Path) -> None:
    outputs = ReportOutputs(page=tmp_path / "page.html", figures=tmp_path / "figures")
    write_report([entry(name) for name in AUC], outputs)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "What it costs" in page
    assert "Taught by" in page
    assert (tmp_path / "figures" / "otb100-otb-got10k-size.svg").is_file()


def test_times_survive_the_file_and_old_files_have_none() -> None:
    table = entry("good").scores
    values = json.loads(json.dumps(table.to_json()))
    assert ScoreTable.from_json(values).latency == (0.02, 0.05)
    del values["latency"]
    assert ScoreTable.from_json(values).latency is None


def test_facts_are_those_of_the_network_and_of_its_training(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = create_model("fdsiamfc", rates=(0.05, 0.02, 0.02, 0.02, 0.05))
    words = {"recipe": "feather_fc_small", "teacher": "siamfc/weights/best.safetensors"}
    path = save_model(network, tmp_path / "narrow.safetensors", metadata=words)
    macs = count_macs(network)
    assert model_facts(f"{path}@otb100") == {
        "network": "fdsiamfc",
        "parameters": count_parameters(network),
        "bytes": count_bytes(network),
        "macs_template": macs.embed,
        "macs_search": macs.predict,
        **words,
    }


@pytest.mark.parametrize("name", ["trax:program", "somewhere:Tracker", "opencv_mil"])
def test_a_tracker_without_weights_has_no_facts(name: str) -> None:
    assert model_facts(name) == {}


def test_a_file_that_is_no_network_has_its_size_alone(tmp_path: Path) -> None:
    path = tmp_path / "broken.pth"
    path.write_bytes(b"12345")
    assert model_facts(str(path)) == {"bytes": 5}


def test_facts_do_not_decide_whether_a_run_may_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "otb100" / "ours"
    claim_folder(folder, {"seed": 0})
    claim_folder(folder, {"seed": 0, "model": {"bytes": 1}})
    claim_folder(folder, {"seed": 0, "model": {"bytes": 2}})
    about = json.loads((tmp_path / "otb100" / "ours.run.json").read_text(encoding="utf-8"))
    assert about["model"] == {"bytes": 1}
