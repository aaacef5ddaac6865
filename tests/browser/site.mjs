// The documentation and the inspector in a real browser: what is shown, what a call gives, and that nothing is loaded
// from elsewhere. Screenshots are for looking at.
//
// usage: node site.mjs --chromium PROGRAM --quickstart URL --analytics URL --hr URL --inspector URL --folder DIR
//                      --screenshots DIR
//
// The URLs are those of the documentation, `http://localhost:8000/docs/`, of servers of these projects; the folder has a
// folder for each project that `mxcp docs` was run in.

import assert from "node:assert/strict";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values: options } = parseArgs({
  options: {
    chromium: { type: "string" },
    quickstart: { type: "string" },
    analytics: { type: "string" },
    hr: { type: "string" },
    inspector: { type: "string" },
    folder: { type: "string" },
    screenshots: { type: "string" },
  },
});

const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };

const complaints = [];

/** Where pages may load from. */
const origins = ["quickstart", "analytics", "hr", "inspector"].map((project) => new URL(options[project]).origin);

/** A page that notes whatever goes wrong on it. */
async function open(browser, settings, allowed) {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "UTC", ...settings });
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`console: ${message.text()} (${page.url()})`);
  });
  page.on("pageerror", (error) => complaints.push(`script: ${error.message} (${page.url()})`));
  page.on("request", (request) => {
    const url = request.url();
    if (![...allowed, "data:"].some((start) => url.startsWith(start))) complaints.push(`request to ${url}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`status ${response.status()} of ${response.url()}`);
  });
  page.setDefaultTimeout(20_000);
  return page;
}

async function picture(page, name, fullPage = true) {
  if (fullPage) await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
  await page.screenshot({ path: join(options.screenshots, `${name}.png`), fullPage });
}

/** Every control has a name for those who can't see it, and nothing sticks out on the side. */
async function checkPage(page) {
  const nameless = await page.evaluate(() => {
    const controls = [...document.querySelectorAll("input, select, textarea, button")];
    const isNamed = (it) => it.labels?.length || it.ariaLabel || it.textContent.trim();
    return controls.filter((it) => !isNamed(it)).map((it) => it.outerHTML);
  });
  assert.deepEqual(nameless, []);
  const { inner, outer } = await page.evaluate(() => ({
    inner: document.documentElement.scrollWidth,
    outer: document.documentElement.clientWidth,
  }));
  assert.ok(inner <= outer, `${page.url()} is ${inner} wide in a window of ${outer}`);
}

/** The pages themselves. */
async function lookAtPages(page, root, name) {
  await page.goto(`${root}index.html`);
  assert.equal(await page.locator(".card").count(), 3);
  await checkPage(page);
  await picture(page, `${name}-index`);
  await page.locator("#filter").fill("revenue month");
  assert.equal(await page.locator(".card:visible").count(), 1);
  assert.equal(await page.locator("#found").textContent(), "1 of 3");
  await page.locator("#filter").fill("");
  await page.getByRole("button", { name: "support" }).click();
  assert.equal(await page.locator(".card:visible").count(), 2);
  await page.getByRole("link", { name: "customer_summary" }).click();
  await page.waitForURL("**/tools/customer_summary.html");
  const policies = await page.locator(".policies").innerText();
  assert.match(policies, /Denies the call if the caller's role is anonymous\./);
  assert.match(policies, /unless the caller's permissions include customers\.read/);
  assert.ok(!(await page.content()).includes("Valentina"), "a sensitive value is shown");
  await checkPage(page);
  await picture(page, `${name}-customer-summary`);
  await page.goto(`${root}tools/find_orders.html`);
  await checkPage(page);
  await picture(page, `${name}-find-orders`);
}

/** Opens an endpoint in the inspector, at the address its page links to. */
async function choose(page, project, kind, name) {
  await page.goto(`${options[project]}inspector#${kind}/${encodeURIComponent(name)}`);
  await page.locator("#call h1", { hasText: name }).waitFor();
  return page.locator("#call form");
}

/** Sends what is in the form; gives the section of the result. */
async function send(page, verb, outcome = "done") {
  await page.locator("#call form").getByRole("button", { name: verb, exact: true }).click();
  await page.locator("#outcome", { hasText: outcome }).waitFor();
  return page.locator("#result");
}

/** What a field offers to choose from, once it offers something. */
async function offered(page, label) {
  const field = page.locator("#call form").getByLabel(label);
  await field.focus();
  await page.locator(`datalist#${await field.getAttribute("id")}-list option`).first().waitFor({ state: "attached" });
  return field.evaluate((it) => [...it.list.options].map((option) => option.value));
}

/** Calls of tools. */
async function inspectTools(page, name) {
  await page.goto(`${options.quickstart}inspector`);
  await page.locator("#subjects a", { hasText: "find_orders" }).click();
  const form = page.locator("#call form");
  await form.getByLabel("status").selectOption({ label: "open" });
  await form.getByLabel("since").fill("2025-12-29");
  await form.getByLabel("limit").fill("1000");
  await form.getByRole("button", { name: "Call" }).click();
  assert.equal(await form.locator(".field-problem:visible").textContent(), "It must be at most 100.");
  assert.equal(await page.locator("#history li").count(), 0, "nothing was sent");
  assert.equal(await page.evaluate(() => document.activeElement.id), "argument-limit");
  await picture(page, `${name}-inspector-problem`, false);

  await form.getByLabel("limit").fill("3");
  await page.keyboard.press("Control+Enter");
  await page.locator("#outcome", { hasText: "done" }).waitFor();
  const cells = await page.locator("#result table tbody tr").first().locator("td").allTextContents();
  assert.deepEqual(cells, ["ORD-002841", "2025-12-29", "open", "DE", "****", "39.70"]);
  assert.equal(await page.locator("#history li").count(), 1);
  await checkPage(page);
  await picture(page, `${name}-inspector-table`);
  await page.getByRole("tab", { name: "Table" }).press("ArrowRight");
  assert.match(await page.getByRole("tabpanel").innerText(), /"order_id": "ORD-002841"/);
  await picture(page, `${name}-inspector-json`);

  await form.getByRole("button", { name: "Edit as JSON" }).click();
  assert.deepEqual(JSON.parse(await page.locator("#raw").inputValue()), { status: "open", since: "2025-12-29", limit: 3 });
  await page.locator("#raw").fill("{oops");
  await form.getByRole("button", { name: "Call" }).click();
  await page.getByRole("alert").waitFor();
  assert.equal(await page.locator("#history li").count(), 1, "nothing was sent");

  await page.locator("#search").fill("revenue");
  await page.locator("#search").press("Enter");
  await page.locator("#call h1", { hasText: "monthly_revenue" }).waitFor();
  await form.getByLabel("year").fill("2025");
  await send(page, "Call");

  await page.locator("#history button").last().click();
  await page.locator("#result td", { hasText: "ORD-002841" }).waitFor();
  assert.equal(await form.getByLabel("limit").inputValue(), "3");
}


/** Resources: a list, a template, what is no text. */
async function readResources(page, name) {
  let form = await choose(page, "analytics", "resource", "counters://list");
  let result = await send(page, "Read");
  assert.equal(await result.locator("table tbody tr").count(), 8);
  await page.getByRole("tab", { name: "Content" }).click();
  assert.match(await page.getByRole("tabpanel").innerText(), /counters:\/\/list application\/json/);
  await checkPage(page);
  await picture(page, `${name}-inspector-resource`);

  // The page of a resource leads to its form.
  await page.goto(`${options.analytics}index.html`);
  await page.getByRole("link", { name: "counters://{counter}/{month}" }).click();
  await page.getByRole("link", { name: "Try it in the inspector" }).click();
  await page.locator("#call h1", { hasText: "counters://{counter}/{month}" }).waitFor();
  form = page.locator("#call form");
  await form.getByRole("button", { name: "Read" }).click();
  assert.equal(await form.locator(".field-problem:visible").count(), 2, "both placeholders are needed");
  assert.ok((await offered(page, "counter")).includes("bridge-west"));
  await form.getByLabel("counter").fill("park");
  assert.deepEqual(await offered(page, "month"), ["2025-06"]);
  await form.getByLabel("month").fill("2025-13");
  await send(page, "Read", "failed");
  assert.equal(await form.locator(".field-problem:visible").textContent(), "String should match pattern '^20(24|25)-(0[1-9]|1[0-2])$'");
  await form.getByLabel("month").fill("2025-06");
  result = await send(page, "Read");
  assert.match(await result.locator("pre").innerText(), /^# City Park in 2025-06/);
  await checkPage(page);
  await picture(page, `${name}-inspector-template`);

  await choose(page, "inspector", "resource", "pictures://dot");
  result = await send(page, "Read");
  await hasPicture(result);
  await choose(page, "inspector", "resource", "notes://{topic}");
  await form.getByLabel("topic").fill("number");
  result = await send(page, "Read");
  assert.equal(await result.locator("pre").innerText(), "12", "Markdown is a text, also where it is a number");
}

/** An image that the browser could show. */
async function hasPicture(section) {
  const image = section.locator("img");
  await image.waitFor();
  assert.equal(await image.evaluate((it) => it.decode().then(() => it.naturalWidth)), 48);
}

/** Prompts: who says what, and what is no text. */
async function getPrompts(page, name) {
  let form = await choose(page, "analytics", "prompt", "compare_counters");
  assert.deepEqual(await offered(page, "counters"), ['["park","harbour"]']);
  await form.getByLabel("counters").fill('["park"]');
  await form.getByLabel("since").fill("2025-06-01");
  await send(page, "Get", "failed");
  assert.equal(await form.locator(".field-problem:visible").textContent(), "Array must have at least 2 items");
  await form.getByLabel("counters").fill('["park","harbour"]');
  let result = await send(page, "Get");
  assert.match(await result.locator(".messages li").innerText(), /^user\s+Compare the counters park and harbour from 1 June 2025 on\./);

  form = await choose(page, "analytics", "prompt", "explain_month");
  await form.getByLabel("counter").fill("park");
  await form.getByLabel("month").fill("2025-06");
  result = await send(page, "Get");
  const roles = await result.locator(".messages li > .role").allTextContents();
  assert.deepEqual(roles, ["user", "user", "assistant", "user"]);
  assert.match(await result.locator(".messages li").nth(1).innerText(), /counters:\/\/park\/2025-06 text\/markdown\s+# City Park/);
  await checkPage(page);
  await picture(page, `${name}-inspector-prompt`);

  form = await choose(page, "inspector", "prompt", "look");
  await form.getByLabel("topic").fill("alpha");
  result = await send(page, "Get");
  await hasPicture(result);
}

/** Results that are no text, and forms of JSON Schemas. */
async function inspectMedia(page, name) {
  await choose(page, "inspector", "tool", "media");
  let result = await send(page, "Call");
  await hasPicture(result);
  await result.locator("audio").evaluate((it) => new Promise((done, failed) => {
    it.addEventListener("loadedmetadata", done);
    it.addEventListener("error", () => failed(new Error("the sound can't be played")));
    it.load();
  }));
  assert.match(await result.innerText(), /notes:\/\/report text\/markdown\s+# A report\s+Link to pictures:\/\/dot\s+Dot: The same picture/);
  await checkPage(page);
  await picture(page, `${name}-inspector-media`);

  const form = await choose(page, "inspector", "tool", "fields");
  const problem = form.locator(".field-problem:visible");
  const call = form.getByRole("button", { name: "Call" });
  await form.getByLabel("region").fill("Zürich");
  for (const [share, said] of [["0", "more than 0"], ["1", "less than 1"], ["0.07", "a multiple of 0.05"]]) {
    await form.getByLabel("share").fill(share);
    await call.click();
    assert.equal(await problem.textContent(), `It must be ${said}.`);
  }
  await form.getByLabel("share").fill("0.15");
  await form.getByLabel("send it").check();
  await form.getByLabel("sku").fill("abc");
  await call.click();
  assert.equal(await problem.textContent(), "It must match ^[A-Z]{3}$.");
  await form.getByLabel("sku").fill("ABC");
  await form.getByLabel("filter").fill('{"city": "a", "country": "b"}');
  await send(page, "Call", "failed");
  assert.equal(await problem.textContent(), "Value fits more than one alternative of oneOf");
  await picture(page, `${name}-inspector-schema`);
  await form.getByLabel("filter").fill('{"city": "a"}');
  // The server refuses the call unless a header repeats the region.
  result = await send(page, "Call");
  assert.match(await result.locator("tr", { hasText: "region" }).innerText(), /Zürich/);

  await form.getByRole("button", { name: "Edit as JSON" }).click();
  await page.locator("#raw").fill('{"region": "x", "line": {"sku": "ABC", "colour": "red"}}');
  await form.getByRole("button", { name: "Edit as a form" }).click();
  assert.match(await page.getByRole("alert").innerText(), /no fields for some of this/);
}

/** Questions that a call asks: a form, a model, folders. */
async function answerQuestions(page, name) {
  await choose(page, "inspector", "tool", "order_pizza");
  const call = page.locator("#call form").getByRole("button", { name: "Call", exact: true });
  const form = page.locator("#result form");
  const answer = form.getByRole("button", { name: "Answer" });
  await call.click();
  await form.getByLabel("size").selectOption({ label: "l" });
  await form.getByLabel("slices").fill("13");
  await answer.click();
  assert.deepEqual(await form.locator(".field-problem:visible").allTextContents(), ["This is needed.", "It must be at most 12."]);
  await checkPage(page);
  await picture(page, `${name}-inspector-question`);
  await form.getByLabel("name").fill("Ada");
  await form.getByLabel("slices").fill("8");
  await answer.click();
  await form.getByLabel("what the model says").fill("olives");
  assert.match(await form.innerText(), /What goes on it\?/);
  await answer.click();
  await form.getByLabel("folders").fill("file:///a\nfile:///b\n");
  await answer.click();
  await page.locator("#outcome", { hasText: "done" }).waitFor();
  const told = await page.locator("#result table").innerText();
  assert.match(told, /name\s+Ada\s+size\s+l\s+slices\s+8\s+topping\s+olives\s+folders\s+\["file:\/\/\/a","file:\/\/\/b"\]/);
  assert.equal(await page.locator("#history li", { hasText: "order_pizza" }).count(), 1);

  await call.click();
  await form.getByLabel("decline").check();
  await answer.click();
  await page.locator("#result pre", { hasText: "no pizza" }).waitFor();
  await call.click();
  await form.getByRole("button", { name: "Give up" }).click();
  await page.locator("#outcome", { hasText: "failed" }).waitFor();
}

/** A policy that looks at the arguments. */
async function beDenied(page, name) {
  const form = await choose(page, "inspector", "tool", "order");
  await form.getByRole("button", { name: "Call" }).click();
  assert.equal(await form.locator(".field-problem:visible").textContent(), "This is needed.");
  await form.getByLabel("units").fill("11");
  const result = await send(page, "Call", "failed");
  assert.match(await result.locator(".problem").innerText(), /Ask for large orders/);
  await picture(page, `${name}-inspector-denied`);
}

/** A project whose policies refuse whoever has not signed in. */
async function lookAtPolicies(page, name) {
  await page.goto(`${options.hr}index.html`);
  assert.equal(await page.locator(".card").count(), 4, "what hides is left out");
  assert.ok(!(await page.content()).includes("team_pay"));
  await page.getByRole("link", { name: "find_employee" }).click();
  await page.waitForURL("**/tools/find_employee.html");
  assert.match(await page.locator(".tests").innerText(), /A policy denies the call; the reason contains Sign in to use the directory/);
  await checkPage(page);
  await picture(page, `${name}-find-employee`);
  await page.getByRole("link", { name: "Try it in the inspector" }).click();
  await page.getByText("The server does not offer this to you").waitFor();
  assert.equal(await page.locator("#listed").textContent(), "The server offers you nothing.");
  await picture(page, `${name}-inspector-refused`);
}

/** Every page that an index leads to. */
async function lookAtAll(page, root, name) {
  await page.goto(`${root}index.html`);
  const links = await page.locator(".card a").evaluateAll((all) => all.map((it) => it.href));
  for (const [index, link] of links.entries()) {
    await page.goto(link);
    await checkPage(page);
    await picture(page, `${name}-${index}`);
  }
}

await mkdir(options.screenshots, { recursive: true });
const browser = await chromium.launch({ executablePath: options.chromium, args: ["--no-sandbox"] });
try {
  const looks = [
    ["light", { viewport: WIDE, colorScheme: "light" }],
    ["dark", { viewport: WIDE, colorScheme: "dark" }],
    ["narrow", { viewport: NARROW, colorScheme: "light", hasTouch: true }],
  ];
  for (const [name, settings] of looks) {
    const page = await open(browser, settings, origins);
    await lookAtPages(page, options.quickstart, name);
    await inspectTools(page, name);
    await readResources(page, name);
    await getPrompts(page, name);
    await inspectMedia(page, name);
    await answerQuestions(page, name);
    await beDenied(page, name);
    await lookAtPolicies(page, name);
    await page.context().close();
  }
  const page = await open(browser, { viewport: WIDE }, ["file:"]);
  const root = (project) => `${pathToFileURL(join(options.folder, project))}/`;
  await lookAtPages(page, root("quickstart"), "folder");
  await page.goto(`${root("hr")}tools/team_pay.html`);
  assert.match(await page.locator(".policies + .note").innerText(), /is not told that this tool exists/);
  assert.equal(await page.getByText("Inspector").count(), 0, "a folder has no inspector");
  for (const project of await readdir(options.folder)) {
    await lookAtAll(page, root(project), `folder-${project}`);
  }
} finally {
  await browser.close();
}
assert.deepEqual(complaints, []);
console.log(`the documentation and the inspector work; screenshots are in ${options.screenshots}`);
