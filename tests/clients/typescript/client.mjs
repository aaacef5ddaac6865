// Calls one tool with the TypeScript SDK, over every transport and in every era, and checks the answer.
//
//     npm install --prefix tests/clients/typescript
//     node tests/clients/typescript/client.mjs --http http://127.0.0.1:8000/mcp --stdio "mxcp serve --transport stdio" \
//         --tool add --arguments '{"a": 1, "b": 2}' --expect '{"result": 3}'
//
// `--expect` is the structured content, or the list of texts where a result has none.

import { isDeepStrictEqual, parseArgs } from "node:util";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const MODES = ["legacy", { pin: "2026-07-28" }, "auto"];

const { values: options } = parseArgs({
  options: {
    http: { type: "string" },
    stdio: { type: "string" },
    tool: { type: "string" },
    arguments: { type: "string", default: "{}" },
    expect: { type: "string" },
  },
});
if (!options.tool || !options.expect || !(options.http || options.stdio)) {
  console.error("usage: client.mjs [--http URL] [--stdio COMMAND] --tool NAME [--arguments JSON] --expect JSON");
  process.exit(2);
}
const callArguments = JSON.parse(options.arguments);
const expected = JSON.parse(options.expect);

/** What to connect to, by the name of the transport; a fresh one for each connection. */
const transports = [];
if (options.http) {
  transports.push(["http", () => new StreamableHTTPClientTransport(new URL(options.http))]);
}
if (options.stdio) {
  const [command, ...args] = words(options.stdio);
  transports.push(["stdio", () => new StdioClientTransport({ command, args })]);
}

/** Splits a command line at spaces; quotes keep words together. */
function words(line) {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3]);
}

async function allTools(client) {
  const names = [];
  let cursor;
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor });
    names.push(...page.tools.map((tool) => tool.name));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return names;
}

/** What is wrong with the server's answers, if anything. */
async function problem(transport, mode) {
  const client = new Client({ name: "mxcp-test-client", version: "1" }, { versionNegotiation: { mode } });
  await client.connect(transport);
  try {
    const version = client.getNegotiatedProtocolVersion();
    if (mode.pin && version !== mode.pin) return `negotiated ${version} instead of ${mode.pin}`;
    const names = await allTools(client);
    if (!names.includes(options.tool)) return `tool ${options.tool} is not among the listed ${names}`;
    const result = await client.callTool({ name: options.tool, arguments: callArguments });
    const answer = result.structuredContent ?? result.content.map((block) => block.text);
    if (result.isError) return `the call failed: ${JSON.stringify(answer)}`;
    if (!isDeepStrictEqual(answer, expected)) {
      return `expected ${JSON.stringify(expected)}, got ${JSON.stringify(answer)}`;
    }
  } finally {
    await client.close();
  }
}

let failures = 0;
for (const [name, connect] of transports) {
  for (const mode of MODES) {
    const found = await problem(connect(), mode).catch((error) => `${error.name}: ${error.message}`);
    failures += found ? 1 : 0;
    console.log(`${found ? "FAILED" : "ok    "} typescript ${name.padEnd(5)} ${mode.pin ?? mode} ${found ?? ""}`.trimEnd());
  }
}
process.exit(failures ? 1 : 0);
