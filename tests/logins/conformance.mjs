// The scenarios of the conformance suite for authorization servers, against mxcp in front of a real provider. The suite leaves its
// reports; what came of them is for whoever started this.
//
// usage: node conformance.mjs --mxcp PROGRAM --suite SCRIPT --output DIR

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { startIssuer } from "./issuer.mjs";
import { freePort } from "./mxcp.mjs";
import { Walker, logIn } from "./person.mjs";

const { values: options } = parseArgs({
  options: { mxcp: { type: "string" }, suite: { type: "string" }, output: { type: "string" } },
});

const port = await freePort();
// The suite does not register itself.
const client = { client_id: "conformance", name: "Conformance suite", redirect_uris: [`http://127.0.0.1:${port}/callback`] };
const { mxcp, provider } = await startIssuer(options.mxcp, { clients: [client] });
try {
  const suite = spawn(
    process.execPath,
    [
      ...[options.suite, "authorization", "--url", mxcp.base, "--resource", mxcp.url],
      ...["--client-id", client.client_id, "--port", String(port), "--output-dir", options.output],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const gone = once(suite, "exit");
  for await (const line of createInterface({ input: suite.stdout })) {
    // It asks for somebody to go there and log in.
    if (line.startsWith(mxcp.base)) await logIn(new Walker(), line, "ada");
  }
  await gone;
} finally {
  await mxcp.stop();
  provider.stop();
}
process.exit(0);
