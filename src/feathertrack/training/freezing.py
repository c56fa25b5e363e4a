"""Which parts train in which epoch, and what their batch norms do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from feathertrack.errors import InputError
from feathertrack.training.prefixes import check_prefixes, longest_prefix, short_name
from feathertrack.training.recipe import FreezeSettings


class Freezing:
    """Turns parts of a task on and off by epoch.

    What did not require a gradient when this was made never does.

    Args:
        task: what is trained; its modules are changed in place.
        settings: what is frozen until when.

    Raises:
        InputError: a prefix stands for no part of the network.
    """

    def __init__(self, task: nn.Module, settings: FreezeSettings) -> None:
        self._task = task
        self._settings = settings
        self._candidates = [
            (short_name(name), parameter)
            for name, parameter in task.named_parameters()
            if parameter.requires_grad
        ]
        names = [short_name(name) for name, _ in task.named_parameters()]
        check_prefixes(settings.frozen, names, option="freeze.frozen")

    def is_frozen(self, name: str, epoch: int) -> bool:
        """Whether a part, named as in recipes, is frozen in an epoch, counted from 0."""
        until = longest_prefix(name, self._settings.frozen, 0)
        return until < 0 or epoch < until

    def apply(self, epoch: int) -> frozenset[str]:
        """Set gradients and modes for an epoch; return the names of the parameters that train.

        Raises:
            InputError: nothing is left to train.
        """
        training = self.training(epoch)
        if not training:
            raise InputError(f"freeze.frozen leaves nothing to train in epoch {epoch}")
        for name, parameter in self._candidates:
            parameter.requires_grad_(name in training)
            if name not in training:
                parameter.grad = None
        self.set_modes(epoch)
        return training

    def training(self, epoch: int) -> frozenset[str]:
        """Names of the parameters that train in an epoch."""
        return frozenset(name for name, _ in self._candidates if not self.is_frozen(name, epoch))

    def thaws(self, epoch: int) -> bool:
        """Whether something trains that did not in the epoch before."""
        return epoch > 0 and not self.training(epoch) <= self.training(epoch - 1)

    def set_modes(self, epoch: int) -> None:
        """Training mode everywhere, but for the batch norms of frozen parts."""
        self._task.train()
        if self._settings.norms == "train":
            return
        for name, module in self._task.named_modules():
            if isinstance(module, _BatchNorm) and self.is_frozen(short_name(name), epoch):
                module.eval()


@contextlib.contextmanager
def given_back(task: nn.Module) -> Iterator[None]:
    """Give a task back as trainable as it was given."""
    given = [(one, one.requires_grad) for one in task.parameters()]
    try:
        yield
    finally:
        for parameter, trains in given:
            parameter.requires_grad_(trains)
