import doctest
import re
from pathlib import Path

from feathertrack import boxes

PAGE = Path(__file__).resolve().parent.parent / "docs" / "coordinates.md"


def test_every_conversion_of_the_page_exists() -> None:
    functions = PAGE.read_text(encoding="utf-8").partition("## The functions")[2]
    table = functions.partition("```")[0]
    named = re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)
    assert len(named) == 5
    assert all(callable(getattr(boxes, name)) for name in named)


def test_the_example_of_the_page_runs() -> None:
    results = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert results.attempted == 5
    assert results.failed == 0
