// The documentation and the inspector in a real browser: what is shown, what a call gives, and that nothing is loaded
// from elsewhere. Screenshots are for looking at.
//
// usage: node site.mjs --chromium PROGRAM --url http://localhost:8000/docs/ --folder DIR --screenshots DIR

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values: options } = parseArgs({
  options: {
    chromium: { type: "string" },
    url: { type: "string" },
    folder: { type: "string" },
    screenshots: { type: "string" },
  },
});

const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };

const complaints = [];

/** A page that notes whatever goes wrong on it. */
async function open(browser, settings, origin) {
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
    if (!url.startsWith(origin) && !url.startsWith("data:")) complaints.push(`request to ${url}`);
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

/** Calls from the inspector. */
async function inspect(page, name) {
  await page.goto(`${options.url}inspector`);
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

  await page.locator("#search").fill("customer");
  await page.locator("#search").press("Enter");
  await page.locator("#call h1", { hasText: "customer_summary" }).waitFor();
  await form.getByRole("button", { name: "Call" }).click();
  assert.equal(await form.locator(".field-problem:visible").textContent(), "This is needed.");
  await form.getByLabel("customer_id").fill("C0042");
  await form.getByRole("button", { name: "Call" }).click();
  await page.locator("#outcome", { hasText: "failed" }).waitFor();
  assert.match(await page.locator("#result .problem").innerText(), /Log in to see customers/);
  await picture(page, `${name}-inspector-denied`);

  await page.locator("#history button").last().click();
  await page.locator("#result td", { hasText: "ORD-002841" }).waitFor();
  assert.equal(await form.getByLabel("limit").inputValue(), "3");
}

await mkdir(options.screenshots, { recursive: true });
const browser = await chromium.launch({ executablePath: options.chromium, args: ["--no-sandbox"] });
try {
  const { origin } = new URL(options.url);
  const looks = [
    ["light", { viewport: WIDE, colorScheme: "light" }],
    ["dark", { viewport: WIDE, colorScheme: "dark" }],
    ["narrow", { viewport: NARROW, colorScheme: "light", hasTouch: true }],
  ];
  for (const [name, settings] of looks) {
    const page = await open(browser, settings, origin);
    await lookAtPages(page, options.url, name);
    await inspect(page, name);
    await page.context().close();
  }
  const page = await open(browser, { viewport: WIDE }, "file:");
  await lookAtPages(page, `${pathToFileURL(options.folder)}/`, "folder");
  assert.equal(await page.getByText("Inspector").count(), 0, "a folder has no inspector");
} finally {
  await browser.close();
}
assert.deepEqual(complaints, []);
console.log(`the documentation and the inspector work; screenshots are in ${options.screenshots}`);
