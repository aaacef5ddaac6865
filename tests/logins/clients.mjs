// Clients that others wrote: they find out by themselves how to log in, in both modes, and call.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { said } from "./client.mjs";
import { publish } from "./documents.mjs";
import { startIssuer } from "./issuer.mjs";
import { freePort } from "./mxcp.mjs";
import { logIn } from "./person.mjs";
import { DOCUMENT } from "./provider.mjs";
import { FORMATS, startVerifier } from "./verifier.mjs";

const ADA = { who: "ada", email: "ada@example.org", token: true };

/** How often a program calls by itself: once for every era of the protocol. */
const ERAS = 3;

const LONGEST = 60_000;

/** Why documents of clients are not got. */
export const ALONE = "there is no network of our own";

/** A program that logs in and calls. */
class Program {
  #process;
  #lines;

  /** What it wrote for its developers. */
  notes = "";

  constructor([program, ...before], url, more) {
    this.#process = spawn(program, [...before, "--url", url, "--tool", "who", ...more], {
      stdio: "pipe",
    });
    this.#process.stderr.on("data", (text) => (this.notes += text));
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** The next thing it says, that has to begin with a word. */
  async line(word) {
    const late = new Promise((_, reject) => {
      setTimeout(() => reject(new Error(`the client says nothing, instead of ${word}`)), LONGEST).unref();
    });
    const { value, done } = await Promise.race([this.#lines.next(), late]);
    assert.ok(!done, "the client ended");
    assert.ok(value.startsWith(`${word} `), value);
    return value.slice(word.length + 1);
  }

  async result() {
    return said({ content: [{ text: await this.line("CALLED") }] });
  }

  again() {
    this.#process.stdin.write("again\n");
  }

  async stop() {
    if (this.#process.exitCode !== null) return;
    const gone = once(this.#process, "exit");
    this.#process.kill();
    await gone;
  }
}

export async function run({ program, people, clients, report, encryption, alone }) {
  const modes = [
    ["issuer", (more) => startIssuer(program, more)],
    ...FORMATS.map(([format, mode]) => [mode, (more) => startVerifier(program, { format, ...more })]),
  ];
  const slow = [];
  for (const [name, command] of clients) {
    for (const [index, { kind, make }] of people.entries()) {
      for (const [mode, start] of modes) {
        const flow = (title, act, settings = {}, more = []) =>
          report.run(title, `${name}, ${kind}`, mode, async () => {
            const { mxcp, provider } = await start(settings);
            const client = new Program(command, mxcp.url, more);
            const person = await make();
            try {
              await act({ mxcp, provider, person, client, ...settings });
            } catch (error) {
              error.stack += `\nthe client wrote:\n${client.notes}\nthe server wrote:\n${await mxcp.log()}`;
              throw error;
            } finally {
              await Promise.all([client.stop(), mxcp.stop(), person.close()]);
              provider.stop();
            }
          });

        await flow("discovery, registration, login, calls", loginAndCalls);
        await flow("denied at the provider", denied);
        const port = await freePort();
        const redirects = [`http://127.0.0.1:${port}/callback`];
        const document = ["--document", DOCUMENT, "--port", String(port)];
        const title = "the same with a client ID metadata document";
        if (mode !== "issuer") {
          await flow(title, loginWithDocument, { redirects }, document);
        } else if (alone) {
          const documents = await publish(encryption, redirects);
          await flow(title, loginWithDocument, {}, document);
          documents.stop();
        } else {
          report.skip(title, `${name}, ${kind}`, mode, ALONE);
        }
        // The tokens of mxcp are good for a minute at least: all wait for their end at once, and a browser is no help.
        const renewal = (lifetime) => flow("renewal of a token that is over", renewed, { lifetime });
        if (mode !== "issuer") await renewal(4);
        else if (index === 0) slow.push(() => renewal(60));
      }
    }
  }
  await Promise.all(slow.map((start) => start()));
}

async function loggedIn({ client, person }) {
  const url = await client.line("OPEN");
  await logIn(person, url, "ada");
  for (let era = 0; era < ERAS; era += 1) assert.deepEqual(await client.result(), ADA);
  return new URL(url);
}

async function loginAndCalls(world) {
  const { mxcp, client } = world;
  await loggedIn(world);
  // Another process, and the tokens are good still.
  await mxcp.restart();
  client.again();
  assert.deepEqual(await client.result(), ADA);
}

async function denied({ client, person }) {
  await logIn(person, await client.line("OPEN"), "ada", { theirs: "deny" });
  assert.match(await client.line("FAILED"), /access_denied/);
}

async function loginWithDocument(world) {
  const url = await loggedIn(world);
  assert.equal(url.searchParams.get("client_id"), DOCUMENT);
}

async function renewed(world) {
  const { client, provider, lifetime } = world;
  await loggedIn(world);
  const before = provider.refreshes();
  await new Promise((resolve) => setTimeout(resolve, (lifetime + 1) * 1000));
  client.again();
  assert.deepEqual(await client.result(), ADA);
  assert.ok(provider.refreshes() > before, "no fresh token was got");
}
