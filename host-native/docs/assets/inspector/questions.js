// What a call asks before it goes on, answered by whoever looks at the page: forms, what a model would write, folders.

import { element, freshId, prose } from "./dom.js";
import { argumentsForm } from "./form.js";

/** The kinds of questions that are answered here. */
export const capabilities = { elicitation: { form: {} }, sampling: {}, roots: {} };

/** A text with a label. */
function area(label, attributes = {}) {
  const id = freshId();
  const control = element("textarea", { id, rows: "4", spellcheck: "false", ...attributes });
  const node = element("div", { class: "field" },
    element("div", { class: "field-head" }, element("label", { for: id }, label)), control);
  return { node, control };
}

/** A field whose choices have titles, as one whose description has them. */
function untitled(property) {
  const titled = property.oneOf ?? property.items?.anyOf;
  if (!titled) return property;
  const values = titled.map((one) => one.const);
  const titles = titled.map((one) => `\`${one.const}\`: ${one.title}`).join(", ");
  const description = [property.description, titles].filter(Boolean).join(" ");
  return property.oneOf ? { type: "string", enum: values, default: property.default, description }
    : { ...property, items: { type: "string", enum: values }, description };
}

/** A form that may be declined. */
function elicitation(params) {
  const schema = params.requestedSchema ?? {};
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => [name, untitled(property)]);
  const form = argumentsForm({ ...schema, properties: Object.fromEntries(properties) }, undefined, `${freshId()}-`);
  const fields = element("div", { class: "fields-of-call" }, form.nodes);
  const decline = element("input", { type: "checkbox" });
  decline.addEventListener("change", () => { fields.hidden = decline.checked; });
  return {
    nodes: [element("p", {}, prose(params.message ?? "")), fields, element("label", { class: "include" }, decline, "decline")],
    read: (problems) => (decline.checked ? { action: "decline" } : { action: "accept", content: form.read(problems) }),
  };
}

/** A message that a model would write. */
function sampling(params) {
  const blocks = (params.messages ?? []).flatMap((message) => [message.content].flat());
  const texts = blocks.map((block) => block.text ?? JSON.stringify(block));
  const { node, control } = area("what the model says");
  return {
    nodes: [element("pre", { tabindex: "0" }, [params.systemPrompt, ...texts].filter(Boolean).join("\n\n")), node],
    read: () => ({ role: "assistant", model: "inspector", stopReason: "endTurn", content: { type: "text", text: control.value } }),
  };
}

/** The folders that a client works on. */
function roots() {
  const { node, control } = area("folders, one on each line", { placeholder: "file:///home/me/project" });
  const lines = () => control.value.split("\n").map((line) => line.trim()).filter(Boolean);
  return { nodes: [node], read: () => ({ roots: lines().map((uri) => ({ uri })) }) };
}

const KINDS = {
  "elicitation/create": elicitation,
  "sampling/createMessage": sampling,
  "roots/list": roots,
};

/** Shows the questions of a call in a section; gives the answers by key, or null if somebody gives up. */
export function answers(section, requests) {
  const questions = Object.entries(requests).filter(([, { method }]) => KINDS[method])
    .map(([key, { method, params }]) => ({ key, ...KINDS[method](params ?? {}) }));
  const groups = questions.map(({ key, nodes }) =>
    element("fieldset", { class: "field" }, element("legend", {}, key), element("div", { class: "group-fields" }, nodes)));
  const giveUp = element("button", { type: "button", class: "quiet" }, "Give up");
  const form = element("form", { novalidate: true, class: "questions" }, groups,
    element("div", { class: "actions" }, element("button", { type: "submit", class: "button" }, "Answer"), giveUp));
  section.replaceChildren(element("div", { class: "facts" }, element("h2", {}, "The call asks")), form);
  document.getElementById("said").textContent = "The call asks something";
  form.querySelector("input, select, textarea")?.focus();
  return new Promise((resolve) => {
    giveUp.addEventListener("click", () => resolve(null));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const problems = [];
      const given = questions.map(({ key, read }) => [key, read(problems)]);
      if (problems.length > 0) problems[0].focus();
      else resolve(Object.fromEntries(given));
    });
  });
}
