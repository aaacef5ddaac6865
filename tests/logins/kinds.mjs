// The providers that the suites play: GitHub, Google, Atlassian, Salesforce, Keycloak, Entra and any other of OpenID Connect. They
// ask nothing; whoever comes is Ada, and sent back.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Client } from "./client.mjs";
import { Mxcp, freePort } from "./mxcp.mjs";
import { logIn } from "./person.mjs";

export async function run({ program, people, report, kinds }) {
  const players = spawn(kinds, { stdio: ["pipe", "pipe", "inherit"] });
  try {
    const lines = createInterface({ input: players.stdout })[Symbol.asyncIterator]();
    const settings = JSON.parse((await lines.next()).value);
    for (const [kind, auth] of Object.entries(settings)) {
      for (const { kind: client, make } of people) {
        await report.run(`login, consent page, refresh at ${kind}`, client, "issuer", () => flow(program, auth, make));
      }
    }
  } finally {
    const gone = once(players, "exit");
    players.stdin.end();
    await gone;
  }
}

async function flow(program, auth, make) {
  const mxcp = await Mxcp.start(program, await freePort(), { ...auth, consent: true });
  const [person, client] = [await make(), await Client.of(mxcp.url)];
  try {
    await client.discover();
    await client.register();
    const arrival = client.arrival();
    assert.deepEqual(await logIn(person, client.departure(), "ada"), ["Allow access?"]);
    const first = await client.redeem((await arrival).code);
    assert.equal(first.status, 200, JSON.stringify(first));
    const { who } = await client.call(first.access_token);
    assert.match(who.who, /^ada(@corp\.example)?$/);
    assert.deepEqual({ ...who, who: "ada" }, { who: "ada", email: "ada@example.org", token: true });
    const second = await client.refresh(first.refresh_token);
    assert.equal((await client.call(second.access_token)).who.who, who.who);
    assert.equal((await client.call(first.access_token)).status, 401);
  } catch (error) {
    error.stack += `\nthe server wrote:\n${await mxcp.log()}`;
    throw error;
  } finally {
    await Promise.all([mxcp.stop(), person.close()]);
    client.stop();
  }
}
