// What Lighthouse says of pages, as JSON on stdout, one Chromium for all of them.
//   node lighthouse.mjs '{"chromium": PATH, "urls": [...], "settings": {...}}'
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

// As root Chromium starts only without its sandbox; the tests' server has a certificate of its own.
const chromeFlags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors"];

function report({ requestedUrl, categories, audits, runtimeError }) {
  if (runtimeError) throw new Error(`${requestedUrl}: ${runtimeError.message}`);
  const scores = Object.fromEntries(Object.values(categories).map(({ id, score }) => [id, score]));
  const counted = Object.values(categories).flatMap(({ auditRefs }) => auditRefs.filter(({ weight }) => weight > 0));
  const failed = counted.map(({ id }) => audits[id]).filter(({ score }) => score !== null && score < 1);
  return { scores, failed: failed.map(({ id, title, displayValue }) => [id, title, displayValue].join(" ").trim()) };
}

const { chromium, urls, settings } = JSON.parse(process.argv[2]);
const chrome = await launch({ chromePath: chromium, chromeFlags, logLevel: "silent" });
try {
  const reports = [];
  for (const url of urls) {
    const flags = { port: chrome.port, logLevel: "silent" };
    const { lhr } = await lighthouse(url, flags, { extends: "lighthouse:default", settings });
    reports.push(report(lhr));
  }
  console.log(JSON.stringify(reports));
} finally {
  chrome.kill();
}
