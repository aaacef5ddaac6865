// Clients that are their documents, in issuer mode: mxcp gets these from public addresses only. That takes a network of our own, in
// which a public address is this machine's.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "./client.mjs";
import { startIssuer } from "./issuer.mjs";
import { logIn } from "./person.mjs";
import { DOCUMENT, documentOf } from "./provider.mjs";

const PUBLIC = "1.2.3.4";

/** Names that lead to this machine: by a public address, by a private one, and by both. */
const HOSTS = [
  [PUBLIC, "client.example"],
  ["127.0.0.1", "private.example"],
  [PUBLIC, "both.example"],
  ["10.0.0.1", "both.example"],
];

/** Gives a fresh network its addresses and names. */
export function prepareNetwork() {
  assert.deepEqual(Object.keys(networkInterfaces()), [], "this network is not a fresh one of our own");
  execFileSync("ip", ["link", "set", "lo", "up"]);
  for (const address of [PUBLIC, "10.0.0.1"]) execFileSync("ip", ["address", "add", `${address}/32`, "dev", "lo"]);
  const lines = HOSTS.map((host) => host.join(" "));
  const file = join(tmpdir(), `mxcp-logins-hosts-${process.pid}`);
  writeFileSync(file, [readFileSync("/etc/hosts", "utf8").trimEnd(), ...lines, ""].join("\n"));
  execFileSync("mount", ["--bind", file, "/etc/hosts"]);
  rmSync(file);
}

/** Publishes the document of a client, whatever its address, and remembers who was asked for it. */
export async function publish(encryption, redirects) {
  const hosts = [];
  const files = { cert: readFileSync(encryption.certificate), key: readFileSync(encryption.key) };
  const server = createServer(files, (request, response) => {
    hosts.push(request.headers.host);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(documentOf(`https://${request.headers.host}${request.url}`, redirects)));
  });
  await new Promise((resolve) => server.listen(443, "0.0.0.0", resolve));
  return {
    hosts,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

export async function run({ program, people, report, encryption }) {
  for (const { kind, make } of people) {
    const flow = (name, act) =>
      report.run(name, kind, "issuer", async () => {
        const { mxcp, provider } = await startIssuer(program);
        const [person, client] = [await make(), await Client.of(mxcp.url)];
        const documents = await publish(encryption, [client.redirect]);
        try {
          await client.discover();
          assert.equal(client.metadata.client_id_metadata_document_supported, true);
          await act({ person, client, documents });
        } catch (error) {
          error.stack += `\nthe server wrote:\n${await mxcp.log()}`;
          throw error;
        } finally {
          await Promise.all([mxcp.stop(), person.close()]);
          for (const it of [provider, client, documents]) it.stop();
        }
      });
    await flow("a client that is its document", known);
    await flow("documents at private addresses are not fetched", unknown);
  }
}

async function known({ person, client, documents }) {
  client.id = DOCUMENT;
  const arrival = client.arrival();
  const before = (heading) => heading === "Allow access?" && assert.match(person.text, /A client with a document/);
  await logIn(person, client.departure(), "ada", { before });
  const granted = await client.redeem((await arrival).code);
  assert.equal((await client.call(granted.access_token)).who.who, "ada");
  assert.equal((await client.refresh(granted.refresh_token)).status, 200);
  assert.deepEqual(documents.hosts, ["client.example"]);
}

async function unknown({ person, client, documents }) {
  for (const host of ["private.example", "both.example", "127.0.0.1", "10.0.0.1", "localhost"]) {
    client.id = `https://${host}/client.json`;
    await person.open(client.departure());
    assert.deepEqual([person.status, person.heading], [400, "The login can\u2019t go on"], host);
  }
  assert.deepEqual(documents.hosts, []);
}
