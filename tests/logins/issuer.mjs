// Issuer mode: mxcp is the authorization server, and people log in at the provider behind it.

import assert from "node:assert/strict";
import { Client } from "./client.mjs";
import { Mxcp, freePort, origin } from "./mxcp.mjs";
import { logIn } from "./person.mjs";
import { APPLICATION, startProvider } from "./provider.mjs";

/** A login with a page of ours, the provider's form and the provider's page. */
const ALL_PAGES = ["Allow access?", "Sign-in", "Authorize"];

/** mxcp in front of a provider. */
export async function startIssuer(program, { lifetime, encryption, ...more } = {}) {
  const port = await freePort();
  const provider = await startProvider({ back: [`${origin(port, encryption)}/back`], lifetime, encryption });
  const oidc = {
    client_id: APPLICATION.id,
    client_secret: APPLICATION.secret,
    config_url: provider.config,
    callback_path: "/back",
    scope: "openid email profile",
    provider_name: "Example ID",
  };
  const mxcp = await Mxcp.start(program, port, { provider: "oidc", oidc, consent: true, ...more }, encryption);
  return { mxcp, provider };
}

export async function run({ program, people, report, encryption }) {
  const mode = encryption ? "issuer, https" : "issuer";
  for (const { kind, make } of people) {
    const flow = (name, act, settings) =>
      report.run(name, kind, mode, async () => {
        const { mxcp, provider } = await startIssuer(program, { ...settings, encryption });
        const [person, client] = [await make(), await Client.of(mxcp.url)];
        try {
          await client.discover();
          await client.register();
          await act({ mxcp, provider, person, client });
        } catch (error) {
          error.stack += `\nthe server wrote:\n${await mxcp.log()}`;
          throw error;
        } finally {
          await Promise.all([mxcp.stop(), person.close()]);
          provider.stop();
          client.stop();
        }
      });

    await flow("login, consent page, refresh", loginAndRefresh);
    await flow("what was allowed is not asked again", remembered);
    await flow("denied on the consent page", (world) => denied(world, { ours: "deny" }));
    await flow("denied at the provider", (world) => denied(world, { theirs: "deny" }));
    await flow("restarts in mid-flow", restarted);
    await flow("revocation by the client", revoked);
    await flow("expiry and revocation at the provider", overAtProvider, { lifetime: 12 });
    await flow("pages that are out of date", outOfDate);
  }
}

/** Logs somebody in and gives the tokens. */
async function tokens({ person, client }, answers) {
  const arrival = client.arrival();
  const pages = await logIn(person, client.departure(), "ada", answers);
  const { code, error } = await arrival;
  assert.equal(error, null);
  const granted = await client.redeem(code);
  assert.equal(granted.status, 200, JSON.stringify(granted));
  return { ...granted, pages };
}

async function loginAndRefresh(world) {
  const { person, client } = world;
  const before = async (heading) => {
    if (heading !== "Allow access?") return;
    assert.equal(person.status, 200);
    assert.match(person.text, /Ledger desktop/);
    assert.match(person.text, /127\.0\.0\.1/);
    assert.match(person.text, /Example ID/);
    await person.picture("consent");
  };
  const first = await tokens(world, { before });
  assert.deepEqual(first.pages, ALL_PAGES);
  assert.deepEqual((await client.call(first.access_token)).who, { who: "ada", email: "ada@example.org", token: true });
  const second = await client.refresh(first.refresh_token);
  assert.equal(second.status, 200);
  assert.equal((await client.call(first.access_token)).status, 401);
  assert.equal((await client.call(second.access_token)).who.who, "ada");
  assert.equal((await client.refresh(first.refresh_token)).error, "invalid_grant");
  assert.equal((await client.call(second.access_token)).status, 401);
}

async function remembered(world) {
  assert.deepEqual((await tokens(world)).pages, ALL_PAGES);
  // The provider knows the browser as well.
  assert.deepEqual((await tokens(world)).pages, []);
  // Another client is another question.
  await world.client.register("Somebody else");
  assert.deepEqual((await tokens(world)).pages, ["Allow access?"]);
}

async function denied({ person, client }, answers) {
  const arrival = client.arrival();
  await logIn(person, client.departure(), "ada", answers);
  assert.deepEqual(await arrival, { code: null, error: "access_denied" });
}

async function restarted(world) {
  const { mxcp, person, client } = world;
  const arrival = client.arrival();
  await logIn(person, client.departure(), "ada", { before: () => mxcp.restart() });
  const { code } = await arrival;
  await mxcp.restart();
  const granted = await client.redeem(code);
  assert.equal(granted.status, 200, JSON.stringify(granted));
  await mxcp.restart();
  assert.equal((await client.call(granted.access_token)).who.who, "ada");
  await mxcp.restart();
  assert.equal((await client.refresh(granted.refresh_token)).status, 200);
}

async function revoked(world) {
  const { client } = world;
  const granted = await tokens(world);
  assert.equal((await client.call(granted.access_token)).status, 200);
  await client.revoke(granted.refresh_token);
  assert.equal((await client.call(granted.access_token)).status, 401);
  assert.equal((await client.refresh(granted.refresh_token)).error, "invalid_grant");
}

async function overAtProvider(world) {
  const { provider, client } = world;
  const granted = await tokens(world);
  // The provider's token is about to be over, so a fresh one is got before the call.
  assert.equal((await client.call(granted.access_token)).status, 200);
  assert.equal(provider.refreshes(), 1);
  await provider.revokeAll();
  const end = Date.now() + 40_000;
  let answer;
  do {
    await new Promise((resolve) => setTimeout(resolve, 500));
    answer = await client.call(granted.access_token);
  } while (answer.status !== 401 && Date.now() < end);
  assert.equal(answer.status, 401, answer.text);
  assert.match(answer.challenge, /error="invalid_token"/);
}

async function outOfDate({ mxcp, person, client }) {
  await person.open(`${mxcp.base}/back?code=x&state=nobodys`);
  assert.deepEqual([person.status, person.heading], [400, "The login can\u2019t go on"]);
  await person.picture("error-callback");
  await person.open(`${mxcp.base}/authorize?client_id=nobody`);
  assert.deepEqual([person.status, person.heading], [400, "The login can\u2019t go on"]);
  await person.picture("error-client");
  // A form that another browser was shown.
  await person.open(client.departure());
  await person.forget();
  await person.press("Allow");
  assert.deepEqual([person.status, person.heading], [403, "This page is out of date"]);
  await person.picture("error-consent");
}
