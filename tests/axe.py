"""axe-core, run inside a page that a browser shows: the faults that keep somebody from using it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver

# What is folded away is opened first: axe looks at nothing that is hidden.
RUN = """
const done = arguments[0];
for (const fold of document.querySelectorAll("details")) fold.open = true;
axe.run(document, { resultTypes: ["violations"] }).then(
  found => done(found.violations.flatMap(fault =>
    fault.nodes.map(node => `${fault.id}: ${node.target.join(" ")}: ${node.failureSummary}`))),
  error => done([String(error)]));
"""


def violations(driver: WebDriver, package: Path) -> list[str]:
    """Return the violations of all rules of axe-core, its best practices too, each with the element's selector.

    package: the folder of npm's axe-core. WebDriver's scripts run in spite of a Content-Security-Policy.
    """
    if not driver.execute_script("return window.axe !== undefined"):
        driver.execute_script((package / "axe.min.js").read_text("utf-8"))
    found: list[str] = driver.execute_async_script(RUN)
    return found
