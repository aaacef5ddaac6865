// People and clients that log in, in both modes, at a real identity provider and at those that the suites play.
//
// usage: node main.mjs --mxcp PROGRAM --screenshots DIR [--chromium PROGRAM] [--only TEXT]
//                      [--python PROGRAM --python-client SCRIPT] [--typescript-client SCRIPT] [--kinds PROGRAM]

import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import * as clients from "./clients.mjs";
import * as issuer from "./issuer.mjs";
import * as kinds from "./kinds.mjs";
import { Surfer, Walker } from "./person.mjs";
import { Report } from "./report.mjs";
import * as verifier from "./verifier.mjs";

const { values: options } = parseArgs({
  options: {
    mxcp: { type: "string" },
    screenshots: { type: "string" },
    chromium: { type: "string" },
    python: { type: "string" },
    "python-client": { type: "string" },
    "typescript-client": { type: "string" },
    kinds: { type: "string" },
    only: { type: "string" },
  },
});

const report = new Report(options.only);
const people = [{ kind: Walker.kind, make: async () => new Walker() }];
const programs = [];
if (options.python) programs.push(["Python SDK", [options.python, options["python-client"]]]);
if (options["typescript-client"]) programs.push(["TypeScript SDK", [process.execPath, options["typescript-client"]]]);
let browser;
if (options.chromium) {
  browser = await chromium.launch({ executablePath: options.chromium, args: ["--no-sandbox"] });
  people.push({ kind: Surfer.kind, make: () => Surfer.with(browser, options.screenshots) });
} else {
  report.skip("all flows", Surfer.kind, "both", "there is no Chromium");
}
try {
  const world = { program: options.mxcp, people, report };
  await issuer.run(world);
  await verifier.run(world);
  if (options.kinds) await kinds.run({ ...world, kinds: options.kinds });
  await clients.run({ ...world, clients: programs });
} finally {
  await browser?.close();
}
process.exit(report.finish() ? 0 : 1);
