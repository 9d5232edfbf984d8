"""Detect the current CI run: its commit, branch, run and repository, from the environment.

The comment above each service links the documentation of its variables. User name, password and query are removed
from addresses: Netlify's REPOSITORY_URL has been seen with a token in it.
"""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from ota_site.model.records import Record
from ota_site.model.texts import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

# Git's addresses of repositories over SSH.
_SSH = re.compile(r"(?:ssh://(?:[^@/\s]+@)?|[^@/:\s]+@)(?P<host>[^@:/\s]+)(?::\d+/|:|/)(?P<path>[^:\s]+)")


class Run(Record, kw_only=True):
    """A CI run of `service`, and the origin of its builds."""

    service: str
    origin: Origin


class _CiService(Record, kw_only=True):
    """A CI service: `sign` is the variable that identifies it, the others are templates, the best first.

    `{NAME}` is a variable; a template with an unset variable is skipped. `query` is appended to the run's address.
    `tag` is a variable that is set for builds of a tag: then the branch variable contains the tag.
    """

    name: str
    sign: str
    commit: tuple[str, ...]
    branch: tuple[str, ...]
    run: tuple[str, ...]
    query: str = ""
    repository: tuple[str, ...] = ()
    tag: str = ""


_SERVICES = (
    # docs.github.com/actions/reference/workflows-and-actions/variables
    _CiService(
        name="GitHub Actions",
        sign="GITHUB_ACTIONS",
        commit=("{GITHUB_SHA}",),
        branch=("{GITHUB_HEAD_REF}", "{GITHUB_REF}"),
        run=("{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",),
        repository=("{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}",),
    ),
    # docs.gitlab.com/ci/variables/predefined_variables
    _CiService(
        name="GitLab CI/CD",
        sign="GITLAB_CI",
        commit=("{CI_COMMIT_SHA}",),
        branch=("{CI_MERGE_REQUEST_SOURCE_BRANCH_NAME}", "{CI_COMMIT_BRANCH}"),
        run=("{CI_PIPELINE_URL}",),
        repository=("{CI_PROJECT_URL}",),
    ),
    # developer.apple.com/documentation/xcode/environment-variable-reference; it has no variable for the repository.
    _CiService(
        name="Xcode Cloud",
        sign="CI_XCODE_CLOUD",
        commit=("{CI_COMMIT}",),
        branch=("{CI_PULL_REQUEST_SOURCE_BRANCH}", "{CI_BRANCH}"),
        run=("{CI_BUILD_URL}",),
    ),
    # devcenter.bitrise.io/en/references/available-environment-variables.html
    _CiService(
        name="Bitrise",
        sign="BITRISE_IO",
        commit=("{BITRISE_GIT_COMMIT}", "{GIT_CLONE_COMMIT_HASH}"),
        branch=("{BITRISE_GIT_BRANCH}",),
        run=("{BITRISE_BUILD_URL}",),
        repository=("{GIT_REPOSITORY_URL}",),
        tag="BITRISE_GIT_TAG",
    ),
    # circleci.com/docs/reference/variables
    _CiService(
        name="CircleCI",
        sign="CIRCLECI",
        commit=("{CIRCLE_SHA1}",),
        branch=("{CIRCLE_BRANCH}",),
        run=("{CIRCLE_BUILD_URL}",),
        repository=("{CIRCLE_REPOSITORY_URL}",),
        tag="CIRCLE_TAG",
    ),
    # docs.codemagic.io/yaml-basic-configuration/environment-variables; its repository slug has no host.
    _CiService(
        name="Codemagic",
        sign="CM_BUILD_ID",
        commit=("{CM_COMMIT}",),
        branch=("{CM_BRANCH}",),
        run=("https://codemagic.io/app/{CM_PROJECT_ID}/build/{CM_BUILD_ID}",),
        tag="CM_TAG",
    ),
    # learn.microsoft.com/azure/devops/pipelines/build/variables
    _CiService(
        name="Azure Pipelines",
        sign="TF_BUILD",
        commit=("{BUILD_SOURCEVERSION}",),
        branch=("{SYSTEM_PULLREQUEST_SOURCEBRANCH}", "{BUILD_SOURCEBRANCH}"),
        run=("{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results",),
        query="?buildId={BUILD_BUILDID}",
        repository=("{BUILD_REPOSITORY_URI}",),
    ),
    # support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets
    _CiService(
        name="Bitbucket Pipelines",
        sign="BITBUCKET_BUILD_NUMBER",
        commit=("{BITBUCKET_COMMIT}",),
        branch=("{BITBUCKET_BRANCH}",),
        run=("https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",),
        repository=("https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}",),
        tag="BITBUCKET_TAG",
    ),
    # docs.travis-ci.com/user/environment-variables; its repository slug has no host.
    _CiService(
        name="Travis CI",
        sign="TRAVIS",
        commit=("{TRAVIS_COMMIT}",),
        branch=("{TRAVIS_PULL_REQUEST_BRANCH}", "{TRAVIS_BRANCH}"),
        run=("{TRAVIS_BUILD_WEB_URL}",),
        tag="TRAVIS_TAG",
    ),
    # docs.netlify.com/build/configure-builds/environment-variables
    _CiService(
        name="Netlify",
        sign="NETLIFY",
        commit=("{COMMIT_REF}",),
        branch=("{HEAD}", "{BRANCH}"),
        run=("https://app.netlify.com/sites/{SITE_NAME}/deploys/{DEPLOY_ID}",),
        repository=("{REPOSITORY_URL}",),
    ),
    # www.jenkins.io/doc/book/pipeline/jenkinsfile and plugins.jenkins.io/git, whose GIT_BRANCH includes the remote.
    _CiService(
        name="Jenkins",
        sign="JENKINS_URL",
        commit=("{GIT_COMMIT}",),
        branch=("{CHANGE_BRANCH}", "{BRANCH_NAME}", "{GIT_LOCAL_BRANCH}", "{GIT_BRANCH}"),
        run=("{BUILD_URL}",),
        repository=("{GIT_URL}",),
        tag="TAG_NAME",
    ),
)


def detect_run(environment: Mapping[str, str]) -> Run | None:
    """Return the current CI run; None outside CI. Unknown values, and addresses that are not https, are None."""
    for service in _SERVICES:
        if environment.get(service.sign, "").lower() not in ("", "false", "0"):
            return Run(service=service.name, origin=_origin(service, environment))
    return None


def _origin(service: _CiService, environment: Mapping[str, str]) -> Origin:
    repository = _first(service.repository, environment)
    run = public_address(_first(service.run, environment) or "")
    query = _first((service.query,), environment) or ""
    return Origin(
        commit=_first(service.commit, environment),
        branch=None if environment.get(service.tag) else _branch(_first(service.branch, environment)),
        run=run and run + quote(query, safe="?="),
        repository=repository and repository_address(repository),
    )


def _first(forms: tuple[str, ...], environment: Mapping[str, str]) -> str | None:
    """Return the first template whose variables are all set, filled in; None if there is none."""
    for form in forms:
        names = [name for _, name, _, _ in Formatter().parse(form) if name]
        if all(environment.get(name) for name in names):
            return form.format_map(environment)
    return None


def _branch(name: str | None) -> str | None:
    """Return the short name of a branch; None for other references, such as tags."""
    if name is None or name.startswith("refs/heads/"):
        return name and name.removeprefix("refs/heads/")
    return None if name.startswith("refs/") else name.removeprefix("origin/")


def repository_address(text: str) -> str | None:
    """Return the web page of a repository from any address that git accepts; None if it has no https address."""
    ssh = _SSH.fullmatch(text)
    url = f"https://{ssh['host']}/{ssh['path']}" if ssh else text
    page = public_address(url)
    return page and page.rstrip("/").removesuffix(".git")


def public_address(url: str) -> str | None:
    """Return an https address without parts that could contain a secret; None for other addresses."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme != "https" or not host:
        return None
    name = f"[{host}]" if ":" in host else host
    return f"https://{name}{f':{port}' if port else ''}{quote(parts.path, safe='/%:@!$&()*+,;=~')}"
