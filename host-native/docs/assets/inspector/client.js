// Requests of the MCP revision 2026-07-28: each stands alone, without handshake or session.

const VERSION = "2026-07-28";

/** What went wrong before there was an answer in the protocol. */
export class TransportError extends Error {}

/** Reads JSON and keeps the digits of numbers that JavaScript would round. */
export function parse(text) {
  return JSON.parse(text, (_, value, context) => {
    const exact = context?.source !== undefined && typeof value === "number" && JSON.rawJSON;
    return exact && String(value) !== context.source ? JSON.rawJSON(context.source) : value;
  });
}

/** Whether a value is a number that was kept by its digits. */
export function isRaw(value) {
  return Boolean(JSON.isRawJSON?.(value));
}

/** A number to compare with, rounded where JavaScript has to; undefined for anything else. */
export function amount(value) {
  const number = isRaw(value) ? Number(value.rawJSON) : value;
  return typeof number === "number" ? number : undefined;
}

/** A header's value; what headers can't hold is encoded as the protocol says. */
function header(value) {
  if (/^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(value) && !value.startsWith("=?base64?")) return value;
  const bytes = new TextEncoder().encode(value);
  return `=?base64?${btoa(String.fromCharCode(...bytes))}?=`;
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

export class Client {
  #url;
  #capabilities;
  #next = 1;

  /** A client that declares capabilities, which are what it can be asked. */
  constructor(url, capabilities) {
    this.#url = url;
    this.#capabilities = capabilities;
  }

  /** The parts of an HTTP request; `name` is what the method is about, `repeated` what headers say of its arguments. */
  #request({ method, params = {}, name, repeated = {} }, id) {
    const headers = {
      "Content-Type": "application/json",
      "Accept": "application/json, text/event-stream",
      "MCP-Protocol-Version": VERSION,
      "Mcp-Method": method,
    };
    if (name !== undefined) headers["Mcp-Name"] = header(name);
    for (const [key, value] of Object.entries(repeated)) headers[`Mcp-Param-${key}`] = header(value);
    const _meta = {
      "io.modelcontextprotocol/protocolVersion": VERSION,
      "io.modelcontextprotocol/clientInfo": { name: "mxcp-inspector", version: "1" },
      "io.modelcontextprotocol/clientCapabilities": this.#capabilities,
    };
    return { headers, body: JSON.stringify({ jsonrpc: "2.0", id, method, params: { ...params, _meta } }) };
  }

  /** Sends a request; gives the message that answers it, its text and how many milliseconds it took. */
  async send(request) {
    const id = this.#next++;
    const { headers, body } = this.#request(request, id);
    const begun = performance.now();
    let response;
    let text;
    try {
      response = await fetch(this.#url, { method: "POST", headers, body, credentials: "same-origin" });
      text = await response.text();
    } catch (error) {
      throw new TransportError(`The server can't be reached: ${error.message}`);
    }
    const duration = performance.now() - begun;
    const message = this.#answer(text, id);
    if (!message) {
      throw new TransportError(`The server answered with status ${response.status}: ${text.slice(0, 500)}`);
    }
    return { message, duration, size: text.length };
  }

  /** The message for a request: the whole text, or an event of a stream. */
  #answer(text, id) {
    const events = text.split(/\r?\n\r?\n/).map((event) =>
      event.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n"));
    for (const candidate of [text, ...events]) {
      try {
        const message = parse(candidate);
        if (message?.jsonrpc && (message.id === id || message.error)) return message;
      } catch {
        // The next one may be the message.
      }
    }
    return null;
  }

  /** The items of all pages of a list; none if the server has no such list. */
  async list(method, key) {
    const items = [];
    let cursor;
    do {
      const { message } = await this.send({ method, params: cursor === undefined ? {} : { cursor } });
      if (message.error?.code === -32601) return items;
      if (message.error) throw new TransportError(message.error.message);
      items.push(...(message.result[key] ?? []));
      cursor = message.result.nextCursor;
    } while (cursor !== undefined && cursor !== null);
    return items;
  }

  /** Values for an argument that begin with what was typed; none if the server knows none. */
  async complete(ref, name, value) {
    try {
      const { message } = await this.send({ method: "completion/complete", params: { ref, argument: { name, value } } });
      return message.result?.completion?.values ?? [];
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      return [];
    }
  }

  /** The command that sends the same request. */
  curl(request) {
    const { headers, body } = this.#request(request, 1);
    const lines = Object.entries(headers).map(([key, value]) => `  -H ${quoted(`${key}: ${value}`)} \\\n`);
    return `curl -sS ${quoted(this.#url.href)} \\\n${lines.join("")}  -d ${quoted(body)}`;
  }
}
