"""Settings: where each comes from, which one wins, and every mistake told at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ota_site.config.load import Config, load_config
from ota_site.model.catalog import Branding, Site
from ota_site.model.errors import SettingsError

_HOST = {"NETLIFY": "true", "CONTEXT": "production", "URL": "https://host.example.com"}


def _load(folder: Path, toml: str | bytes | None = None, **changes: object) -> Config:
    content = folder / "content"
    content.mkdir(exist_ok=True)
    if toml is not None:
        (content / "site.toml").write_bytes(toml.encode() if isinstance(toml, str) else toml)
    arguments = {"content": content, "output": folder / "_site", "base_url": None, "environment": {}} | changes
    return load_config(**arguments)  # type: ignore[arg-type] # as the caller names them


def _mistakes(folder: Path, toml: str | bytes | None = None, **changes: object) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        _load(folder, toml, **changes)
    return [str(mistake) for mistake in refused.value.mistakes]


def test_without_settings_every_default_holds(tmp_path: Path) -> None:
    assert _load(tmp_path).site == Site()
    assert _load(tmp_path).host is None


def test_every_setting_reaches_the_site(tmp_path: Path) -> None:
    toml = '\ufefftitle = " Ours "\nbase_url = "https://a.example"\nlanguage = "zh-Hans"\nindexed = true\ntheme = "x"\n'
    toml += 'languages = ["de", "ZH-hans", "pt-BR"]\nchannels = ["release", "Nightly builds"]\n'
    toml += 'contact = "qa@example.com"\n[look]\naccent = "#0A7d4f"\nlogo = "pictures/logo.svg"\n'
    (tmp_path / "content/pictures").mkdir(parents=True)
    (tmp_path / "content/pictures/logo.svg").write_text("<svg/>")
    site = Site(
        title="Ours",
        base_url="https://a.example/",
        languages=("zh-Hans", "de", "pt-BR"),
        channels=("release", "Nightly builds"),
        contact="qa@example.com",
        indexed=True,
        theme="x",
        branding=Branding(accent="#0A7d4f", logo=tmp_path / "content/pictures/logo.svg"),
    )
    assert _load(tmp_path, toml).site == site


@pytest.mark.parametrize(
    ("flag", "toml", "host", "wins"),
    [
        ("https://flag.example.com", 'base_url = "https://toml.example.com"', _HOST, "https://flag.example.com/"),
        (None, 'base_url = "https://toml.example.com"', _HOST, "https://toml.example.com/"),
        (None, "", _HOST, "https://host.example.com/"),
        ("", 'base_url = ""', _HOST, "https://host.example.com/"),
        (None, "", {}, None),
        # A setting that loses is not looked at: the flag is how an owner mends a host's wrong address.
        ("https://flag.example.com", "", {**_HOST, "URL": "http://host.example.com"}, "https://flag.example.com/"),
    ],
)
def test_the_flag_beats_the_file_which_beats_the_host(
    tmp_path: Path, flag: str | None, toml: str, host: dict[str, str], wins: str | None
) -> None:
    assert _load(tmp_path, toml, base_url=flag, environment=host).site.base_url == wins


@pytest.mark.parametrize(
    ("flag", "toml", "host", "place"),
    [
        ("http://a.example", "", {}, "--base-url: "),
        (None, 'base_url = "http://a.example"', {}, "site.toml: base_url: "),
        (None, "", {**_HOST, "URL": "http://a.example"}, "URL of Netlify: "),
    ],
)
def test_a_refused_address_names_the_setting_it_comes_from(
    tmp_path: Path, flag: str | None, toml: str, host: dict[str, str], place: str
) -> None:
    (mistake,) = _mistakes(tmp_path, toml, base_url=flag, environment=host)
    assert f"{place}'http://a.example' is http" in mistake


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ('titel = "A"', "unknown key `titel` (did you mean `title`?)"),
        ('base-url = "https://a.example"', "unknown key `base-url` (did you mean `base_url`?)"),
        ("title = 5", "`title` should be text, not a whole number"),
        ('indexed = "yes"', "`indexed` should be true or false, not text"),
        ('title = " "', "`title` is empty"),
        ('language = "English please"', "`language` 'English please' is not a language tag"),
        ('title = "A"\nlanguage = en\n', "is not valid TOML: Invalid value (at line 2, column 12)"),
        (b'title = "\xff"', "is not UTF-8"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_place(tmp_path: Path, toml: str | bytes, told: str) -> None:
    (mistake,) = _mistakes(tmp_path, toml)
    assert mistake.startswith(f"{tmp_path}/content/site.toml: ")
    assert told in mistake


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    toml = 'titel = "A"\nindexed = 1\nlanguage = "?"\nbase_url = "http://a.example"\n'
    mistakes = _mistakes(tmp_path, toml, output=tmp_path)
    told = ["`titel`", "`indexed`", "`language`", "overwrite your content", "https only"]
    assert len(mistakes) == len(told)
    assert all(part in mistake for part, mistake in zip(told, mistakes, strict=True))


@pytest.mark.parametrize(
    ("content", "output"),
    [
        ("content", "content"),
        ("content", "."),
        ("content", "content/../content"),
        ("{here}/content", "content"),
        ("content", "{here}"),
        ("content", "link"),
        ("link", "content"),
        ("content/apps", "content"),
    ],
)
def test_the_site_is_never_written_over_the_content_however_both_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, output: str
) -> None:
    (tmp_path / "content/apps").mkdir(parents=True)
    (tmp_path / "link").symlink_to("content")
    monkeypatch.chdir(tmp_path)
    places = (Path(place.format(here=tmp_path)) for place in (content, output))
    (mistake,) = _mistakes(tmp_path, content=next(places), output=next(places))
    assert "overwrite your content" in mistake


def test_a_file_where_the_site_should_be_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "_site").write_text("mine")
    (mistake,) = _mistakes(tmp_path)
    assert "it is a file, not a folder" in mistake


def test_a_site_is_not_written_over_the_content(tmp_path: Path) -> None:
    (mistake,) = _mistakes(tmp_path, output=Path("/"))
    assert "overwrite your content" in mistake
    assert "an empty folder or the folder of an earlier site" in mistake


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_settings_that_may_not_be_read_are_a_mistake(tmp_path: Path) -> None:
    _load(tmp_path, "")
    (tmp_path / "content/site.toml").chmod(0)
    (mistake,) = _mistakes(tmp_path)
    assert "cannot be read: Permission denied" in mistake


def test_settings_that_are_a_folder_are_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "content/site.toml").mkdir(parents=True)
    (mistake,) = _mistakes(tmp_path)
    assert "it is not a regular file" in mistake


_GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/apps"}


@pytest.mark.parametrize(
    ("toml", "flag", "environment", "warned"),
    [
        ('base_url = "https://apps.acme.dev/"', None, {}, []),
        ('base_url = "https://test.acme.dev/"', None, {}, ["CNAME"]),
        ("", "https://test.acme.dev/", {}, ["CNAME"]),
        ("", "https://APPS.acme.dev/x/", {}, []),
        ("", None, _GITHUB, ["CNAME"]),
        # Netlify does not read the file; its previews have addresses of their own.
        ("", None, _HOST, []),
        ("", None, {}, []),
    ],
)
def test_a_cname_that_names_another_domain_is_a_warning(
    tmp_path: Path, toml: str, flag: str | None, environment: dict[str, str], warned: list[str]
) -> None:
    for place in (tmp_path / "inside" / "content", tmp_path / "beside"):
        place.mkdir(parents=True)
        (place / "CNAME").write_text("apps.acme.dev\n")
        folder = tmp_path / place.relative_to(tmp_path).parts[0]
        warnings = _load(folder, toml, base_url=flag, environment=environment).warnings
        assert [Path(warning.where) for warning in warnings] == [place / name for name in warned]
        assert all("apps.acme.dev" in warning.message and "base_url" in warning.hint for warning in warnings)


@pytest.mark.parametrize(
    ("toml", "flag", "left"),
    [
        ('base_url = "https://your-domain.com/"', None, "your-domain.com"),
        ('base_url = "https://apps.example.com/"', None, "apps.example.com"),
        ('base_url = "https://acme.github.io/YOUR_REPO/"', None, "YOUR_REPO"),
        ('base_url = "https://apps.acme.dev/"', None, None),
        # The flag is how one build is tried out, and what site.toml says does not count then.
        ('base_url = "https://your-domain.com/"', "https://apps.example.com/", None),
    ],
)
def test_a_placeholder_in_the_address_is_a_warning(
    tmp_path: Path, toml: str, flag: str | None, left: str | None
) -> None:
    warnings = _load(tmp_path, toml, base_url=flag).warnings
    assert [warning.message for warning in warnings] == ([f"`base_url` contains a placeholder: {left}"] if left else [])
