// An OAuth client written by hand, which shows every step: it finds out from a refusal how to log in, registers, sends people
// off, waits for them to come back, and calls.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";

export class Client {
  #server;
  #waiting = [];
  #verifier;
  #state;

  /** How it sends requests. */
  fetch = fetch;

  /** A client of the MCP server at `url`. */
  static async of(url) {
    const client = new Client();
    client.url = url;
    client.#server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url, client.redirect);
      response.setHeader("content-type", "text/html");
      response.end("<!DOCTYPE html><title>Back at the client</title><p>Back at the client.");
      if (pathname === "/back") client.#waiting.shift()?.(searchParams);
    });
    await new Promise((resolve) => client.#server.listen(0, "127.0.0.1", resolve));
    client.redirect = `http://127.0.0.1:${client.#server.address().port}/back`;
    return client;
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** From a refusal to the metadata of the authorization server. */
  async discover() {
    const refused = await this.call();
    assert.equal(refused.status, 401);
    const [, address] = /resource_metadata="([^"]+)"/.exec(refused.challenge) ?? assert.fail(refused.challenge);
    const resource = await json(await this.fetch(address), 200);
    assert.equal(resource.resource, this.url);
    this.scope = /scope="([^"]+)"/.exec(refused.challenge)?.[1];
    assert.equal(resource.scopes_supported?.join(" "), this.scope);
    const [issuer] = resource.authorization_servers;
    this.metadata = await json(await this.fetch(`${issuer}/.well-known/oauth-authorization-server`), 200);
    assert.equal(this.metadata.issuer, issuer);
    assert.deepEqual(this.metadata.code_challenge_methods_supported, ["S256"]);
  }

  async register(name = "Ledger desktop") {
    const registered = await this.fetch(this.metadata.registration_endpoint, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        application_type: "native",
        client_name: name,
        grant_types: ["authorization_code", "refresh_token"],
        redirect_uris: [this.redirect],
        response_types: ["code"],
        token_endpoint_auth_method: "none",
      }),
    });
    this.id = (await json(registered, 201)).client_id;
  }

  /** Where to send somebody, for this server or another one. */
  departure(resource = this.url) {
    this.#verifier = randomBytes(32).toString("base64url");
    this.#state = randomBytes(16).toString("base64url");
    const parameters = new URLSearchParams({
      response_type: "code",
      client_id: this.id,
      redirect_uri: this.redirect,
      code_challenge: createHash("sha256").update(this.#verifier).digest("base64url"),
      code_challenge_method: "S256",
      state: this.#state,
      resource,
      ...(this.scope && { scope: this.scope }),
    });
    this.resource = resource;
    return `${this.metadata.authorization_endpoint}?${parameters}`;
  }

  /** What the next person who comes back brings: a code or an error. Ask before sending somebody off. */
  async arrival() {
    const parameters = await new Promise((resolve) => this.#waiting.push(resolve));
    assert.equal(parameters.get("state"), this.#state);
    assert.equal(parameters.get("iss"), this.metadata.issuer);
    return { code: parameters.get("code"), error: parameters.get("error") };
  }

  redeem(code) {
    return this.#token({
      grant_type: "authorization_code",
      code,
      code_verifier: this.#verifier,
      redirect_uri: this.redirect,
      resource: this.resource,
    });
  }

  refresh(token) {
    return this.#token({ grant_type: "refresh_token", refresh_token: token, resource: this.resource });
  }

  async revoke(token) {
    const body = new URLSearchParams({ client_id: this.id, token });
    const response = await this.fetch(this.metadata.revocation_endpoint, { method: "POST", body });
    assert.equal(response.status, 200);
  }

  /** Calls the tool that says who calls. */
  async call(token) {
    const response = await this.fetch(this.url, {
      method: "POST",
      headers: {
        accept: "application/json, text/event-stream",
        "content-type": "application/json",
        "mcp-method": "tools/call",
        "mcp-name": "who",
        "mcp-protocol-version": "2026-07-28",
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: {
          name: "who",
          arguments: {},
          _meta: {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { name: "logins", version: "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
          },
        },
      }),
    });
    const { status } = response;
    const challenge = response.headers.get("www-authenticate") ?? "";
    const text = await response.text();
    const who = status === 200 ? said(JSON.parse(text).result) : undefined;
    return { status, challenge, text, who };
  }

  async #token(form) {
    const body = new URLSearchParams({ client_id: this.id, ...form });
    const response = await this.fetch(this.metadata.token_endpoint, { method: "POST", body });
    return { status: response.status, ...(await response.json()) };
  }
}

/** The row that the tool `who` gives. */
export function said(result) {
  const value = JSON.parse(result.content[0].text);
  return Array.isArray(value) ? value[0] : value;
}

async function json(response, status) {
  const text = await response.text();
  assert.equal(response.status, status, `${response.url}: ${text}`);
  return JSON.parse(text);
}
