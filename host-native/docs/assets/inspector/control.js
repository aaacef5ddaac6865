// Single controls: a line, a choice, a text of JSON. Each has a `node`, and can `read` its value (undefined if it is not
// to be sent; problems go to the list it is given), `write` one, `say` what is wrong and take the `focus`.

import { element, prose } from "./dom.js";
import { parse } from "./client.js";
import { problemOfNumber, problemOfText, rules, show } from "./schema.js";

const LONG = /sql|query|text|body|content|message|prompt|comment/i;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const WHOLE = /^-?\d+$/;

/** How long somebody has to stop typing before the server is asked for completions, in milliseconds. */
const PAUSE = 150;

/** That a field must be filled in; items of lists always must. */
export function mark({ required, unmarked }) {
  return required && !unmarked ? element("span", { class: "required" }, "required") : "";
}

/** The frame of a control: label, control, problem, hints. */
function framed(control, schema, context, { nullable = true } = {}) {
  const hintId = `${context.id}-hint`;
  const problem = element("p", { class: "field-problem", id: `${context.id}-problem`, hidden: true });
  const parts = [];
  if (schema.description) parts.push(element("span", {}, prose(schema.description)));
  const kept = rules(schema);
  if (kept) parts.push(element("span", { class: "field-rules" }, kept));
  const hint = parts.length ? element("p", { class: "field-hint", id: hintId }, parts) : null;
  control.setAttribute("aria-describedby", [hint && hintId, problem.id].filter(Boolean).join(" "));
  if (context.required) control.setAttribute("aria-required", "true");

  let setNull = null;
  // Where null is the default, leaving the field empty says the same.
  if (nullable && context.nullable && !context.required && schema.default !== null) {
    setNull = element("input", { type: "checkbox", id: `${context.id}-null` });
    setNull.addEventListener("change", () => { control.disabled = setNull.checked; });
  }
  const node = element("div", { class: "field" },
    element("div", { class: "field-head" },
      element("label", { for: context.id }, context.label), mark(context),
      setNull && element("label", { class: "null", for: setNull.id }, setNull, "null")),
    control, problem, hint);
  const say = (text) => {
    problem.replaceChildren(...prose(text ?? ""));
    problem.hidden = !text;
    if (text) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  };
  // Not when the control is left: the button that is being clicked would move away.
  control.addEventListener("input", () => say());
  return {
    node,
    say,
    isNull: () => Boolean(setNull?.checked),
    setNull(on) {
      if (!setNull) return false;
      setNull.checked = on;
      control.disabled = on;
      return on;
    },
    /** Says what is wrong, and adds it to the list. */
    complain(problems, text) {
      say(text);
      problems.push({ text, focus: () => control.focus() });
      return undefined;
    },
  };
}

/** Offers values beside a control. */
function offer(control, id, values) {
  const list = document.getElementById(id) ?? control.parentNode.appendChild(element("datalist", { id }));
  list.replaceChildren(...values.map((one) => element("option", { value: show(one) })));
  control.setAttribute("list", id);
}

/** Offers what the server completes a text with, while it is typed. */
function offerCompletions(control, id, complete) {
  let waiting;
  let latest = 0;
  const ask = async () => {
    latest += 1;
    const own = latest;
    const values = await complete(control.value);
    // An answer may come after that to a later question.
    if (own === latest && control.isConnected) offer(control, id, values);
  };
  control.addEventListener("focus", ask);
  control.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE);
  });
}

/** A text or number on one line, or on several. */
export function line(schema, context) {
  const { type, either } = context;
  const isNumber = type === "integer" || type === "number";
  const moment = { date: "date", time: "time", "date-time": "datetime-local" }[schema.format];
  const kind = moment ?? { email: "email", uri: "url" }[schema.format] ?? "text";
  const examples = schema.examples ?? [];
  const long = !isNumber && !either && kind === "text" && examples.length === 0 && !context.complete
    && schema.maxLength === undefined && schema.pattern === undefined && LONG.test(context.place);
  const control = long
    ? element("textarea", { id: context.id, rows: "3", spellcheck: "false" })
    : element("input", {
        id: context.id,
        type: kind,
        step: moment && moment !== "date" ? "1" : null,
        inputmode: type === "integer" ? "numeric" : isNumber ? "decimal" : null,
        autocomplete: "off",
        spellcheck: "false",
      });
  const frame = framed(control, schema, context);
  const listId = `${context.id}-list`;
  if (examples.length > 0 && !moment) {
    offer(control, listId, examples);
    control.setAttribute("placeholder", show(examples[0]));
  } else if (context.complete) {
    offerCompletions(control, listId, context.complete);
  }
  if (kind === "datetime-local") {
    frame.node.querySelector("label").append(" (UTC)");
  }
  const write = (value) => {
    frame.say();
    if (frame.setNull(value === null)) return;
    if (value === undefined || value === null) control.value = "";
    else if (kind === "datetime-local") {
      const time = new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(value) ? value : `${value}Z`);
      control.value = Number.isNaN(time.valueOf()) ? "" : time.toISOString().slice(0, 19);
    } else control.value = show(value);
  };
  const read = (problems) => {
    frame.say();
    if (frame.isNull()) return null;
    const text = control.value;
    if (control.validity?.badInput) return frame.complain(problems, "This is not complete.");
    if (text === "") {
      return context.required ? frame.complain(problems, "This is needed.") : undefined;
    }
    if (either) return NUMBER.test(text) ? parse(text) : text;
    if (isNumber) {
      const digits = text.trim();
      if (!NUMBER.test(digits)) return frame.complain(problems, "This is no number.");
      if (type === "integer" && !WHOLE.test(digits)) return frame.complain(problems, "This is no whole number.");
      const problem = problemOfNumber(schema, Number(digits));
      // As it was typed, exact where the browser can.
      return problem ? frame.complain(problems, problem) : parse(digits);
    }
    const problem = problemOfText(schema, text);
    if (problem) return frame.complain(problems, problem);
    if (kind === "datetime-local") return `${text.length === 16 ? `${text}:00` : text}Z`;
    return text;
  };
  write(schema.default ?? undefined);
  return { node: frame.node, read, write, say: frame.say, focus: () => control.focus() };
}

/** One of several values. */
export function choice(values, schema, context) {
  const listed = values.filter((value) => value !== null);
  const control = element("select", { id: context.id });
  const preset = schema.default !== undefined && schema.default !== null;
  if (!context.required || !preset) {
    control.append(element("option", { value: "" }, context.required ? "Choose…" : "not sent"));
  }
  listed.forEach((value, index) => control.append(element("option", { value: String(index) }, show(value))));
  if (context.nullable) control.append(element("option", { value: "null" }, "null"));
  const frame = framed(control, schema, context, { nullable: false });
  const write = (value) => {
    frame.say();
    const index = listed.findIndex((one) => JSON.stringify(one) === JSON.stringify(value));
    control.value = value === null && context.nullable ? "null" : index < 0 ? "" : String(index);
  };
  const read = (problems) => {
    frame.say();
    if (control.value === "null") return null;
    if (control.value !== "") return listed[Number(control.value)];
    return context.required ? frame.complain(problems, "This is needed.") : undefined;
  };
  // A default of null is what the server takes anyway.
  write(schema.default ?? undefined);
  return { node: frame.node, read, write, say: frame.say, focus: () => control.focus() };
}

/** Anything, written in JSON. */
export function json(schema, context) {
  const control = element("textarea", { id: context.id, rows: "4", spellcheck: "false", class: "json" });
  const [example] = schema.examples ?? [];
  control.setAttribute("placeholder", example === undefined ? "JSON" : JSON.stringify(example));
  const frame = framed(control, schema, context, { nullable: false });
  const read = (problems) => {
    frame.say();
    if (control.value.trim() === "") return context.required ? frame.complain(problems, "This is needed.") : undefined;
    try {
      return parse(control.value);
    } catch (error) {
      return frame.complain(problems, `This is no JSON: ${error.message}`);
    }
  };
  const write = (value) => {
    frame.say();
    control.value = value === undefined ? "" : JSON.stringify(value, null, 2);
  };
  write(schema.default ?? undefined);
  return { node: frame.node, read, write, say: frame.say, focus: () => control.focus() };
}
