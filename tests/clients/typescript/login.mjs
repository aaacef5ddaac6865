// Logs in with the TypeScript SDK, which finds out by itself how, and calls one tool.
//
//     npm install --prefix tests/clients/typescript
//     node tests/clients/typescript/login.mjs --url http://localhost:8000/mcp --tool who
//
// It writes `OPEN <URL>` when somebody has to go to a page, and waits for that person's browser to come back. It writes
// `CALLED <JSON>` for a result and `FAILED <reason>` for anything else, once for every era of the protocol. Each line that it
// reads makes it call again, in the era `auto`, with the tokens that it has.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";

const ERAS = ["auto", "legacy", { pin: "2026-07-28" }];

const { values: options } = parseArgs({
  options: {
    url: { type: "string" },
    tool: { type: "string" },
    document: { type: "string" },
    port: { type: "string", default: "0" },
  },
});
if (!options.url || !options.tool) {
  console.error("usage: login.mjs --url URL --tool NAME [--document URL] [--port N]");
  process.exit(2);
}

let arrive;
const listener = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://127.0.0.1");
  response.writeHead(pathname === "/callback" ? 200 : 404, { "content-type": "text/html", connection: "close" });
  response.end("<!DOCTYPE html><title>Done</title><p>Done.");
  if (pathname === "/callback") arrive?.(searchParams);
});
listener.listen(Number(options.port), "127.0.0.1");
await once(listener, "listening");
const redirect = `http://127.0.0.1:${listener.address().port}/callback`;

/** What the SDK asks of a program that uses it; it is remembered as long as the program runs. */
const memory = {};
let arrival;
const provider = {
  redirectUrl: redirect,
  clientMetadataUrl: options.document,
  clientMetadata: {
    application_type: "native",
    client_name: "TypeScript SDK",
    grant_types: ["authorization_code", "refresh_token"],
    redirect_uris: [redirect],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  },
  state: () => (memory.state = randomBytes(16).toString("base64url")),
  clientInformation: () => memory.client,
  saveClientInformation: (client) => void (memory.client = client),
  tokens: () => memory.tokens,
  saveTokens: (tokens) => void (memory.tokens = tokens),
  codeVerifier: () => memory.verifier,
  saveCodeVerifier: (verifier) => void (memory.verifier = verifier),
  discoveryState: () => memory.discovery,
  saveDiscoveryState: (discovery) => void (memory.discovery = discovery),
  invalidateCredentials: (what) => {
    const names = { all: ["client", "tokens", "verifier", "discovery"] }[what] ?? [what];
    for (const name of names) delete memory[name];
  },
  redirectToAuthorization(url) {
    arrival = new Promise((resolve) => (arrive = resolve));
    console.log(`OPEN ${url}`);
  },
};

async function connected(mode) {
  const client = () => new Client({ name: "logins", version: "1" }, { versionNegotiation: { mode } });
  const transport = () => new StreamableHTTPClientTransport(new URL(options.url), { authProvider: provider });
  const first = transport();
  try {
    const refused = client();
    await refused.connect(first);
    return refused;
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
  }
  const parameters = await arrival;
  if (parameters.get("state") !== memory.state) throw new Error("somebody else's state");
  if (parameters.has("error")) throw new Error(parameters.get("error"));
  await first.finishAuth(parameters);
  const accepted = client();
  await accepted.connect(transport());
  return accepted;
}

async function call(mode) {
  try {
    const client = await connected(mode);
    try {
      const { tools } = await client.listTools();
      if (!tools.some(({ name }) => name === options.tool)) throw new Error(`${options.tool} is not listed`);
      const result = await client.callTool({ name: options.tool, arguments: {} });
      const { text } = result.content[0];
      if (result.isError) throw new Error(text);
      console.log(`CALLED ${JSON.stringify(JSON.parse(text))}`);
    } finally {
      await client.close();
    }
  } catch (error) {
    console.log(`FAILED ${error.name}: ${error.message.replace(/\s+/g, " ")}`);
  }
}

for (const mode of ERAS) await call(mode);
for await (const _ of createInterface({ input: process.stdin })) await call("auto");
process.exit(0);
