// What can be called: tools, resources and prompts, each with a schema for its form and the request that calls it.

import { repeatedInHeaders } from "./schema.js";

const PLACEHOLDER = /\{([^{}]+)\}/g;

function tool(it) {
  return {
    kind: "tool",
    name: it.name,
    title: it.title ?? it.annotations?.title,
    description: it.description,
    annotations: it.annotations ?? {},
    schema: it.inputSchema,
    verb: "Call",
    request: (values) => ({
      method: "tools/call",
      params: { name: it.name, arguments: values },
      name: it.name,
      repeated: repeatedInHeaders(it.inputSchema, values),
    }),
  };
}

/** A resource, or a template with a field for each placeholder. */
function resource(it) {
  const template = it.uriTemplate ?? it.uri;
  const names = [...template.matchAll(PLACEHOLDER)].map((match) => match[1]);
  return {
    kind: "resource",
    name: template,
    title: it.title ?? (it.name === template ? undefined : it.name),
    description: it.description,
    mimeType: it.mimeType,
    annotations: {},
    schema: {
      type: "object",
      properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
      required: names,
    },
    completes: { type: "ref/resource", uri: template },
    verb: "Read",
    request: (values) => {
      const uri = template.replace(PLACEHOLDER, (_, name) => encodeURIComponent(String(values[name] ?? "")));
      return { method: "resources/read", params: { uri }, name: uri };
    },
  };
}

function prompt(it) {
  const list = it.arguments ?? [];
  return {
    kind: "prompt",
    name: it.name,
    title: it.title,
    description: it.description,
    annotations: {},
    schema: {
      type: "object",
      properties: Object.fromEntries(list.map((one) => [one.name, { type: "string", description: one.description }])),
      required: list.filter((one) => one.required).map((one) => one.name),
    },
    completes: { type: "ref/prompt", name: it.name },
    verb: "Get",
    request: (values) => {
      const texts = Object.entries(values).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]);
      return { method: "prompts/get", params: { name: it.name, arguments: Object.fromEntries(texts) }, name: it.name };
    },
  };
}

/** Everything a server lists. */
export async function load(client) {
  const [tools, resources, templates, prompts] = await Promise.all([
    client.list("tools/list", "tools"),
    client.list("resources/list", "resources"),
    client.list("resources/templates/list", "resourceTemplates"),
    client.list("prompts/list", "prompts"),
  ]);
  return [...tools.map(tool), ...[...resources, ...templates].map(resource), ...prompts.map(prompt)];
}
