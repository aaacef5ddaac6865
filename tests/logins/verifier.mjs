// Verifier mode: the provider is the authorization server, and mxcp verifies its tokens.

import assert from "node:assert/strict";
import { Client } from "./client.mjs";
import { Mxcp, freePort, origin } from "./mxcp.mjs";
import { logIn } from "./person.mjs";
import { APPLICATION, startProvider } from "./provider.mjs";

/** How tokens are verified, by the provider's name for the kind of token. */
export const FORMATS = [
  ["jwt", "verifier, JWT"],
  ["opaque", "verifier, introspection"],
];

/** mxcp beside a provider, whose tokens are of a kind. */
export async function startVerifier(program, { format, lifetime, redirects, encryption }) {
  const port = await freePort();
  const resource = `${origin(port, encryption)}/mcp`;
  const provider = await startProvider({ resource, format, lifetime, redirects, encryption });
  const oidc = {
    client_id: APPLICATION.id,
    client_secret: APPLICATION.secret,
    config_url: provider.config,
    scope: "openid",
    audience: resource,
  };
  // The provider gives nothing to clients that ask for nothing; which scope is needed they learn from mxcp.
  const authorization = { required_scopes: ["use"] };
  const auth = { mode: "verifier", provider: "oidc", oidc, authorization };
  const mxcp = await Mxcp.start(program, port, auth, encryption);
  return { mxcp, provider };
}

export async function run({ program, people, report, encryption }) {
  for (const [format, how] of FORMATS) {
    const mode = encryption ? `${how}, https` : how;
    for (const { kind, make } of people) {
      const flow = (name, act, settings) =>
        report.run(name, kind, mode, async () => {
          const { mxcp, provider } = await startVerifier(program, { format, encryption, ...settings });
          const [person, client] = [await make(), await Client.of(mxcp.url)];
          try {
            await client.discover();
            await client.register();
            await act({ mxcp, provider, person, client, format });
          } catch (error) {
            error.stack += `\nthe server wrote:\n${await mxcp.log()}`;
            throw error;
          } finally {
            await Promise.all([mxcp.stop(), person.close()]);
            provider.stop();
            client.stop();
          }
        });

      await flow("login, refresh, restart in mid-flow", loginAndRefresh);
      await flow("denied at the provider", denied);
      await flow("expiry", expired, { lifetime: 3 });
      await flow("token for another server", elsewhere);
      if (format === "opaque") await flow("revocation", revoked);
    }
  }
}

async function tokens({ person, client }, { resource, ...answers } = {}) {
  const arrival = client.arrival();
  const pages = await logIn(person, client.departure(resource), "ada", answers);
  const { code, error } = await arrival;
  assert.equal(error, null);
  const granted = await client.redeem(code);
  assert.equal(granted.status, 200, JSON.stringify(granted));
  return { ...granted, pages };
}

async function loginAndRefresh(world) {
  const { mxcp, client, format } = world;
  const first = await tokens(world, { before: () => mxcp.restart() });
  assert.deepEqual(first.pages, ["Sign-in", "Authorize"]);
  assert.equal(first.access_token.split(".").length === 3, format === "jwt");
  assert.deepEqual((await client.call(first.access_token)).who, { who: "ada", email: "ada@example.org", token: true });
  const second = await client.refresh(first.refresh_token);
  assert.equal(second.status, 200, JSON.stringify(second));
  assert.equal((await client.call(second.access_token)).who.who, "ada");
}

async function denied({ person, client }) {
  const arrival = client.arrival();
  await logIn(person, client.departure(), "ada", { theirs: "deny" });
  assert.deepEqual(await arrival, { code: null, error: "access_denied" });
}

async function expired(world) {
  const { client } = world;
  const granted = await tokens(world);
  const end = Date.now() + 20_000;
  let answer;
  do {
    answer = await client.call(granted.access_token);
    await new Promise((resolve) => setTimeout(resolve, 200));
  } while (answer.status === 200 && Date.now() < end);
  assert.equal(answer.status, 401);
  assert.match(answer.challenge, /error="invalid_token"/);
  const fresh = await client.refresh(granted.refresh_token);
  assert.equal((await client.call(fresh.access_token)).status, 200);
}

async function elsewhere(world) {
  const { client } = world;
  const granted = await tokens(world, { resource: "http://localhost:9/mcp" });
  assert.equal((await client.call(granted.access_token)).status, 401);
}

async function revoked(world) {
  const { mxcp, client } = world;
  const granted = await tokens(world);
  assert.equal((await client.call(granted.access_token)).status, 200);
  const body = new URLSearchParams({ client_id: client.id, token: granted.access_token });
  assert.equal((await fetch(client.metadata.revocation_endpoint, { method: "POST", body })).status, 200);
  // What the provider said is remembered for a minute; a server that begins anew remembers nothing.
  await mxcp.restart();
  assert.equal((await client.call(granted.access_token)).status, 401);
}
