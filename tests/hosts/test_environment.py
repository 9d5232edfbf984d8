"""What each static host tells a build of itself, as its documentation says."""

from __future__ import annotations

import pytest

from ota_site.hosts.environment import detect_host

_NETLIFY = {
    "NETLIFY": "true",
    "URL": "https://apps.example.com",
    "DEPLOY_URL": "https://0123abcd--apps.netlify.app",
    "DEPLOY_PRIME_URL": "https://deploy-preview-7--apps.netlify.app",
}
_VERCEL = {
    "VERCEL": "1",
    "VERCEL_URL": "apps-0123abcd.vercel.app",
    "VERCEL_BRANCH_URL": "apps-git-topic.vercel.app",
    "VERCEL_PROJECT_PRODUCTION_URL": "apps.example.com",
}
_GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "Owner/Apps"}
_PREVIEW = "https://deploy-preview-7--apps.netlify.app"


@pytest.mark.parametrize(
    ("environment", "name", "setting", "address"),
    [
        ({**_NETLIFY, "CONTEXT": "production"}, "Netlify", "URL", "https://apps.example.com"),
        ({**_NETLIFY, "CONTEXT": "deploy-preview"}, "Netlify", "DEPLOY_PRIME_URL", _PREVIEW),
        ({**_NETLIFY, "CONTEXT": "branch-deploy"}, "Netlify", "DEPLOY_PRIME_URL", _PREVIEW),
        ({**_NETLIFY, "CONTEXT": "staging"}, "Netlify", "DEPLOY_PRIME_URL", _PREVIEW),
        (
            {"NETLIFY": "true", "CONTEXT": "deploy-preview", "URL": "https://apps.example.com"},
            "Netlify",
            "URL",
            "https://apps.example.com",
        ),
        ({"NETLIFY": "true"}, "Netlify", "URL", None),
        (
            {"CF_PAGES": "1", "CF_PAGES_URL": "https://0123abcd.apps.pages.dev"},
            "Cloudflare Pages",
            "CF_PAGES_URL",
            "https://0123abcd.apps.pages.dev",
        ),
        (
            {**_VERCEL, "VERCEL_ENV": "production"},
            "Vercel",
            "VERCEL_PROJECT_PRODUCTION_URL",
            "https://apps.example.com/",
        ),
        ({**_VERCEL, "VERCEL_ENV": "preview"}, "Vercel", "VERCEL_BRANCH_URL", "https://apps-git-topic.vercel.app/"),
        (
            {"VERCEL": "1", "VERCEL_ENV": "preview", "VERCEL_URL": "apps-0123abcd.vercel.app"},
            "Vercel",
            "VERCEL_URL",
            "https://apps-0123abcd.vercel.app/",
        ),
        ({"VERCEL": "1"}, "Vercel", "VERCEL_URL", None),
        (_GITHUB, "GitHub Pages", "GITHUB_REPOSITORY", "https://owner.github.io/Apps/"),
        (
            {**_GITHUB, "GITHUB_REPOSITORY": "Owner/owner.github.io"},
            "GitHub Pages",
            "GITHUB_REPOSITORY",
            "https://owner.github.io/",
        ),
        (
            {"GITLAB_CI": "true", "CI_PAGES_URL": "https://group.gitlab.io/apps"},
            "GitLab Pages",
            "CI_PAGES_URL",
            "https://group.gitlab.io/apps",
        ),
        (
            {"RENDER": "true", "RENDER_EXTERNAL_URL": "https://apps.onrender.com"},
            "Render",
            "RENDER_EXTERNAL_URL",
            "https://apps.onrender.com",
        ),
    ],
)
def test_a_host_is_known_and_so_is_the_address_it_tells(
    environment: dict[str, str], name: str, setting: str, address: str | None
) -> None:
    host = detect_host({"PATH": "/usr/bin", "CI": "true", **environment})
    assert host is not None
    assert (host.name, host.setting, host.address) == (name, setting, address)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"CI": "true"},
        # `netlify dev`: the address is that of this machine.
        {**_NETLIFY, "CONTEXT": "dev", "URL": "http://localhost:8888"},
        {**_GITHUB, "GITHUB_SERVER_URL": "https://github.example.com"},
        {**_GITHUB, "GITHUB_ACTIONS": "false"},
        {"GITHUB_ACTIONS": "true"},
        {"URL": "https://apps.example.com"},
    ],
    ids=["nothing", "some CI", "netlify dev", "enterprise server", "not in actions", "no repository", "a stray URL"],
)
def test_elsewhere_no_host_and_no_address_is_guessed(environment: dict[str, str]) -> None:
    assert detect_host(environment) is None


def test_one_host_takes_no_large_files() -> None:
    environments = (_NETLIFY, _VERCEL, _GITHUB, {"CF_PAGES": "1"}, {"GITLAB_CI": "true"}, {"RENDER": "true"})
    hosts = [host for environment in environments if (host := detect_host(environment))]
    assert len(hosts) == len(environments)
    assert {host.name: host.file_limit for host in hosts if host.file_limit} == {"Cloudflare Pages": 25 * (1 << 20)}
