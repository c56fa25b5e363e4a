"""``feathertrack tune TRACKER``: search the settings of a tracker on a benchmark."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import Positional, UseAppendAction, arg

from feathertrack.cli._options import refuse_engine_words, runs_no_network
from feathertrack.cli._overrides import apply_overrides
from feathertrack.cli._terminal import remark, write_json
from feathertrack.cli.evaluate import open_readable
from feathertrack.errors import InputError

if TYPE_CHECKING:
    from feathertrack.evaluation.contestants import Contestant
    from feathertrack.tuning.session import Conclusion, Session

Words = Annotated[tuple[tuple[str, str], ...], UseAppendAction]


@dataclass(frozen=True, kw_only=True)
class Tune:
    """Search settings, and score the winner on held-out sequences.

    After a stop or a kill the same command goes on where it was.

    Any number of processes, on any number of machines, may share one study.

    Examples:
      feathertrack tune siamfc --benchmark otb100 --data OTB --study siamfc.journal
      feathertrack tune siamfc --benchmark synthetic --strategy grid
        --space.window-weight 0.1:0.4 --space.scale-step 1.02,1.05,1.1
      feathertrack tune checkpoints/ --benchmark otb100 --data OTB
        --strategy siamkpn --devices cuda:0,cuda:1 --per-device 2

    Attributes:
        tracker: A name of 'feathertrack list', a file of weights, a folder of them (which one is
            searched too), or MODULE:CLASS; after an @ the preset or JSON file to start from.
        benchmark: What to run on, as otb100 or synthetic.
        data: The folder of the benchmark, or one that holds a folder called like it.
        study: A journal file, or the URL of a database for many machines (sqlite:///tune.db,
            postgresql://...); after a # the name of one of several studies in it.
        output: Folder of raw results, winner and report, of this study alone; without it,
            NAME.tuning beside the study's file, or HOST-DATABASE.STUDY.tuning here for a server's.
        strategy: grid, random, tpe, cmaes, gp, qmc, nsga2; or what a reference does: pysot,
            mmtracking, fdsiamfc (one setting at a time), siamkpn (epochs and a coarse grid, then
            the best epoch and a finer one).
        space: Search a setting: --space.window-weight 0.1:0.5, or 0.1:0.5:0.1 with a step, or
            0.001:0.1:log, or 0.1,0.3, or all. Without any, those that the references tune. In a
            study that is there it narrows that setting; the others stay as the study has them.
        levels: Values that a grid takes from a range.
        trials: Points of random search and of the samplers, those of earlier runs included.
        objective: What to make large: a number of the protocol, as auc, eao, ao; or fps; or a sum,
            as '0.5 auc + 0.5 precision'; fdsiamfc is that of its authors. Repeat it for several at
            once, which gives a Pareto front.
        min_fps: Frames per second that a winner must reach here.
        prune: Give a point up after some sequences: bound never loses the winner, paired hardly
            ever, halving often but saves most.
        protocol: How to run and score, as otb@pysot.
        sequences: Tune on these, as folds.json:dev.
        report: Score the winner on these, as folds.json:val; or on a folder with other data of the
            benchmark; or none.
        held_out: Share of the sequences that is drawn to be scored on, where no list says which.
        batch: Points that are run together and share passes of the network.
        workers: Sequences at a time, in as many processes; without it one, or as many as devices.
        executor: Where workers are: processes of this machine, or a Ray cluster.
        devices: Where networks run, as cuda:0,cuda:1.
        per_device: Workers on each of --devices.
        engine: What runs the networks.
        device: Where the networks run.
        precision: What the networks compute in.
        threads: Processor threads of a network; without it they are shared by the workers.
        settings: Start from other settings: --settings.context 0.4.
        seed: Of all draws.
        html: Where the report goes; without it, report.html in the output.
        json: Write all points and scores here too.
    """

    tracker: Positional[Annotated[str, arg(metavar="NAME|FILE|FOLDER|CLASS[@PRESET]")]]

    benchmark: Annotated[str, arg(metavar="NAME")]

    data: Annotated[Path | None, arg(metavar="ROOT", help_behavior_hint="")] = None

    study: Annotated[str, arg(metavar="FILE|URL")] = "tune.journal"

    output: Annotated[Path | None, arg(metavar="DIR", help_behavior_hint="")] = None

    strategy: Annotated[str, arg(metavar="NAME")] = "tpe"

    space: Annotated[Words, arg(name="space.FIELD", metavar="VALUES")] = ()

    levels: Annotated[int, arg(metavar="N")] = 5

    trials: Annotated[int, arg(metavar="N")] = 100

    objective: Annotated[tuple[str, ...], UseAppendAction, arg(metavar="NAME|SUM")] = ()

    min_fps: Annotated[float, arg(metavar="X", help_behavior_hint="")] = 0.0

    prune: Literal["none", "bound", "paired", "halving"] = "none"

    protocol: Annotated[str, arg(metavar="NAME", help_behavior_hint="")] = ""

    sequences: Annotated[str, arg(metavar="FILE[:KEY]", help_behavior_hint="")] = ""

    report: Annotated[str, arg(metavar="FILE[:KEY]|FOLDER|none", help_behavior_hint="")] = ""

    held_out: Annotated[float, arg(metavar="SHARE")] = 0.5

    batch: Annotated[
        int, arg(metavar="N", help_behavior_hint="(default: 32, samplers: one a worker)")
    ] = 0

    workers: Annotated[int, arg(metavar="N", help_behavior_hint="")] = 0

    executor: Literal["process", "ray"] = "process"

    devices: Annotated[str, arg(metavar="NAME,...", help_behavior_hint="")] = ""

    per_device: Annotated[int, arg(metavar="N")] = 1

    engine: Literal["auto", "onnx", "openvino", "torch"] = "auto"

    device: Annotated[str, arg(metavar="auto|cpu|cuda[:N]|mps")] = "auto"

    precision: Literal["auto", "float32", "bfloat16", "float16", "int8"] = "auto"

    threads: Annotated[int | None, arg(metavar="N", help_behavior_hint="")] = None

    settings: Annotated[Words, arg(name="settings.FIELD", metavar="VALUE")] = ()

    seed: Annotated[int, arg(metavar="N")] = 0

    html: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None

    json: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None

    def run(self) -> int:
        """Search, score the winner, write what came of it."""
        from feathertrack.cli._stopping import Stopped, stop_signals
        from feathertrack.cli._tuning_view import TuningProgress, print_conclusion

        progress = TuningProgress()
        session, broken = self._session(progress)
        remark(f"{session.parts.how}: tuned on {len(session.parts.tuned)} sequences")
        with stop_signals(), progress.of(session):
            try:
                session.run()
            except Stopped as stop:
                detail = f"after {progress.done} points: the same command goes on"
                raise Stopped(stop.signal_number, detail) from None
            conclusion = session.conclude()
        print_conclusion(session, conclusion)
        self._write(session, conclusion)
        for problem in broken:
            print(f"not run: {problem}", file=sys.stderr)
        return 1 if broken else 0

    def _session(self, watcher: Any) -> tuple[Session, list[str]]:
        from feathertrack.evaluation.contestants import find_contestants
        from feathertrack.tuning.session import Request, Session

        devices = self._devices()
        how = {
            "engine": self.engine,
            "device": devices[0] if devices else self.device,
            "precision": self.precision,
        }
        self._check_engine(how, devices)
        contestants = find_contestants(
            [self.tracker], skip=partial(print, file=sys.stderr), threads=self.threads, **how
        )
        for one in contestants:
            one.check()
        benchmarks, broken = open_readable([self.benchmark], self.data)
        request = Request(
            contestants=contestants,
            benchmark=benchmarks[0],
            study=self.study,
            settings=self._base(contestants[0]),
            folder=self.output,
            protocol=self.protocol,
            objectives=self.objective,
            strategy=self.strategy,
            axes=self.space,
            levels=self.levels,
            trials=self.trials,
            rule=self.prune,
            slowest=self.min_fps,
            sequences=self.sequences,
            report=self.report,
            held_out=self.held_out,
            batch=self.batch,
            workers=self.workers,
            executor=self.executor,
            devices=devices,
            seed=self.seed,
        )
        return Session(request, watcher=watcher), broken

    def _devices(self) -> list[str]:
        names = [name.strip() for name in self.devices.split(",") if name.strip()]
        if self.per_device < 1:
            raise InputError(f"--per-device is at least 1, got {self.per_device}")
        if names and self.device != "auto":
            raise InputError("--device and --devices both say where networks run: give one")
        return names * self.per_device

    def _check_engine(self, how: dict[str, Any], devices: list[str]) -> None:
        from feathertrack.engines.requests import check_request

        for device in devices or [self.device]:
            check_request(**{**how, "device": device}, threads=self.threads)
        if not Path(self.tracker).is_dir() and runs_no_network(self.tracker):
            refuse_engine_words(self.tracker, **how, threads=self.threads)

    def _base(self, one: Contestant) -> Any:
        """The settings to start from; None for the tracker's own."""
        from feathertrack.trackers.changing import settings_of

        if not self.settings:
            return None
        settings = settings_of(one.create())
        if settings is None:
            raise InputError(f"tracker {one.name!r} has no settings to change")
        return apply_overrides(settings, self.settings)

    def _write(self, session: Session, conclusion: Conclusion) -> None:
        from feathertrack.cli._tuning_view import conclusion_json, write_report

        if self.json is not None:
            write_json(self.json, conclusion_json(session, conclusion))
        write_report(self.html, session, conclusion)
