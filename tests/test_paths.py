from pathlib import Path

import pytest

from feathertrack.paths import cache_dir


def test_the_environment_names_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FEATHERTRACK_CACHE", str(tmp_path))
    assert cache_dir() == tmp_path


@pytest.mark.parametrize(
    ("platform", "variable", "value", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", "/big/cache", Path("/big/cache/feathertrack")),
        ("linux", "XDG_CACHE_HOME", "relative", Path("/home/ann/.cache/feathertrack")),
        ("darwin", "XDG_CACHE_HOME", "", Path("/home/ann/Library/Caches/feathertrack")),
        ("win32", "LOCALAPPDATA", "/appdata", Path("/appdata/feathertrack")),
    ],
)
def test_each_system_has_its_folder(
    monkeypatch: pytest.MonkeyPatch, platform: str, variable: str, value: str, expected: Path
) -> None:
    monkeypatch.delenv("FEATHERTRACK_CACHE", raising=False)
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ann"))
    monkeypatch.setenv(variable, value)
    assert cache_dir() == expected


def test_a_home_that_cannot_be_found_is_not_needed_when_the_environment_names_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def no_home() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.setenv("FEATHERTRACK_CACHE", str(tmp_path / "here"))
    assert cache_dir() == tmp_path / "here"
