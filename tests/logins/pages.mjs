// A client that is a web page: the browser asks the servers whether it may.

import assert from "node:assert/strict";
import { Client } from "./client.mjs";
import { startIssuer } from "./issuer.mjs";
import { logIn } from "./person.mjs";
import { FORMATS, startVerifier } from "./verifier.mjs";

export async function run({ program, people, report }) {
  const modes = [
    ["issuer", () => startIssuer(program)],
    ...FORMATS.map(([format, mode]) => [mode, () => startVerifier(program, { format })]),
  ];
  for (const { kind, make } of people.filter(({ surfs }) => surfs)) {
    for (const [mode, start] of modes) {
      await report.run("a client that is a web page", kind, mode, async () => {
        const { mxcp, provider } = await start();
        const [person, client] = [await make(), await Client.of(mxcp.url)];
        try {
          client.fetch = await person.fetchFrom(new URL("/", client.redirect).href);
          await client.discover();
          // The provider lets no page register.
          await (mode === "issuer" ? client.register() : registerElsewhere(client));
          await loginAndCalls(person, client);
        } catch (error) {
          error.stack += `\nthe server wrote:\n${await mxcp.log()}`;
          throw error;
        } finally {
          await Promise.all([mxcp.stop(), person.close()]);
          for (const it of [provider, client]) it.stop();
        }
      });
    }
  }
}

async function registerElsewhere(client) {
  const own = client.fetch;
  client.fetch = fetch;
  await client.register();
  client.fetch = own;
}

async function loginAndCalls(person, client) {
  const arrival = client.arrival();
  await logIn(person, client.departure(), "ada");
  const granted = await client.redeem((await arrival).code);
  assert.equal(granted.status, 200, JSON.stringify(granted));
  assert.equal((await client.call(granted.access_token)).who.who, "ada");
  assert.equal((await client.refresh(granted.refresh_token)).status, 200);
  const refused = await client.call("nonsense");
  assert.equal(refused.status, 401);
  assert.match(refused.challenge, /error="invalid_token"/);
}
