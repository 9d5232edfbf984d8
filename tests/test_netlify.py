"""netlify.toml and _headers as Netlify's own parsers read them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ota_site.hosts.files import headers_file

if TYPE_CHECKING:
    from collections.abc import Callable

    Netlify = Callable[..., dict[str, Any]]

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("context", ["production", "deploy-preview"])
def test_netlify_builds_and_publishes_the_catalog(netlify: Netlify, context: str) -> None:
    config = netlify("config", str(ROOT), "--context", context, "--branch", "main")
    assert Path(config["build"]["publish"]) == ROOT / "_site"
    assert config["configPath"] == str(ROOT / "netlify.toml")
    # A base address here would override what each deploy preview says of itself.
    assert "--base-url" not in config["build"]["command"]


def test_netlifys_command_is_one_that_the_command_line_takes(netlify: Netlify, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from ota_site.cli import ota_site

    command = netlify("config", str(ROOT))["build"]["command"]
    install, build = command.split(" && ")
    assert shlex.split(install) == ["pip", "install", "."]
    program, *arguments = shlex.split(build)
    assert program == "ota-site"
    arguments[arguments.index("-o") + 1] = str(tmp_path / "_site")
    arguments[arguments.index("content")] = str(ROOT / "content")
    environment = {
        "NETLIFY": "true",
        "CONTEXT": "deploy-preview",
        "URL": "https://apps.example.com",
        "DEPLOY_PRIME_URL": "https://deploy-preview-7--apps.netlify.app",
    }
    done = CliRunner(env=environment).invoke(ota_site, arguments)
    assert done.exit_code == 0, done.output
    manifest = tmp_path / "_site/apps/com.example.fellpath/manifest.plist"
    assert "https://deploy-preview-7--apps.netlify.app/files/" in manifest.read_text("utf-8")


@pytest.mark.parametrize("indexed", [True, False])
def test_netlify_reads_every_header(netlify: Netlify, tmp_path: Path, *, indexed: bool) -> None:
    (tmp_path / "_headers").write_text(headers_file(indexed=indexed))
    parsed = netlify("headers", str(tmp_path / "_headers"))
    assert parsed["errors"] == []
    rules = {rule["for"]: rule["values"] for rule in parsed["headers"]}
    assert rules["/files/*"]["Content-Type"] == "application/octet-stream"
    assert "immutable" in rules["/files/*"]["Cache-Control"]
    assert rules["/apps/:app/manifest.plist"] == {"Cache-Control": "no-cache", "Content-Type": "text/xml"}
    assert rules["/apps/:app/:build/manifest.plist"] == rules["/apps/:app/manifest.plist"]
    assert ("X-Robots-Tag" in rules["/*"]) is not indexed
