// What a JSON Schema says of a value, as far as a form needs to know it. The server knows all of it.

import { amount } from "./client.js";

/** Marks a schema beside which null was allowed. */
const NULLABLE = Symbol("nullable");

/** Longest way from reference to reference. */
const HOPS = 8;

/** What fields for the properties could not keep to, or would lose. */
const BEYOND_FIELDS = [
  "allOf", "anyOf", "oneOf", "not", "if", "patternProperties", "propertyNames", "dependentSchemas", "dependentRequired",
  "dependencies", "unevaluatedProperties", "minProperties", "maxProperties",
];

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a reference within a document leads to; undefined if that is no schema. */
function target(root, reference) {
  if (!reference.startsWith("#")) return undefined;
  try {
    const steps = decodeURIComponent(reference.slice(1)).split("/").slice(1);
    const found = steps.reduce((at, step) => at?.[step.replaceAll("~1", "/").replaceAll("~0", "~")], root);
    return isObject(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** A schema with what it refers to put in, and without the possibility of null around it. */
export function simplified(schema, root) {
  let result = isObject(schema) ? schema : {};
  for (let hop = 0; hop < HOPS; hop += 1) {
    const { $ref, anyOf, ...beside } = result;
    if (typeof $ref === "string") {
      const referred = target(root, $ref);
      if (!referred) return result;
      result = { ...referred, ...(anyOf && { anyOf }), ...beside };
    } else if (anyOf?.length === 2 && anyOf.some((one) => one?.type === "null")) {
      const value = anyOf.find((one) => one?.type !== "null");
      result = { ...value, ...beside, [NULLABLE]: true };
    } else {
      return result;
    }
  }
  return result;
}

/** The types that a schema allows besides null. */
export function types(schema) {
  const list = Array.isArray(schema.type) ? schema.type : schema.type === undefined ? [] : [schema.type];
  return list.filter((type) => type !== "null");
}

export function isNullable(schema) {
  return Boolean(schema[NULLABLE]) || (Array.isArray(schema.type) && schema.type.includes("null")) || (schema.enum ?? []).includes(null);
}

/** Whether fields for its properties can hold every object that a schema allows. */
export function hasPlainProperties(schema) {
  return Object.keys(schema.properties ?? {}).length > 0
    && !isObject(schema.additionalProperties)
    && BEYOND_FIELDS.every((keyword) => schema[keyword] === undefined);
}

export function show(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The limits of a number or of a size. */
function limits(schema) {
  const keys = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems"];
  return Object.fromEntries(keys.map((key) => [key, amount(schema[key])]));
}

function counted(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** What values must keep to, in words. */
export function rules(schema) {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, minLength, maxLength, minItems, maxItems } = limits(schema);
  const list = [];
  if (minimum !== undefined && maximum !== undefined) list.push(`from ${minimum} to ${maximum}`);
  else if (minimum !== undefined) list.push(`at least ${minimum}`);
  else if (maximum !== undefined) list.push(`at most ${maximum}`);
  if (exclusiveMinimum !== undefined) list.push(`more than ${exclusiveMinimum}`);
  if (exclusiveMaximum !== undefined) list.push(`less than ${exclusiveMaximum}`);
  if (multipleOf !== undefined) list.push(`a multiple of ${multipleOf}`);
  if (minLength) list.push(`at least ${counted(minLength, "character")}`);
  if (maxLength !== undefined) list.push(`at most ${counted(maxLength, "character")}`);
  if (schema.pattern !== undefined) list.push(`matches ${schema.pattern}`);
  if (minItems) list.push(`at least ${counted(minItems, "item")}`);
  if (maxItems !== undefined) list.push(`at most ${counted(maxItems, "item")}`);
  if (schema.uniqueItems === true) list.push("no item twice");
  if (schema.default !== undefined && schema.default !== null) list.push(`default ${show(schema.default)}`);
  if (schema["x-mcp-header"] !== undefined) list.push(`repeated in the header Mcp-Param-${schema["x-mcp-header"]}`);
  return list.join(", ");
}

/** What is wrong with a number, in a sentence; null if nothing is. */
export function problemOfNumber(schema, value) {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = limits(schema);
  if (value < minimum) return `It must be at least ${minimum}.`;
  if (value > maximum) return `It must be at most ${maximum}.`;
  if (value <= exclusiveMinimum) return `It must be more than ${exclusiveMinimum}.`;
  if (value >= exclusiveMaximum) return `It must be less than ${exclusiveMaximum}.`;
  const times = value / multipleOf;
  // Decimal steps have no exact binary form.
  if (multipleOf && Math.abs(times) < 1e9 && Math.abs(times - Math.round(times)) > 1e-6) return `It must be a multiple of ${multipleOf}.`;
  return null;
}

/** What is wrong with a text, in a sentence; null if nothing is. */
export function problemOfText(schema, text) {
  const { minLength, maxLength } = limits(schema);
  const length = [...text].length;
  if (length < minLength) return `It needs at least ${counted(minLength, "character")}.`;
  if (length > maxLength) return `It may have at most ${counted(maxLength, "character")}.`;
  if (schema.pattern !== undefined && !fits(schema.pattern, text)) return `It must match ${schema.pattern}.`;
  return null;
}

/** Whether a text fits a pattern; one that only the server understands is left to it. */
function fits(pattern, text) {
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return true;
  }
}

/** The arguments that headers repeat, by what their schemas call the header. */
export function repeatedInHeaders(schema, values) {
  return Object.fromEntries(Object.entries(schema?.properties ?? {}).flatMap(([name, property]) => {
    const value = values?.[name];
    if (value === undefined || value === null || !isObject(property)) return [];
    const header = property["x-mcp-header"];
    if (header !== undefined) return [[header, show(value)]];
    return isObject(value) ? Object.entries(repeatedInHeaders(property, value)) : [];
  }));
}
