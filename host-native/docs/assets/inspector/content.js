// Blocks of content: texts, images, sound and resources, as tools, resources and prompts give them.

import { element } from "./dom.js";

/** How many bytes a base64 text stands for. */
function bytes(base64) {
  return Math.floor(base64.replace(/=+$/, "").length * 3 / 4);
}

export function size(count) {
  return count < 1000 ? `${count} B` : `${(count / 1000).toFixed(count < 10000 ? 1 : 0)} kB`;
}

/** An image to see, a sound to hear, anything else to save. */
function media(data, mimeType = "application/octet-stream") {
  const source = `data:${mimeType};base64,${data}`;
  const facts = element("p", { class: "field-hint" }, `${mimeType}, ${size(bytes(data))} · `,
    element("a", { href: source, download: "" }, "Save"));
  const shown = mimeType.startsWith("image/") ? element("img", { src: source, alt: "Image in the result" })
    : mimeType.startsWith("audio/") ? element("audio", { src: source, controls: true })
    : null;
  return element("div", {}, shown, facts);
}

function text(it) {
  return element("pre", { tabindex: "0" }, it);
}

/** What a resource is called, and what is in it. */
function resource(it) {
  return element("div", { class: "resource" },
    element("p", { class: "role" }, element("code", {}, it.uri), it.mimeType ? ` ${it.mimeType}` : null),
    typeof it.text === "string" ? text(it.text) : media(it.blob ?? "", it.mimeType));
}

/** One block. */
function block(it) {
  switch (it.type) {
    case "text":
      return text(it.text);
    case "image":
    case "audio":
      return media(it.data, it.mimeType);
    case "resource":
      return resource(it.resource);
    case "resource_link":
      return element("div", { class: "resource" },
        element("p", { class: "role" }, "Link to ", element("code", {}, it.uri), it.mimeType ? ` ${it.mimeType}` : null),
        element("p", {}, [it.title ?? it.name, it.description].filter(Boolean).join(": ")));
    default:
      return text(JSON.stringify(it, null, 2));
  }
}

/** Everything that a result holds. */
export function contentView(result) {
  if (result.messages) {
    return element("ol", { class: "messages blocks" }, result.messages.map((message) =>
      element("li", { class: message.role }, element("span", { class: "role" }, message.role), block(message.content))));
  }
  const blocks = result.contents ? result.contents.map(resource) : (result.content ?? []).map(block);
  return element("div", { class: "blocks" }, blocks.length ? blocks : element("p", { class: "nothing" }, "It is empty."));
}
