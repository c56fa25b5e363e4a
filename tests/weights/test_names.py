from __future__ import annotations

import subprocess
import sys

from feathertrack.weights.names import NETWORKS, list_models


def test_the_table_holds_every_network() -> None:
    from feathertrack.models import list_models as registered

    assert list(NETWORKS) == sorted(NETWORKS)
    assert set(NETWORKS) <= set(registered())
    assert list_models() == registered()
    assert list_models("siamd*") == ["siamd"]


def test_names_need_no_torch() -> None:
    code = "import sys; sys.modules['torch'] = None; import feathertrack; "
    code += "print('siamfc' in feathertrack.list_models())"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert printed.stdout == "True\n"
