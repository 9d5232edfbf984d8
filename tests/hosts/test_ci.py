"""What each CI service tells of a run, by the variables that its documentation names."""

from __future__ import annotations

import pytest

from ota_site.hosts.ci import detect_run, public_address, repository_address
from ota_site.model.texts import Origin

_SHA = "0f3c1c6a0d6e7e2f0f3c1c6a0d6e7e2f0f3c1c6a"
_GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SHA": _SHA,
    "GITHUB_REF": "refs/heads/feature/cart",
    "GITHUB_HEAD_REF": "",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/app",
    "GITHUB_RUN_ID": "1658821493",
}
_GITHUB_RUN = "https://github.com/acme/app/actions/runs/1658821493"
_AZURE = {
    "TF_BUILD": "True",
    "BUILD_SOURCEVERSION": _SHA,
    "BUILD_SOURCEBRANCH": "refs/heads/main",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/",
    "SYSTEM_TEAMPROJECT": "The App",
    "BUILD_BUILDID": "77",
    "BUILD_REPOSITORY_URI": "https://acme@dev.azure.com/acme/The%20App/_git/app",
}
_JENKINS = {
    "JENKINS_URL": "https://ci.example.com/",
    "GIT_COMMIT": _SHA,
    "GIT_BRANCH": "origin/main",
    "BUILD_URL": "https://ci.example.com/job/app/7/",
    "GIT_URL": "git@git.example.com:acme/app.git",
}
_TRAVIS = {
    "TRAVIS": "true",
    "TRAVIS_COMMIT": _SHA,
    "TRAVIS_PULL_REQUEST_BRANCH": "",
    "TRAVIS_BRANCH": "main",
    "TRAVIS_BUILD_WEB_URL": "https://app.travis-ci.com/acme/app/builds/7",
}


def _origin(branch: str | None, run: str | None, repository: str | None) -> Origin:
    return Origin(commit=_SHA, branch=branch, run=run, repository=repository)


@pytest.mark.parametrize(
    ("environment", "service", "origin"),
    [
        (_GITHUB, "GitHub Actions", _origin("feature/cart", _GITHUB_RUN, "https://github.com/acme/app")),
        (
            {**_GITHUB, "GITHUB_REF": "refs/pull/7/merge", "GITHUB_HEAD_REF": "topic"},
            "GitHub Actions",
            _origin("topic", _GITHUB_RUN, "https://github.com/acme/app"),
        ),
        (
            {**_GITHUB, "GITHUB_REF": "refs/tags/v1", "GITHUB_SERVER_URL": "https://git.example.com:8443"},
            "GitHub Actions",
            _origin(
                None,
                "https://git.example.com:8443/acme/app/actions/runs/1658821493",
                "https://git.example.com:8443/acme/app",
            ),
        ),
        (
            {
                "GITLAB_CI": "true",
                "CI_COMMIT_SHA": _SHA,
                "CI_COMMIT_BRANCH": "main",
                "CI_PIPELINE_URL": "https://gitlab.com/acme/app/-/pipelines/5",
                "CI_PROJECT_URL": "https://gitlab.com/acme/app",
            },
            "GitLab CI/CD",
            _origin("main", "https://gitlab.com/acme/app/-/pipelines/5", "https://gitlab.com/acme/app"),
        ),
        (
            {"GITLAB_CI": "true", "CI_COMMIT_SHA": _SHA, "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "topic"},
            "GitLab CI/CD",
            _origin("topic", None, None),
        ),
        (
            {
                "CI_XCODE_CLOUD": "TRUE",
                "CI_COMMIT": _SHA,
                "CI_BRANCH": "main",
                "CI_BUILD_URL": "https://appstoreconnect.apple.com/teams/1/apps/2/ci/builds/3",
            },
            "Xcode Cloud",
            _origin("main", "https://appstoreconnect.apple.com/teams/1/apps/2/ci/builds/3", None),
        ),
        (
            {
                "BITRISE_IO": "true",
                "BITRISE_GIT_COMMIT": "",
                "GIT_CLONE_COMMIT_HASH": _SHA,
                "BITRISE_GIT_BRANCH": "main",
                "BITRISE_BUILD_URL": "https://app.bitrise.io/build/0123",
                "GIT_REPOSITORY_URL": "git@github.com:acme/app.git",
            },
            "Bitrise",
            _origin("main", "https://app.bitrise.io/build/0123", "https://github.com/acme/app"),
        ),
        (
            {
                "CIRCLECI": "true",
                "CIRCLE_SHA1": _SHA,
                "CIRCLE_BRANCH": "main",
                "CIRCLE_BUILD_URL": "https://circleci.com/gh/acme/app/7",
                "CIRCLE_REPOSITORY_URL": "https://github.com/acme/app",
            },
            "CircleCI",
            _origin("main", "https://circleci.com/gh/acme/app/7", "https://github.com/acme/app"),
        ),
        (
            {"CM_BUILD_ID": "b1", "CM_PROJECT_ID": "p1", "CM_COMMIT": _SHA, "CM_BRANCH": "main"},
            "Codemagic",
            _origin("main", "https://codemagic.io/app/p1/build/b1", None),
        ),
        (
            _AZURE,
            "Azure Pipelines",
            _origin(
                "main",
                "https://dev.azure.com/acme/The%20App/_build/results?buildId=77",
                "https://dev.azure.com/acme/The%20App/_git/app",
            ),
        ),
        (
            {
                "BITBUCKET_BUILD_NUMBER": "7",
                "BITBUCKET_COMMIT": _SHA,
                "BITBUCKET_BRANCH": "main",
                "BITBUCKET_REPO_FULL_NAME": "acme/app",
            },
            "Bitbucket Pipelines",
            _origin("main", "https://bitbucket.org/acme/app/pipelines/results/7", "https://bitbucket.org/acme/app"),
        ),
        (_TRAVIS, "Travis CI", _origin("main", "https://app.travis-ci.com/acme/app/builds/7", None)),
        (
            {**_TRAVIS, "TRAVIS_BRANCH": "v1", "TRAVIS_TAG": "v1"},
            "Travis CI",
            _origin(None, "https://app.travis-ci.com/acme/app/builds/7", None),
        ),
        (
            {
                "NETLIFY": "true",
                "COMMIT_REF": _SHA,
                "HEAD": "topic",
                "BRANCH": "pull/7/head",
                "SITE_NAME": "acme",
                "DEPLOY_ID": "d1",
                "REPOSITORY_URL": "https://x-access-token:v1.secret@github.com/acme/app",
            },
            "Netlify",
            _origin("topic", "https://app.netlify.com/sites/acme/deploys/d1", "https://github.com/acme/app"),
        ),
        (
            _JENKINS,
            "Jenkins",
            _origin("main", "https://ci.example.com/job/app/7/", "https://git.example.com/acme/app"),
        ),
        (
            {**_JENKINS, "CHANGE_BRANCH": "topic", "BRANCH_NAME": "PR-7", "BUILD_URL": "http://ci.local/job/7/"},
            "Jenkins",
            _origin("topic", None, "https://git.example.com/acme/app"),
        ),
    ],
)
def test_a_service_is_known_and_so_is_what_it_tells(environment: dict[str, str], service: str, origin: Origin) -> None:
    run = detect_run({"PATH": "/usr/bin", "CI": "true", **environment})
    assert run is not None
    assert (run.service, run.origin) == (service, origin)


@pytest.mark.parametrize("environment", [{}, {"CI": "true"}, {"GITHUB_ACTIONS": "false"}, {"TRAVIS": ""}])
def test_elsewhere_there_is_no_run(environment: dict[str, str]) -> None:
    assert detect_run(environment) is None


def test_a_service_that_tells_nothing_is_still_known() -> None:
    run = detect_run({"GITHUB_ACTIONS": "true"})
    assert run is not None
    assert run.origin == Origin()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://user:secret@github.com/acme/app.git?token=secret#secret", "https://github.com/acme/app"),
        ("https://token@git.example.com:8443/acme/app.git/", "https://git.example.com:8443/acme/app"),
        ("ssh://git@git.example.com:2222/acme/app.git", "https://git.example.com/acme/app"),
        ("ssh://git.example.com/acme/app", "https://git.example.com/acme/app"),
        ("git@github.com:acme/app.git", "https://github.com/acme/app"),
        ("http://git.example.com/acme/app", None),
        ("file:///srv/app.git", None),
        ("/srv/app.git", None),
        ("C:/srv/app.git", None),
        ("https://[", None),
        ("https://example.com:port/", None),
        ("", None),
    ],
)
def test_a_repositorys_page_has_no_secret_in_it(text: str, address: str | None) -> None:
    assert repository_address(text) == address


def test_an_address_is_written_so_that_it_ends_no_text() -> None:
    assert public_address('https://example.com/a b"<c>') == "https://example.com/a%20b%22%3Cc%3E"
