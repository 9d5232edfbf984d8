// What Netlify's own parsers make of our files, as JSON. Nothing is asked of Netlify itself.
//   node netlify.mjs config <repository> [--context production] [--branch main]
//   node netlify.mjs headers <_headers file>
import { parseArgs } from "node:util";
import { resolveConfig } from "@netlify/config";
import { parseAllHeaders } from "@netlify/headers-parser";

async function config(repositoryRoot, { context, branch }) {
  const options = { repositoryRoot, cwd: repositoryRoot, context, branch };
  const resolved = await resolveConfig({ ...options, mode: "buildbot", offline: true, buffer: true });
  return { configPath: resolved.configPath, context, branch, ...resolved.config };
}

async function headers(path) {
  const parsed = await parseAllHeaders({ headersFiles: [path], configHeaders: [], minimal: false });
  const rules = parsed.headers.map(({ forRegExp, ...rule }) => ({ ...rule, pattern: forRegExp.source }));
  return { headers: rules, errors: parsed.errors.map((error) => error.message) };
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    context: { type: "string", default: "production" },
    branch: { type: "string", default: "main" },
  },
});
const [command, path] = positionals;
const commands = { config, headers };
if (!(command in commands) || !path) {
  console.error("usage: netlify.mjs config|headers PATH [--context NAME] [--branch NAME]");
  process.exit(2);
}
console.log(JSON.stringify(await commands[command](path, values), null, 2));
