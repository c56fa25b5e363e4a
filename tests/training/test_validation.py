import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from feathertrack import load_model
from feathertrack.benchmarks import open_benchmark
from feathertrack.errors import FeathertrackError, InputError
from feathertrack.evaluation.training_log import read_log
from feathertrack.models import create_model
from feathertrack.training.checkpoints import Best
from feathertrack.training.keeping import Keeper
from feathertrack.training.loop import fit
from feathertrack.training.progress import FitResult, Progress, Watch
from feathertrack.training.recipe import ValidationSettings
from feathertrack.training.validation import Scores, Validator, weighted_sum
from tests.training.toys import ToyPairs, ToyTask, toy_recipe, toy_task

CPU = torch.device("cpu")


class Told(Validator):
    """Scores that are told beforehand; an error where there is none."""

    def __init__(self, values: list[float | None], **settings: object) -> None:
        self.settings = replace(ValidationSettings(benchmark="synthetic"), **settings)
        self.benchmark = open_benchmark("synthetic")
        self.values = values
        self.draws: list[float] = []

    def score(self, network: object, *, device: torch.device) -> Scores:
        value = self.values.pop(0)
        if value is None:
            raise FeathertrackError("the tracker failed")
        return Scores(headline={"auc": value}, lower_is_better=frozenset())


def test_the_real_tracker_runs_and_leaves_everything_as_it_was() -> None:
    sequence = Validator(ValidationSettings(benchmark="synthetic"), data_root=None).benchmark.names[
        0
    ]
    settings = ValidationSettings(benchmark="synthetic", sequences=(sequence,))
    validator = Validator(settings, data_root=None)
    assert validator.benchmark.names == (sequence,)
    network = create_model("fdsiamfc_15").train()
    before = copy.deepcopy(network.state_dict())
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    expected = torch.rand(3), np.random.rand(3)  # noqa: NPY002
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    scores = validator.score(network, device=CPU)
    assert 0 <= scores.headline["auc"] <= 1
    assert torch.equal(torch.rand(3), expected[0])
    np.testing.assert_array_equal(np.random.rand(3), expected[1])  # noqa: NPY002
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_it_is_due_from_an_epoch_on_and_every_so_many() -> None:
    validator = Told([], from_epoch=3, every=2)
    assert [epoch for epoch in range(9) if validator.due(epoch)] == [3, 5, 7]


@pytest.mark.parametrize(
    ("value", "best", "lower", "better"),
    [
        (0.5, None, False, True),
        (0.5, 0.4, False, True),
        (0.5, 0.5, False, False),
        (0.5, 0.4, True, False),
        (float("nan"), None, False, False),
    ],
)
def test_what_counts_as_better(value: float, best: float | None, lower: bool, better: bool) -> None:
    scores = Scores(headline={"auc": value}, lower_is_better=frozenset({"auc"} if lower else ()))
    assert Told([]).improves(scores, best) is better


def test_an_unknown_number_or_sum_is_refused() -> None:
    with pytest.raises(InputError, match="there is no number 'eao'; there are auc, precision"):
        weighted_sum("0.5 eao", {"auc": 1, "precision": 0})
    with pytest.raises(InputError, match="is a name, or a sum"):
        weighted_sum("half auc", {"auc": 1})
    with pytest.raises(InputError, match=r"has no sequence 'nowhere'"):
        Validator(ValidationSettings(benchmark="synthetic", sequences=("nowhere",)), data_root=None)


def test_metric_and_protocol_are_looked_at_before_the_training() -> None:
    Validator(ValidationSettings(benchmark="synthetic"), data_root=None).check()
    wrong = Validator(ValidationSettings(benchmark="synthetic", metric="eoa"), data_root=None)
    with pytest.raises(InputError, match="no number 'eoa'; there are auc"):
        wrong.check()
    with pytest.raises(InputError, match="called 'nope'"):
        Validator(ValidationSettings(benchmark="synthetic", protocol="nope"), data_root=None)


def test_the_best_checkpoint_is_kept_and_told(tmp_path: Path) -> None:
    result = fit(
        toy_recipe(epochs=3),
        toy_task(),
        ToyPairs(),
        output=tmp_path,
        devices="cpu",
        validator=Told([0.2, 0.6, None]),
    )
    assert (result.metric, result.best, result.best_epoch) == ("auc", 0.6, 2)
    best = torch.load(tmp_path / "checkpoints/best.ckpt", weights_only=True)
    assert best["position"]["epoch"] == 2
    lines = [line for line in read_log(tmp_path / "log.jsonl") if line["event"] == "validation"]
    assert [(line["epoch"], line["scores"], line["best"]) for line in lines] == [
        (1, {"auc": 0.2}, True),
        (2, {"auc": 0.6}, True),
    ]
    assert result.notes == ("the validation after epoch 3 failed: the tracker failed",)


def test_a_validation_that_was_cut_off_is_made_up_for(tmp_path: Path) -> None:
    class CutOff(Told):
        def score(self, network: object, *, device: torch.device) -> Scores:
            raise KeyboardInterrupt

    def go(validator: Validator, *, resume: bool) -> object:
        return fit(
            toy_recipe(),
            toy_task(),
            ToyPairs(),
            output=tmp_path,
            devices="cpu",
            validator=validator,
            resume=resume,
        )

    with pytest.raises(KeyboardInterrupt):
        go(CutOff([]), resume=False)
    result = go(Told([0.7, 0.1]), resume=True)
    assert (result.best, result.best_epoch) == (0.7, 1)


def test_a_best_value_of_another_metric_does_not_count_when_a_training_goes_on(
    tmp_path: Path,
) -> None:
    def cut_off(progress: Progress) -> None:
        if progress.epoch == 2 and progress.step:
            raise KeyboardInterrupt

    def go(values: list[float | None], metric: str, watch: Watch | None = None) -> FitResult:
        validator = Told(values)
        validator.settings = replace(validator.settings, metric=metric)
        return fit(
            toy_recipe(epochs=2),
            toy_task(),
            ToyPairs(),
            output=tmp_path,
            devices="cpu",
            validator=validator,
            resume=True,
            watch=watch,
        )

    with pytest.raises(KeyboardInterrupt):
        go([0.9], "100 auc", cut_off)
    result = go([0.3], "auc")
    assert (result.metric, result.best, result.best_epoch) == ("auc", 0.3, 2)
    files = {path.name for path in (tmp_path / "checkpoints").glob("best*")}
    assert files == {"best-epoch-0001.ckpt", "best.ckpt"}
    started = [line for line in read_log(tmp_path / "log.jsonl") if line["event"] == "start"]
    judged, moved = started[-1]["notes"]
    assert "the best so far does not count" in judged
    assert moved == "the best weights so far lie in checkpoints/best-epoch-0001.ckpt from now on"


def test_best_weights_are_put_aside_and_back(tmp_path: Path) -> None:
    keeper = object.__new__(Keeper)
    keeper._output, keeper.folder, keeper._first = tmp_path, tmp_path / "checkpoints", True
    path = tmp_path / "weights" / "best.safetensors"
    path.parent.mkdir()
    path.write_text("first")
    old = Best(metric="auc", value=0.5, epoch=7)
    assert keeper.settle_best(old, before=old) == []
    assert keeper.settle_best(None, before=old) == ["weights/best-epoch-0007.safetensors"]
    assert keeper.settle_best(None, before=old) == []
    assert keeper.settle_best(old, before=old) == ["weights/best.safetensors"]
    assert path.read_text() == "first"
    assert keeper.settle_best(None, before=None) == []


def test_weights_of_a_named_network_can_be_loaded(tmp_path: Path) -> None:
    network = create_model("fdsiamfc_15")
    network.search_size = 13

    class Small(ToyTask):
        def forward(self, batch: object) -> dict[str, torch.Tensor]:
            loss = sum((p**2).sum() for p in self.network.parameters())
            return {"total": 1e-4 * loss}

    recipe = toy_recipe(epochs=2, ema=0.5)
    result = fit(
        recipe,
        Small(network),
        ToyPairs(length=2),
        output=tmp_path,
        devices="cpu",
        validator=Told([0.5, 0.4]),
    )
    assert result.weights == tmp_path / "weights/best.safetensors"
    assert load_model(result.weights).name == "fdsiamfc_15"
    assert (tmp_path / "weights/last.safetensors").is_file()
