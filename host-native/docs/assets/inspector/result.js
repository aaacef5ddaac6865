// What came of a call: as a table, as JSON, as content blocks, and as the message itself.

import { contentView, size } from "./content.js";
import { copyButton, element, freshId } from "./dom.js";
import { isRaw, parse } from "./client.js";

/** Most rows of a table that are shown at first. */
const ROWS = 200;

/** Most parts of a value that are shown open at first. */
const OPEN = 40;

/** Longest text that a table doesn't break. */
const SHORT = 40;

function isNumber(value) {
  return typeof value === "number" || isRaw(value);
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRaw(value);
}

/** The value of a result: structured content without its wrapping, or the JSON in its texts. */
function valueOf(result) {
  const structured = result.structuredContent;
  if (structured !== undefined) {
    const keys = isObject(structured) ? Object.keys(structured) : [];
    return keys.length === 1 && keys[0] === "result" ? structured.result : structured;
  }
  const blocks = result.content ?? result.contents ?? [];
  // A report in Markdown may be a number by chance, and an image beside a number is no list of values.
  const isJson = (block) => typeof block.text === "string" && (block.mimeType ? /\bjson\b/.test(block.mimeType) : block.type === "text");
  if (blocks.length === 0 || !blocks.every(isJson)) return undefined;
  try {
    const values = blocks.map((block) => parse(block.text));
    return values.length === 1 ? values[0] : values;
  } catch {
    return undefined;
  }
}

/** A value on one line. */
function cell(value) {
  if (value === undefined) return element("td", { class: "absent" });
  if (value === null) return element("td", { class: "absent" }, "null");
  if (isNumber(value)) return element("td", { class: "numeric" }, JSON.stringify(value));
  if (typeof value === "object") return element("td", {}, element("code", {}, JSON.stringify(value)));
  const text = String(value);
  return element("td", { class: text.length <= SHORT ? "short" : null }, text);
}

/** A table of a list or an object; null for other values. */
function table(value) {
  if (isObject(value)) {
    const rows = Object.entries(value).map(([key, one]) => element("tr", {}, element("th", { scope: "row" }, key), cell(one)));
    return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Result as a table" },
      element("table", { class: "pairs" }, element("tbody", {}, rows)));
  }
  if (!Array.isArray(value) || value.length === 0) return null;
  const objects = value.every(isObject);
  const columns = objects ? [...new Set(value.flatMap((row) => Object.keys(row)))] : ["value"];
  const body = element("tbody");
  const add = (rows) => body.append(...rows.map((row) =>
    element("tr", {}, columns.map((column) => cell(objects ? row[column] : row)))));
  add(value.slice(0, ROWS));
  const head = element("thead", {}, element("tr", {}, columns.map((column) => {
    const cells = value.map((row) => (objects ? row[column] : row)).filter((one) => one !== null && one !== undefined);
    const numbers = cells.length > 0 && cells.every(isNumber);
    return element("th", { scope: "col", class: numbers ? "numbers" : null }, column);
  })));
  const frame = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Result as a table" },
    element("table", {}, head, body));
  if (value.length > ROWS) {
    const more = element("button", { type: "button", class: "quiet" }, `Show all ${value.length} rows`);
    more.addEventListener("click", () => { add(value.slice(ROWS)); more.remove(); });
    return element("div", {}, frame, more);
  }
  return frame;
}

/** A value as JSON whose lists and objects can be closed. */
function tree(value, key, depth = 0) {
  const name = key === undefined ? [] : [element("span", { class: "key" }, JSON.stringify(key)), ": "];
  const isList = Array.isArray(value);
  if (!isList && !isObject(value)) {
    const kind = typeof value === "string" ? "text" : isNumber(value) ? "number" : "word";
    return element("div", { class: "leaf" }, name, element("span", { class: kind }, JSON.stringify(value)));
  }
  const entries = isList ? value.map((one) => [undefined, one]) : Object.entries(value);
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0) return element("div", { class: "leaf" }, name, open + close);
  const count = `${entries.length} ${isList ? "item" : "key"}${entries.length === 1 ? "" : "s"}`;
  const details = element("details", { open: depth < 1 || entries.length <= OPEN && depth < 3 },
    element("summary", {}, name, open, element("span", { class: "closed" }, ` ${count} ${close}`)));
  const fill = () => {
    if (details.dataset.filled) return;
    details.dataset.filled = "yes";
    details.append(...entries.map(([inner, one]) => tree(one, inner, depth + 1)), element("div", { class: "leaf" }, close));
  };
  // Closed parts are made when they are opened: a result may have very many.
  if (details.open) fill();
  details.addEventListener("toggle", fill);
  return details;
}

function jsonView(value) {
  return element("div", { class: "tree", tabindex: "0", role: "region", "aria-label": "Result as JSON" }, tree(value));
}

/** Views under tabs; arrows move between them. */
function tabs(views) {
  const list = element("div", { class: "tabs", role: "tablist", "aria-label": "Ways to look at the result" });
  const panels = element("div");
  const buttons = views.map(([label, make]) => {
    const panel = element("div", { role: "tabpanel", id: freshId(), hidden: true });
    const button = element("button", { type: "button", role: "tab", id: freshId(), "aria-controls": panel.id }, label);
    panel.setAttribute("aria-labelledby", button.id);
    button.addEventListener("click", () => {
      buttons.forEach((other) => {
        other.ariaSelected = String(other === button);
        other.tabIndex = other === button ? 0 : -1;
        document.getElementById(other.getAttribute("aria-controls"))?.toggleAttribute("hidden", other !== button);
      });
      panel.hidden = false;
      if (!panel.hasChildNodes()) panel.append(make());
    });
    panels.append(panel);
    return button;
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = buttons[(buttons.indexOf(event.target) + step + buttons.length) % buttons.length];
    next.click();
    next.focus();
  });
  list.append(...buttons);
  return { node: element("div", {}, list, panels), open: () => buttons[0].click() };
}

/** Shows what came of a call in a section. */
export function showResult(section, call) {
  const { outcome } = call;
  const { failed } = call;
  const facts = [
    element("span", { class: failed ? "badge bad" : "badge good", id: "outcome" }, failed ? "failed" : "done"),
    outcome.duration === undefined ? null : element("span", {}, `${Math.max(1, Math.round(outcome.duration))} ms`),
    outcome.size === undefined ? null : element("span", {}, size(outcome.size)),
  ];
  const message = outcome.message;
  const result = message?.result;
  const value = result && valueOf(result);
  const rows = Array.isArray(value) ? element("span", {}, `${value.length} ${value.length === 1 ? "item" : "items"}`) : null;
  const tools = [copyButton("Copy as curl", () => call.curl)];
  if (message) {
    const text = () => JSON.stringify(value ?? message.result ?? message.error, null, 2);
    tools.unshift(copyButton("Copy JSON", text));
  }
  // Said aloud; the result itself is for whoever goes there.
  document.getElementById("said").textContent = `${call.subject.name} ${failed ? "failed" : "is done"}`;
  const head = element("div", { class: "facts" }, element("h2", {}, "Result"), facts, rows, element("span", { class: "tools" }, tools));
  section.replaceChildren(head);
  if (outcome.problem) {
    section.append(element("p", { class: "problem" }, outcome.problem));
    return;
  }
  if (message.error) {
    section.append(element("p", { class: "problem" }, element("strong", {}, `Error ${message.error.code}`), ` ${message.error.message}`));
  } else if (result.isError) {
    const texts = (result.content ?? []).map((it) => it.text).filter(Boolean);
    section.append(element("p", { class: "problem" }, texts.join("\n") || "The call failed."));
  }
  const views = [];
  if (result && !failed) {
    const shown = value === undefined ? null : table(value);
    if (shown) views.push(["Table", () => shown]);
    if (value !== undefined) views.push(["JSON", () => jsonView(value)]);
    const content = [result.messages ? "Messages" : "Content", () => contentView(result)];
    if (value === undefined || typeof value === "string") views.unshift(content);
    else if (result.content || result.contents) views.push(content);
  }
  views.push(["Protocol", () => jsonView(message)]);
  const view = tabs(views);
  section.append(view.node);
  view.open();
}
