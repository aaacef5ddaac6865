// People who log in: one with a Chromium, and one with nothing but an HTTP client that keeps cookies and sends forms.
//
// Both have the same verbs: `open`, `press` a button, `follow` a link, `forget` all cookies; and know the `url`, the `status`, the `heading` and the `text`
// of where they are.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";

const MOST_STEPS = 20;

/** Somebody without a browser. */
export class Walker {
  static kind = "no browser";
  #cookies = [];

  async open(url) {
    await this.#go(url);
  }

  async press(button, values = {}) {
    const form = /<form\b[^>]*>[\s\S]*?<\/form>/.exec(this.html)?.[0] ?? fail(`no form at ${this.url}: ${this.html}`);
    const fields = new URLSearchParams();
    for (const [input] of form.matchAll(/<input\b[^>]*>/g)) {
      const name = attribute(input, "name");
      fields.append(name, values[name] ?? attribute(input, "value") ?? "");
    }
    const buttons = [...form.matchAll(/(<button\b[^>]*>)\s*([^<]*?)\s*<\/button>/g)];
    const [, pressed] = buttons.find(([, , label]) => label === button) ?? fail(`no button ${button} in ${form}`);
    const name = attribute(pressed, "name");
    if (name) fields.append(name, attribute(pressed, "value"));
    await this.#go(new URL(attribute(form, "action"), this.url).href, fields);
  }

  async follow(link) {
    const links = [...this.html.matchAll(/(<a\b[^>]*>)([\s\S]*?)<\/a>/g)];
    const [, found] = links.find(([, , label]) => label.includes(link)) ?? fail(`no link ${link} at ${this.url}`);
    await this.#go(new URL(attribute(found, "href"), this.url).href);
  }

  async forget() {
    this.#cookies = [];
  }

  async picture() {}

  async close() {}

  async #go(url, form) {
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const { protocol, hostname, pathname, origin } = new URL(url);
      const sent = this.#cookies.filter((it) => it.host === hostname && pathname.startsWith(it.path));
      const headers = {
        accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        cookie: sent.map(({ name, value }) => `${name}=${value}`).join("; "),
        ...(form && { origin: new URL(this.url).origin }),
      };
      const response = await fetch(url, { method: form ? "POST" : "GET", body: form, headers, redirect: "manual" });
      for (const line of response.headers.getSetCookie()) this.#keep(line, hostname);
      const location = response.headers.get("location");
      if (!location) {
        this.url = url;
        this.status = response.status;
        this.html = await response.text();
        this.heading = /<h1>([\s\S]*?)<\/h1>/.exec(this.html)?.[1] ?? "";
        this.text = unescape(this.html.replace(/<style>[\s\S]*?<\/style>/g, "").replace(/<[^>]*>/g, " "));
        return;
      }
      if (![303, 302].includes(response.status) && form) fail(`a form is sent on to ${origin}`);
      url = new URL(location, url).href;
      form = undefined;
      if (!protocol.startsWith("http")) fail(`sent to ${url}`);
    }
    fail(`sent round and round, and at last to ${url}`);
  }

  #keep(line, host) {
    const [pair, ...rest] = line.split(";").map((part) => part.trim());
    const settings = Object.fromEntries(rest.map((part) => [part.split("=")[0].toLowerCase(), part.slice(part.indexOf("=") + 1)]));
    const name = pair.slice(0, pair.indexOf("="));
    const value = pair.slice(pair.indexOf("=") + 1);
    const path = settings.path ?? "/";
    this.#cookies = this.#cookies.filter((it) => it.name !== name || it.host !== host || it.path !== path);
    const over = settings["max-age"] === "0" || (settings.expires && Date.parse(settings.expires) < Date.now());
    if (!over) this.#cookies.push({ name, value, host, path });
  }
}

/** Somebody with a Chromium. */
export class Surfer {
  static kind = "Chromium";
  #context;
  #page;
  #screenshots;

  constructor(context, page, screenshots) {
    this.#context = context;
    this.#page = page;
    this.#screenshots = screenshots;
    page.on("response", (response) => {
      if (response.request().isNavigationRequest()) this.status = response.status();
    });
  }

  /** Somebody with a fresh profile. */
  static async with(browser, screenshots) {
    const context = await browser.newContext({ locale: "en-GB", ignoreHTTPSErrors: true, viewport: { width: 1000, height: 720 } });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    return new Surfer(context, page, screenshots);
  }

  async open(url) {
    await this.#page.goto(url);
    await this.#look();
  }

  async press(button, values = {}) {
    for (const [name, value] of Object.entries(values)) await this.#page.locator(`input[name="${name}"]`).fill(value);
    await this.#leave(() => this.#page.getByRole("button", { name: button, exact: true }).click());
  }

  async follow(link) {
    await this.#leave(() => this.#page.getByRole("link", { name: link }).click());
  }

  async forget() {
    await this.#context.clearCookies();
  }

  /** What sends requests like `fetch`, from another page, at an address. */
  async fetchFrom(address) {
    const page = await this.#context.newPage();
    await page.goto(address);
    return async (url, { method, headers, body } = {}) => {
      const isForm = body instanceof URLSearchParams;
      const request = {
        method,
        headers: { ...headers, ...(isForm && { "content-type": "application/x-www-form-urlencoded" }) },
        body: isForm ? String(body) : body,
      };
      const answer = await page.evaluate(
        async ([url, request]) => {
          const response = await fetch(url, request);
          return { status: response.status, headers: [...response.headers], text: await response.text() };
        },
        [url, request],
      );
      // A response that is made anew can't have no content with a body, and says nothing of its address.
      const made = new Response(answer.text || null, { status: answer.status, headers: answer.headers });
      return Object.defineProperty(made, "url", { value: url });
    };
  }

  /** A picture of the page, wide and narrow, in both schemes of colours. */
  async picture(name) {
    await mkdir(this.#screenshots, { recursive: true });
    for (const colorScheme of ["light", "dark"]) {
      await this.#page.emulateMedia({ colorScheme });
      await this.#page.screenshot({ path: join(this.#screenshots, `${name}-${colorScheme}.png`) });
    }
    await this.#page.emulateMedia({ colorScheme: "light" });
    await this.#page.setViewportSize({ width: 390, height: 720 });
    const width = await this.#page.evaluate(() => document.documentElement.scrollWidth);
    if (width > 390) fail(`${name} is ${width} wide in a window of 390`);
    await this.#page.screenshot({ path: join(this.#screenshots, `${name}-narrow.png`) });
    await this.#page.setViewportSize({ width: 1000, height: 720 });
  }

  async close() {
    await this.#context.close();
  }

  /** The page after the one that is left. */
  async #leave(act) {
    const arrived = this.#page.waitForEvent("load");
    await act();
    await arrived;
    await this.#look();
  }

  async #look() {
    this.url = this.#page.url();
    this.heading = (await this.#page.locator("h1").allInnerTexts())[0] ?? "";
    this.text = await this.#page.locator("body").innerText();
  }
}

/**
 * Goes through a login that begins at `url`, and gives the headings of the pages on the way. `answers` says what to do at our page
 * (`allow`, `deny`) and at the provider's (`allow`, `deny`); `before` is called before a page is answered, with its heading.
 */
export async function logIn(person, url, name, { ours = "allow", theirs = "allow", before = async () => {} } = {}) {
  const pages = [];
  await person.open(url);
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const { heading } = person;
    if (!["Allow access?", "Sign-in", "Authorize"].includes(heading)) return pages;
    pages.push(heading);
    await before(heading);
    if (heading === "Allow access?") await person.press(ours === "allow" ? "Allow" : "Deny");
    else if (theirs === "deny") await person.follow("Cancel");
    else if (heading === "Sign-in") await person.press("Sign-in", { login: name, password: "any" });
    else await person.press("Continue");
  }
  return fail(`the login does not end: ${pages}`);
}

function attribute(tag, name) {
  const found = new RegExp(`\\s${name}\\s*=\\s*"([^"]*)"`).exec(tag.slice(0, tag.indexOf(">") + 1))?.[1];
  return found === undefined ? undefined : unescape(found);
}

function unescape(text) {
  const characters = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x27": "'" };
  return text.replace(/&(#?\w+);/g, (whole, name) => characters[name] ?? whole);
}

function fail(text) {
  throw new Error(text);
}
