// Forms from JSON Schemas: a control for each value, lists and groups of them. They have what controls have.

import { element, freshId, prose } from "./dom.js";
import { choice, json, line, mark } from "./control.js";
import { hasPlainProperties, isNullable, rules, simplified, types } from "./schema.js";

/** Deepest group of fields; what is inside of it is written in JSON. */
const DEPTH = 4;

/** A field for a schema at a place; `label` names it for people. */
function field(written, { label, place, required, root, complete, unmarked = false, depth = 0, id = freshId() }) {
  const schema = simplified(written, root);
  const context = { label, place, required, root, complete, unmarked, depth, id, nullable: isNullable(schema) };
  const [type, ...others] = types(schema);
  if (schema.const !== undefined) return choice([schema.const], schema, context);
  if (schema.enum) return choice(schema.enum, schema, context);
  if (type === "number" && others.length === 1 && others[0] === "string") return line(schema, { ...context, either: true });
  if (others.length > 0) return json(schema, context);
  if (type === "boolean") return choice([true, false], schema, context);
  if (type === "string" || type === "integer" || type === "number") return line(schema, { ...context, type });
  if (depth < DEPTH && type === "array" && types(simplified(schema.items, root)).length > 0) return list(schema, context);
  if (depth < DEPTH && type === "object" && hasPlainProperties(schema)) return group(schema, context);
  return json(schema, context);
}

/** The frame of several fields. */
function frame(schema, context, ...parts) {
  const problem = element("p", { class: "field-problem", hidden: true });
  const kept = rules({ ...schema, default: undefined });
  const hint = [schema.description && element("span", {}, prose(schema.description)), kept && element("span", {}, kept)].filter(Boolean);
  const node = element("fieldset", { class: "field" },
    element("legend", {}, context.label, mark(context)),
    hint.length ? element("p", { class: "field-hint" }, hint) : null,
    problem, parts);
  const say = (text) => {
    problem.textContent = text ?? "";
    problem.hidden = !text;
  };
  return { node, say };
}

/** A list with a field for each item. */
function list(schema, context) {
  let items = [];
  const rows = element("div", { class: "items" });
  const add = element("button", { type: "button", class: "quiet" }, "Add an item");
  const { node, say } = frame(schema, context, rows, add);

  const append = (value) => {
    const label = `Item ${items.length + 1}`;
    const item = field(schema.items, { ...context, label, required: true, unmarked: true, complete: undefined, depth: context.depth + 1, id: undefined });
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
    say();
    items = [];
    rows.replaceChildren();
    for (const one of Array.isArray(value) ? value : []) append(one);
  };
  const read = (problems) => {
    const values = items.map((item) => item.read(problems));
    const least = schema.minItems ?? 0;
    const few = values.length < least && (context.required || values.length > 0);
    const text = few ? `It needs at least ${least} ${least === 1 ? "item" : "items"}.` : "";
    say(text);
    if (few) problems.push({ text, focus: () => add.focus() });
    return values.length === 0 && !context.required ? undefined : values;
  };
  write(schema.default ?? undefined);
  return { node, read, write, say, focus: () => (items[0] ? items[0].focus() : add.focus()) };
}

/** An object with a field for each property. */
function group(schema, context) {
  const fields = fieldsOf(schema, (name) => ({ root: context.root, depth: context.depth + 1, place: name }));
  const body = element("div", { class: "group-fields" }, fields.map(([, one]) => one.node));
  const include = context.required ? null : element("input", { type: "checkbox", id: `${context.id}-include` });
  const follow = () => { body.hidden = Boolean(include) && !include.checked; };
  include?.addEventListener("change", follow);
  const { node, say } = frame(schema, context,
    include && element("label", { class: "include", for: include.id }, include, "send it"), body);
  const write = (value) => {
    say();
    const given = value !== undefined && value !== null;
    if (include) include.checked = given;
    follow();
    if (given) for (const [name, one] of fields) one.write(value[name]);
  };
  const read = (problems) => {
    say();
    if (include && !include.checked) return undefined;
    return collect(fields, problems);
  };
  write(schema.default ?? undefined);
  return { node, read, write, say, focus: () => (include ?? fields[0]?.[1])?.focus() };
}

function fieldsOf(schema, options) {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, property]) =>
    [name, field(property, { label: name, required: required.has(name), ...options(name) })]);
}

function collect(fields, problems) {
  const values = fields.map(([name, one]) => [name, one.read(problems)]);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/**
 * The fields of a call's arguments; `complete(name, text)` promises values for one of them, if there is such a thing. Ids of
 * fields begin with `prefix`.
 */
export function argumentsForm(schema, complete, prefix = "argument-") {
  const fields = fieldsOf(schema, (name) => ({
    place: name,
    root: schema,
    id: `${prefix}${name}`,
    complete: complete && ((text) => complete(name, text)),
  }));
  return {
    nodes: fields.map(([, one]) => one.node),
    read: (problems) => collect(fields, problems),
    write: (values) => fields.forEach(([name, one]) => one.write(values[name])),
    focus: () => fields[0]?.[1].focus(),
    /** Says at an argument what is wrong with it. */
    say: (name, text) => fields.find(([own]) => own === name)?.[1].say(text),
  };
}
