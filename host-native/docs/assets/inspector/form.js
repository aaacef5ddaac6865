// Forms from JSON Schemas. Each field has a `node`, and can `read` its value (undefined if it is not to be sent;
// problems go to the list it is given), `write` one and take the `focus`.

import { element, freshId, prose } from "./dom.js";
import { parse } from "./client.js";

const LONG = /sql|query|text|body|content|message|prompt|comment/i;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

function types(schema) {
  const list = Array.isArray(schema.type) ? schema.type : schema.type === undefined ? [] : [schema.type];
  return list.filter((type) => type !== "null");
}

function isNullable(schema) {
  return (Array.isArray(schema.type) && schema.type.includes("null")) || (schema.enum ?? []).includes(null);
}

function show(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A number as it was typed, exact where the browser can. */
function number(text) {
  return parse(text);
}

/** What values must keep to, in words. */
function hints(schema) {
  const list = [];
  const { minimum, maximum, minLength, maxLength, pattern, minItems, maxItems } = schema;
  if (minimum !== undefined && maximum !== undefined) list.push(`from ${minimum} to ${maximum}`);
  else if (minimum !== undefined) list.push(`at least ${minimum}`);
  else if (maximum !== undefined) list.push(`at most ${maximum}`);
  if (minLength) list.push(`at least ${minLength} characters`);
  if (maxLength !== undefined) list.push(`at most ${maxLength} characters`);
  if (pattern !== undefined) list.push(`matches ${pattern}`);
  if (minItems) list.push(`at least ${minItems} items`);
  if (maxItems !== undefined) list.push(`at most ${maxItems} items`);
  if (schema.default !== undefined && schema.default !== null) list.push(`default ${show(schema.default)}`);
  return list.join(", ");
}

/** A field for a schema at a place; `label` names it for people. */
export function field(schema, { label, place, required, unmarked = false, id = freshId() }) {
  const context = { label, place, required, unmarked, id, nullable: isNullable(schema) };
  const [type, ...others] = types(schema);
  if (schema.enum) return choice(schema.enum, schema, context);
  if (type === "number" && others.length === 1 && others[0] === "string") return line(schema, { ...context, either: true });
  if (others.length > 0) return json(schema, context);
  if (type === "boolean") return choice([true, false], schema, context);
  if (type === "string" || type === "integer" || type === "number") return line(schema, { ...context, type });
  if (type === "array" && types(schema.items ?? {}).length > 0) return list(schema, context);
  if (type === "object" && Object.keys(schema.properties ?? {}).length > 0) return group(schema, context);
  return json(schema, context);
}

/** That a field must be filled in; items of lists always must. */
function mark({ required, unmarked }) {
  return required && !unmarked ? element("span", { class: "required" }, "required") : "";
}

/** The frame of a simple field: label, control, hints, problem. */
function framed(control, schema, context, { nullable = true } = {}) {
  const hintId = `${context.id}-hint`;
  const problem = element("p", { class: "field-problem", id: `${context.id}-problem`, hidden: true });
  const parts = [];
  if (schema.description) parts.push(element("span", {}, prose(schema.description)));
  const rules = hints(schema);
  if (rules) parts.push(element("span", { class: "field-rules" }, rules));
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
  return {
    node,
    isNull: () => Boolean(setNull?.checked),
    setNull(on) {
      if (!setNull) return false;
      setNull.checked = on;
      control.disabled = on;
      return on;
    },
    say(text) {
      problem.textContent = text ?? "";
      problem.hidden = !text;
      if (text) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    },
  };
}

/** A problem of a field, shown at it and added to the list. */
function complain(problems, frame, control, text) {
  frame.say(text);
  problems.push({ text, focus: () => control.focus() });
  return undefined;
}

/** A text or number on one line, or on several. */
function line(schema, context) {
  const { type, either } = context;
  const isNumber = type === "integer" || type === "number";
  const moment = { date: "date", time: "time", "date-time": "datetime-local" }[schema.format];
  const kind = moment ?? { email: "email", uri: "url" }[schema.format] ?? "text";
  const examples = schema.examples ?? [];
  const long = !isNumber && !either && kind === "text" && examples.length === 0 && schema.maxLength === undefined
    && schema.pattern === undefined && LONG.test(context.place);
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
  if (examples.length > 0 && !moment) {
    const options = element("datalist", { id: `${context.id}-list` }, examples.map((one) => element("option", { value: show(one) })));
    control.setAttribute("list", options.id);
    control.setAttribute("placeholder", show(examples[0]));
    frame.node.append(options);
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
    if (control.validity?.badInput) return complain(problems, frame, control, "This is not complete.");
    if (text === "") {
      return context.required ? complain(problems, frame, control, "This is needed.") : undefined;
    }
    if (either) return NUMBER.test(text) ? number(text) : text;
    if (isNumber) {
      if (!NUMBER.test(text.trim())) return complain(problems, frame, control, "This is no number.");
      if (type === "integer" && !/^-?\d+$/.test(text.trim())) return complain(problems, frame, control, "This is no whole number.");
      const value = Number(text);
      if (schema.minimum !== undefined && value < schema.minimum) return complain(problems, frame, control, `It must be at least ${schema.minimum}.`);
      if (schema.maximum !== undefined && value > schema.maximum) return complain(problems, frame, control, `It must be at most ${schema.maximum}.`);
      return number(text.trim());
    }
    const length = [...text].length;
    if (schema.minLength !== undefined && length < schema.minLength) return complain(problems, frame, control, `It needs at least ${schema.minLength} characters.`);
    if (schema.maxLength !== undefined && length > schema.maxLength) return complain(problems, frame, control, `It may have at most ${schema.maxLength} characters.`);
    if (schema.pattern !== undefined && !fits(schema.pattern, text)) return complain(problems, frame, control, `It must match ${schema.pattern}.`);
    if (kind === "datetime-local") return `${text.length === 16 ? `${text}:00` : text}Z`;
    return text;
  };
  write(schema.default ?? undefined);
  return { node: frame.node, read, write, focus: () => control.focus() };
}

/** Whether a text fits a pattern; one that only the server understands is left to it. */
function fits(pattern, text) {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return true;
  }
}

/** One of several values. */
function choice(values, schema, context) {
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
    return context.required ? complain(problems, frame, control, "This is needed.") : undefined;
  };
  // A default of null is what the server takes anyway.
  write(schema.default ?? undefined);
  return { node: frame.node, read, write, focus: () => control.focus() };
}

/** Anything, written in JSON. */
function json(schema, context) {
  const control = element("textarea", { id: context.id, rows: "4", spellcheck: "false", class: "json", placeholder: "JSON" });
  const frame = framed(control, schema, context, { nullable: false });
  const read = (problems) => {
    frame.say();
    if (control.value.trim() === "") return context.required ? complain(problems, frame, control, "This is needed.") : undefined;
    try {
      return parse(control.value);
    } catch (error) {
      return complain(problems, frame, control, `This is no JSON: ${error.message}`);
    }
  };
  const write = (value) => {
    frame.say();
    control.value = value === undefined ? "" : JSON.stringify(value, null, 2);
  };
  control.addEventListener("blur", () => read([]));
  write(schema.default ?? undefined);
  return { node: frame.node, read, write, focus: () => control.focus() };
}

/** A list with a field for each item. */
function list(schema, context) {
  let items = [];
  const rows = element("div", { class: "items" });
  const add = element("button", { type: "button", class: "quiet" }, "Add an item");
  const problem = element("p", { class: "field-problem", hidden: true });
  const node = element("fieldset", { class: "field" },
    element("legend", {}, context.label, mark(context)),
    schema.description ? element("p", { class: "field-hint" }, prose(schema.description)) : null,
    rows, problem, add);

  const append = (value) => {
    const item = field(schema.items, { label: `Item ${items.length + 1}`, place: context.place, required: true, unmarked: true });
    const remove = element("button", { type: "button", class: "quiet", "aria-label": `Remove item ${items.length + 1}` }, "Remove");
    const row = element("div", { class: "item" }, item.node, remove);
    remove.addEventListener("click", () => {
      items = items.filter((other) => other !== item);
      row.remove();
      add.focus();
    });
    if (value !== undefined) item.write(value);
    items.push(item);
    rows.append(row);
    return item;
  };
  add.addEventListener("click", () => append().focus());
  const write = (value) => {
    items = [];
    rows.replaceChildren();
    for (const one of Array.isArray(value) ? value : []) append(one);
  };
  const read = (problems) => {
    const values = items.map((item) => item.read(problems));
    const least = schema.minItems ?? 0;
    const few = values.length < least && (context.required || values.length > 0);
    problem.hidden = !few;
    problem.textContent = few ? `It needs at least ${least} ${least === 1 ? "item" : "items"}.` : "";
    if (few) problems.push({ text: problem.textContent, focus: () => add.focus() });
    return values.length === 0 && !context.required ? undefined : values;
  };
  write(schema.default ?? undefined);
  return { node, read, write, focus: () => (items[0] ? items[0].focus() : add.focus()) };
}

/** An object with a field for each property. */
function group(schema, context) {
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {}).map(([name, property]) =>
    [name, field(property, { label: name, place: name, required: required.has(name) })]);
  const body = element("div", { class: "group-fields" }, fields.map(([, one]) => one.node));
  const include = context.required ? null : element("input", { type: "checkbox", id: `${context.id}-include` });
  const follow = () => { body.hidden = Boolean(include) && !include.checked; };
  include?.addEventListener("change", follow);
  const node = element("fieldset", { class: "field" },
    element("legend", {}, context.label, mark(context)),
    schema.description ? element("p", { class: "field-hint" }, prose(schema.description)) : null,
    include && element("label", { class: "include", for: include.id }, include, "send it"),
    body);
  const write = (value) => {
    const given = value !== undefined && value !== null;
    if (include) include.checked = given;
    follow();
    if (given) for (const [name, one] of fields) one.write(value[name]);
  };
  const read = (problems) => {
    if (include && !include.checked) return undefined;
    return collect(fields, problems);
  };
  write(schema.default ?? undefined);
  return { node, read, write, focus: () => (include ?? fields[0]?.[1])?.focus() };
}

function collect(fields, problems) {
  const values = {};
  for (const [name, one] of fields) {
    const value = one.read(problems);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** The fields of a call's arguments. */
export function argumentsForm(schema) {
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {}).map(([name, property]) =>
    [name, field(property, { label: name, place: name, required: required.has(name), id: `argument-${name}` })]);
  return {
    nodes: fields.map(([, one]) => one.node),
    read: (problems) => collect(fields, problems),
    write: (values) => fields.forEach(([name, one]) => one.write(values[name])),
    focus: () => fields[0]?.[1].focus(),
  };
}
