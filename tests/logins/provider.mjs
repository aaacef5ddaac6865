// A real identity provider on this machine: `oidc-provider`, with its own pages to log in and to allow access.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { Provider } from "oidc-provider";

/** The application that mxcp is to the provider. */
export const APPLICATION = { id: "mxcp", secret: "s3cr3t-of-the-application" };

/** A client ID that is the address of a document about the client; the provider is handed it. */
export const DOCUMENT = "https://client.example/oauth/client.json";

// It has advice for those who use it in production.
for (const level of ["info", "warn"]) {
  const write = console[level];
  console[level] = (...words) => String(words[0]).includes("oidc-provider") || write(...words);
}

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const SIGNING_KEY = { ...privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig", kid: "signing" };

/**
 * Starts a provider.
 *
 * `back` is where mxcp has people sent back to, if it does. Access tokens for the server `resource` are of the kind `format`, `jwt`
 * or `opaque`. `lifetime` is how many seconds access tokens are good for. `encryption` is that of its connections, if they have
 * any.
 */
export async function startProvider({ back = [], resource, format = "jwt", lifetime = 600, redirects = [], encryption } = {}) {
  const server = encryption
    ? https.createServer({ cert: readFileSync(encryption.certificate), key: readFileSync(encryption.key) })
    : http.createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `${encryption ? "https" : "http"}://127.0.0.1:${server.address().port}`;
  const settings = {
    clients: [
      {
        client_id: APPLICATION.id,
        client_secret: APPLICATION.secret,
        redirect_uris: back,
        grant_types: back.length > 0 ? ["authorization_code", "refresh_token"] : [],
        response_types: back.length > 0 ? ["code"] : [],
        token_endpoint_auth_method: "client_secret_post",
      },
    ],
    // Clients may be web pages.
    clientBasedCORS: () => true,
    claims: { openid: ["sub"], email: ["email"], profile: ["name", "preferred_username"] },
    scopes: ["openid", "email", "profile", "offline_access", "use"],
    cookies: { keys: [randomBytes(32).toString("hex")] },
    jwks: { keys: [SIGNING_KEY] },
    features: {
      clientIdMetadataDocument: { enabled: true, ack: "draft-02" },
      introspection: { enabled: true },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, indicator) => ({
          scope: "use",
          audience: indicator,
          accessTokenFormat: format,
          accessTokenTTL: indicator === resource ? lifetime : 600,
        }),
      },
      revocation: { enabled: true },
    },
    extraTokenClaims: (_, token) => (token.accountId ? person(token.accountId) : undefined),
    fetch: async (url, options) => (String(url) === DOCUMENT ? Response.json(documentOf(DOCUMENT, redirects)) : fetch(url, options)),
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...person(id) }) }),
    issueRefreshToken: (_, client) => client.grantTypeAllowed("refresh_token"),
    ttl: { AccessToken: lifetime },
  };
  const provider = new Provider(issuer, settings);
  const grants = [];
  provider.on("grant.success", (context) => {
    const { entities, params } = context.oidc;
    grants.push({ kind: params.grant_type, id: (entities.RefreshToken ?? entities.AuthorizationCode).grantId });
  });
  server.on("request", provider.callback());
  return {
    issuer,
    config: `${issuer}/.well-known/openid-configuration`,
    /** How often somebody came with a refresh token. */
    refreshes: () => grants.filter(({ kind }) => kind === "refresh_token").length,
    /** Takes back whatever was allowed so far. */
    async revokeAll() {
      for (const { id } of grants) {
        await provider.RefreshToken.revokeByGrantId(id);
        await provider.AccessToken.revokeByGrantId(id);
      }
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What a document at an address says about the client that it is. */
export function documentOf(address, redirects) {
  return {
    client_id: address,
    client_name: "A client with a document",
    redirect_uris: redirects,
    application_type: "native",
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "none",
  };
}

/** What is said of somebody. */
function person(id) {
  return { email: `${id}@example.org`, name: `${id} of Example`, preferred_username: id };
}
