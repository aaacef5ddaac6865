// The inspector: what the server offers, a form to call it with, and what came of the calls of this page.

import { Client, TransportError, isRaw, parse } from "./inspector/client.js";
import { element, prose } from "./inspector/dom.js";
import { argumentsForm } from "./inspector/form.js";
import { answers, capabilities } from "./inspector/questions.js";
import { showResult } from "./inspector/result.js";
import { load } from "./inspector/subjects.js";

// The page is `…/docs/inspector`, and MCP is served beside `docs`.
const client = new Client(new URL("../mcp", location.href), capabilities);

const KINDS = [["tool", "Tools"], ["resource", "Resources"], ["prompt", "Prompts"]];

const parts = Object.fromEntries(["subjects", "search", "listed", "call", "result", "history"].map((id) => [id, document.getElementById(id)]));
let subjects = [];
let current = null;

const hashOf = (subject) => `#${subject.kind}/${encodeURIComponent(subject.name)}`;

/** The list on the side, as far as it fits the search. */
function showSubjects() {
  const words = parts.search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = ({ name, title, description }) => {
    const text = `${name} ${title ?? ""} ${description ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const found = subjects.filter(fits);
  parts.listed.textContent = subjects.length === 0 ? "The server offers you nothing." : words.length ? `${found.length} of ${subjects.length}` : "";
  parts.subjects.replaceChildren(...KINDS.flatMap(([kind, title]) => {
    const own = found.filter((subject) => subject.kind === kind);
    if (own.length === 0) return [];
    const links = own.map((subject) => element("li", {},
      element("a", { href: hashOf(subject), "aria-current": subject === current?.subject ? "true" : null, title: subject.name },
        element("code", {}, subject.name), subject.title ? element("span", {}, subject.title) : null)));
    return [element("h2", {}, title), element("ul", {}, links)];
  }));
}

/** Scrolls the list, and nothing around it, to one of its links. */
function bringIntoView(link) {
  const list = parts.subjects.parentElement;
  const [frame, place] = [list, link].map((node) => node?.getBoundingClientRect());
  if (place && (place.top < frame.top || place.bottom > frame.bottom)) list.scrollTop += place.top - frame.top - frame.height / 2;
}

/** The form of one subject. */
function open(subject, values) {
  const complete = subject.completes && ((name, text) => client.complete(subject.completes, name, text));
  const form = argumentsForm(subject.schema ?? {}, complete);
  const raw = element("textarea", { class: "json", rows: "8", spellcheck: "false", id: "raw", "aria-label": "Arguments as JSON" });
  const rawProblem = element("p", { class: "field-problem", role: "alert", hidden: true });
  const rawPart = element("div", { hidden: true }, raw, rawProblem);
  const fields = element("div", { class: "fields-of-call" }, form.nodes.length ? form.nodes : element("p", { class: "nothing" }, "It takes no arguments."));
  const mode = element("button", { type: "button", class: "quiet" }, "Edit as JSON");
  const submit = element("button", { type: "submit", class: "button" }, subject.verb);
  const reset = element("button", { type: "button", class: "quiet" }, "Reset");
  const node = element("form", { novalidate: true }, fields, rawPart,
    element("div", { class: "actions" }, submit, reset, mode, element("span", { class: "key-hint" }, "Ctrl + Enter")));

  const asJson = () => !rawPart.hidden;
  const readRaw = (problems) => {
    rawProblem.hidden = true;
    try {
      const value = parse(raw.value || "{}");
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("an object is needed");
      return value;
    } catch (error) {
      rawProblem.textContent = `This can't be sent: ${error.message}`;
      rawProblem.hidden = false;
      problems.push({ focus: () => raw.focus() });
      return {};
    }
  };
  const read = (problems) => (asJson() ? readRaw(problems) : form.read(problems));

  mode.addEventListener("click", () => {
    const problems = [];
    const value = read(problems);
    if (asJson() && problems.length > 0) return problems[0].focus();
    if (asJson()) {
      form.write(value);
      if (JSON.stringify(sorted(form.read([]))) !== JSON.stringify(sorted(value))) {
        rawProblem.textContent = "The form has no fields for some of this. From here it is sent as it is.";
        rawProblem.hidden = false;
        return raw.focus();
      }
    } else raw.value = JSON.stringify(value, null, 2);
    rawPart.hidden = !rawPart.hidden;
    fields.hidden = !rawPart.hidden;
    mode.textContent = asJson() ? "Edit as a form" : "Edit as JSON";
    if (asJson()) raw.focus();
    else form.focus();
  });
  reset.addEventListener("click", () => open(subject));
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      node.requestSubmit();
    }
  });
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problems = [];
    const value = read(problems);
    if (problems.length > 0) return problems[0].focus();
    submit.disabled = true;
    submit.textContent = "Waiting…";
    const made = await call(subject, value);
    if (!asJson()) complaints(made).forEach(([name, text]) => form.say(name, text));
    submit.disabled = false;
    submit.textContent = subject.verb;
  });

  const hints = [
    subject.mimeType ? element("span", { class: "badge plain" }, element("code", {}, subject.mimeType)) : null,
    subject.annotations.readOnlyHint === true ? element("span", { class: "badge good" }, "read-only") : null,
    subject.annotations.destructiveHint === true ? element("span", { class: "badge bad" }, "destructive") : null,
  ].filter(Boolean);
  const head = element("header", {},
    element("p", { class: "kind" }, subject.kind),
    element("h1", {}, element("code", {}, subject.name)),
    subject.title ? element("p", { class: "title" }, subject.title) : null,
    subject.description ? element("p", { class: "description" }, prose(subject.description)) : null,
    hints.length ? element("p", { class: "badges" }, hints) : null);
  parts.call.replaceChildren(head, node);
  parts.result.replaceChildren();
  if (values) form.write(values);
  current = { subject };
  showSubjects();
  bringIntoView(parts.subjects.querySelector("[aria-current]"));
  document.title = `${subject.name} · Inspector`;
}

/** Makes a call, shows what came of it and keeps it. */
async function call(subject, values) {
  const request = subject.request(values);
  const made = { subject, values, curl: client.curl(request), at: new Date() };
  try {
    made.outcome = await converse(subject, request);
    const { message } = made.outcome;
    made.failed = Boolean(!message || message.error || message.result?.isError);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    made.outcome = { problem: error.message };
    made.failed = true;
  }
  keep(made);
  // Somebody may have gone on to another one meanwhile.
  if (current?.subject === subject) showResult(parts.result, made);
  return made;
}

/** Sends a request, and once more with answers for as long as the call asks something. */
async function converse(subject, request) {
  let outcome = await client.send(request);
  while (outcome.message.result?.resultType === "input_required") {
    const { inputRequests = {}, requestState } = outcome.message.result;
    // Somebody may have gone on to another one meanwhile.
    const inputResponses = current?.subject === subject && await answers(parts.result, inputRequests);
    if (!inputResponses) return { problem: "The call was given up: it waits for answers." };
    outcome = await client.send({ ...request, params: { ...request.params, inputResponses, requestState } });
  }
  return outcome;
}

/** What the server says of single arguments, by name. */
function complaints({ failed, outcome }) {
  const { error, result } = outcome.message ?? {};
  const texts = failed ? [error?.message, ...(result?.content ?? []).map((block) => block.text)] : [];
  const lines = texts.filter(Boolean).flatMap((text) => text.split("\n"));
  return lines.flatMap((line) => {
    const match = /Error validating parameter '([^'.[]+)([^']*)': (.+)$/.exec(line);
    if (!match) return [];
    const [, name, within, problem] = match;
    return [[name, within ? `${name}${within}: ${problem}` : problem]];
  });
}

/** A value with the keys of its objects in order, to compare it. */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null || isRaw(value)) return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

/** Adds a call to the list of those that were made. */
function keep(made) {
  document.getElementById("no-history").hidden = true;
  const time = made.at.toLocaleTimeString();
  const shown = element("button", { type: "button" },
    element("span", { class: made.failed ? "dot bad" : "dot good" }),
    element("code", {}, made.subject.name),
    element("span", { class: "when" }, `${made.failed ? "failed" : `${Math.max(1, Math.round(made.outcome.duration))} ms`} · ${time}`),
    element("span", { class: "what" }, JSON.stringify(made.values)));
  shown.addEventListener("click", () => {
    history.replaceState(null, "", hashOf(made.subject));
    open(made.subject, made.values);
    showResult(parts.result, made);
  });
  parts.history.prepend(element("li", {}, shown));
}

/** Kind and name in the address, as far as it has them. */
function named() {
  const [, kind, name] = /^#([a-z]+)\/(.+)$/.exec(location.hash) ?? [];
  try {
    return name && { kind, name: decodeURIComponent(name) };
  } catch {
    return undefined;
  }
}

/** Opens what the address names. */
function follow() {
  const wanted = named();
  if (!wanted) return;
  const subject = subjects.find(({ kind, name }) => kind === wanted.kind && name === wanted.name);
  if (subject === undefined) showMissing(wanted);
  else if (subject !== current?.subject) open(subject);
}

/** Says that something is not on offer. The documentation shows also what policies refuse. */
function showMissing({ kind, name }) {
  current = null;
  parts.result.replaceChildren();
  parts.call.replaceChildren(
    element("header", {}, element("p", { class: "kind" }, kind), element("h1", {}, element("code", {}, name))),
    element("p", { class: "nothing" }, "The server does not offer this to you: its policies may refuse whoever has not signed in."));
  showSubjects();
}

async function start() {
  parts.subjects.replaceChildren(element("p", { class: "nothing" }, "Loading…"));
  try {
    subjects = await load(client);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    parts.subjects.replaceChildren(element("p", { class: "problem" }, error.message));
    return;
  }
  showSubjects();
  if (named()) follow();
  else if (subjects.length > 0) open(subjects[0]);
}

parts.search.addEventListener("input", showSubjects);
parts.search.addEventListener("keydown", (event) => {
  if (event.key === "Enter") parts.subjects.querySelector("a")?.click();
});
window.addEventListener("hashchange", () => {
  follow();
  document.getElementById("main").focus();
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    parts.search.focus();
    parts.search.select();
  }
});
start();
