// People and clients that log in, in both modes, at a real identity provider and at those that the suites play.
//
// The folder of certificates has those of an authority (`authority.pem`), and of servers on this machine (`server.pem`, `server.key`).
// This program has to trust the authority, by the variable NODE_EXTRA_CA_CERTS. It is alone where it has a network of its own, and
// may do there what it likes.
//
// usage: node main.mjs --mxcp PROGRAM --screenshots DIR [--chromium PROGRAM] [--only TEXT]
//                      [--certificates DIR [--alone]]
//                      [--python PROGRAM --python-client SCRIPT] [--typescript-client SCRIPT] [--kinds PROGRAM]

import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import * as clients from "./clients.mjs";
import * as documents from "./documents.mjs";
import * as issuer from "./issuer.mjs";
import * as kinds from "./kinds.mjs";
import * as pages from "./pages.mjs";
import { Mxcp } from "./mxcp.mjs";
import { Surfer, Walker } from "./person.mjs";
import { Report } from "./report.mjs";
import * as verifier from "./verifier.mjs";

const { values: options } = parseArgs({
  options: {
    mxcp: { type: "string" },
    screenshots: { type: "string" },
    chromium: { type: "string" },
    certificates: { type: "string" },
    alone: { type: "boolean", default: false },
    python: { type: "string" },
    "python-client": { type: "string" },
    "typescript-client": { type: "string" },
    kinds: { type: "string" },
    only: { type: "string" },
  },
});

const file = (name) => join(options.certificates, name);
const encryption = options.certificates && { certificate: file("server.pem"), key: file("server.key") };
const alone = encryption && options.alone;
if (encryption) Mxcp.authorities = file("authority.pem");
if (alone) documents.prepareNetwork();

const report = new Report(options.only);
const people = [{ kind: Walker.kind, make: async () => new Walker() }];
const programs = [];
if (options.python) programs.push(["Python SDK", [options.python, options["python-client"]]]);
if (options["typescript-client"]) programs.push(["TypeScript SDK", [process.execPath, options["typescript-client"]]]);
let browser;
if (options.chromium) {
  browser = await chromium.launch({ executablePath: options.chromium, args: ["--no-sandbox"] });
  people.push({ kind: Surfer.kind, surfs: true, make: () => Surfer.with(browser, options.screenshots) });
} else {
  report.skip("all flows", Surfer.kind, "both", "there is no Chromium");
}
try {
  const world = { program: options.mxcp, people, report };
  await issuer.run(world);
  await verifier.run(world);
  if (encryption) {
    await issuer.run({ ...world, encryption });
    await verifier.run({ ...world, encryption });
  } else {
    report.skip("all flows", "all", "https", "there is no OpenSSL 3 that makes certificates");
  }
  if (alone) await documents.run({ ...world, encryption });
  else report.skip("clients that are their documents", "all", "issuer", clients.ALONE);
  if (options.kinds) await kinds.run({ ...world, kinds: options.kinds });
  await pages.run(world);
  await clients.run({ ...world, clients: programs, encryption, alone });
} finally {
  await browser?.close();
}
process.exit(report.finish() ? 0 : 1);
