"""When a network is validated during its training, and whether it is the best so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feathertrack.errors import FeathertrackError
from feathertrack.training.checkpoints import Best
from feathertrack.training.journal import Journal
from feathertrack.training.keeping import Keeper, Standing
from feathertrack.training.validation import Validator

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class Judge:
    """Validates after the epochs where that is due, on the first process; the others wait.

    Args:
        fabric: the processes.
        validator: scores the network; None where nothing is validated.
        keeper: has the network that is judged.
        journal: takes the scores.
    """

    def __init__(
        self, fabric: Fabric, validator: Validator | None, *, keeper: Keeper, journal: Journal
    ) -> None:
        self._fabric, self._validator = fabric, validator
        self._keeper, self._journal = keeper, journal

    @property
    def judged_by(self) -> str | None:
        """By which rules and sequences; None where nothing is validated."""
        return self._validator.judged_by if self._validator else None

    def after_epoch(self, standing: Standing) -> bool | None:
        """Validate where that is due and was not done before the run was stopped.

        Args:
            standing: how far the training has come; it takes the new best.

        Returns:
            Whether the network is the best so far; None where it was not validated.
        """
        epochs = standing.position.epoch
        due = self._validator is not None and self._validator.due(epochs)
        if not due or standing.position.step or standing.validated >= epochs:
            return None
        best = self._judged(standing) if self._fabric.is_global_zero else None
        best = self._fabric.broadcast(best)
        standing.validated = epochs
        standing.best = best or standing.best
        return best is not None

    def _judged(self, standing: Standing) -> Best | None:
        """The new best, None where this is none."""
        assert self._validator is not None
        epochs = standing.position.epoch
        try:
            verdict = self._validator.judge(
                self._keeper.network,
                device=self._fabric.device,
                epoch=epochs,
                best=standing.best,
            )
        except FeathertrackError as error:
            self._journal.note(f"the validation after epoch {epochs} failed: {error}")
            return None
        self._journal.validation(verdict)
        return verdict.best
