//! A client of OAuth with a browser: it finds out by itself how people log in at a server, and calls for them.

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::percent_decode_str;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use ureq::Agent;
use ureq::http::Response;

use crate::provider::Provider;

/// Where clients wait for people to come back.
pub const REDIRECT: &str = "http://127.0.0.1:9/back?keep=1";

/// What only the client knows until it shows it.
const VERIFIER: &str = "what-only-the-client-knows-until-it-shows-it-0123456789";

/// What clients say when a login begins, to hear it again at its end.
const STATE: &str = "mine";

/// A client. Its clones are the same client with connections of their own.
#[derive(Debug)]
pub struct OAuthClient {
    /// The URL by which clients know the server.
    base: String,
    /// The URL at which it is reached.
    reached: String,
    agent: Agent,
    /// Its id, once it has registered.
    id: String,
    /// The metadata of the authorization server, once it was found.
    metadata: Json,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Where it sends to.
    pub location: String,
    /// What it says about getting in.
    pub challenge: String,
    /// The body.
    pub body: String,
}

/// What a client gets for a login.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// For calls.
    pub access: String,
    /// For other tokens.
    pub refresh: String,
}

impl Answer {
    fn of(mut response: Response<ureq::Body>) -> anyhow::Result<Self> {
        let header = |name: &str| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.map(str::to_owned).unwrap_or_default()
        };
        let (location, challenge) = (header("location"), header("www-authenticate"));
        let status = response.status().as_u16();
        Ok(Self { status, location, challenge, body: response.body_mut().read_to_string()? })
    }

    /// The body, read as JSON, or the message in its stream of events.
    ///
    /// # Errors
    /// It is none.
    pub fn json(&self) -> anyhow::Result<Json> {
        let event = self.body.lines().find_map(|line| line.strip_prefix("data:")).map(str::trim);
        serde_json::from_str(event.unwrap_or(&self.body)).with_context(|| self.body.clone())
    }

    /// What a tool says.
    ///
    /// # Errors
    /// It says nothing.
    pub fn said(&self) -> anyhow::Result<String> {
        let message = self.json()?;
        let text = message["result"]["content"][0]["text"].as_str();
        Ok(text.with_context(|| format!("{} {message}", self.status))?.to_owned())
    }

    /// The tokens in it.
    ///
    /// # Errors
    /// There are none.
    pub fn tokens(&self) -> anyhow::Result<Tokens> {
        let answer = self.json()?;
        let text = |key: &str| {
            let text = answer[key].as_str().map(str::to_owned);
            text.with_context(|| format!("{} {}", self.status, self.body))
        };
        Ok(Tokens { access: text("access_token")?, refresh: text("refresh_token")? })
    }
}

/// The value of a parameter of a URL.
#[must_use]
pub fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1;
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
}

/// The body of a call since 2026-07-28.
#[must_use]
pub fn call(tool: &str, arguments: &Json) -> Json {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": tool, "arguments": arguments, "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}},
        },
    }})
}

impl Clone for OAuthClient {
    fn clone(&self) -> Self {
        Self {
            base: self.base.clone(),
            reached: self.reached.clone(),
            agent: agent(),
            id: self.id.clone(),
            metadata: self.metadata.clone(),
        }
    }
}

impl OAuthClient {
    /// A client of a server that is known by one URL and reached by another one, both without a slash at the end.
    #[must_use]
    pub fn new(base: &str, reached: &str) -> Self {
        let (base, reached) = (base.to_owned(), reached.to_owned());
        Self { base, reached, agent: agent(), id: String::new(), metadata: Json::Null }
    }

    /// The same client, whose requests reach the server elsewhere.
    #[must_use]
    pub fn at(&self, reached: &str) -> Self {
        Self { reached: reached.to_owned(), ..self.clone() }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the authorization server says of itself.
    #[must_use]
    pub fn metadata(&self, key: &str) -> &str {
        self.metadata[key].as_str().unwrap_or_default()
    }

    /// Gets a page.
    ///
    /// # Errors
    /// There is no answer, or the URL is of another server.
    pub fn get(&self, url: &str) -> anyhow::Result<Answer> {
        Answer::of(self.agent.get(self.real(url)?).header("Host", self.host()).call()?)
    }

    /// Sends a form.
    ///
    /// # Errors
    /// There is no answer, or the URL is of another server.
    pub fn post(&self, url: &str, form: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let request = self.agent.post(self.real(url)?).header("Host", self.host());
        Answer::of(request.send_form(form.iter().copied())?)
    }

    /// Sends JSON.
    ///
    /// # Errors
    /// There is no answer, or the URL is of another server.
    pub fn post_json(&self, url: &str, body: &Json, headers: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let request = self.agent.post(self.real(url)?).header("Host", self.host());
        let request = request.header("Content-Type", "application/json");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        Answer::of(request.send(body.to_string())?)
    }

    /// Calls a tool.
    ///
    /// # Errors
    /// There is no answer.
    pub fn call(&self, tool: &str, arguments: &Json, token: Option<&str>) -> anyhow::Result<Answer> {
        self.send(tool, &call(tool, arguments), token)
    }

    /// Sends the body of a call of a tool.
    ///
    /// # Errors
    /// There is no answer.
    pub fn send(&self, tool: &str, body: &Json, token: Option<&str>) -> anyhow::Result<Answer> {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![
            ("Accept", "application/json, text/event-stream"),
            ("Mcp-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", "tools/call"),
            ("Mcp-Name", tool),
        ];
        headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
        self.post_json(&format!("{}/mcp", self.base), body, &headers)
    }

    /// Finds the authorization server, from a refusal of the tool `who` on.
    ///
    /// # Errors
    /// It is not to be found.
    pub fn discover(&mut self) -> anyhow::Result<()> {
        let refused = self.call("who", &json!({}), None)?;
        ensure!(refused.status == 401, "{} {}", refused.status, refused.body);
        let (_, rest) = refused.challenge.split_once("resource_metadata=\"").context("a challenge")?;
        let resource = self.get(rest.split('"').next().unwrap_or_default())?.json()?;
        ensure!(resource["resource"] == format!("{}/mcp", self.base), "{resource}");
        let issuer = resource["authorization_servers"][0].as_str().context("an issuer")?;
        let metadata = self.get(&format!("{issuer}/.well-known/oauth-authorization-server"))?.json()?;
        ensure!(metadata["issuer"] == issuer, "{metadata}");
        ensure!(metadata["code_challenge_methods_supported"] == json!(["S256"]), "{metadata}");
        self.metadata = metadata;
        Ok(())
    }

    /// Registers as a public client.
    ///
    /// # Errors
    /// The server does not want it.
    pub fn register(&mut self) -> anyhow::Result<()> {
        let body = json!({
            "redirect_uris": [REDIRECT], "client_name": "A client", "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
        });
        let answer = self.post_json(self.metadata("registration_endpoint"), &body, &[])?;
        ensure!(answer.status == 201, "{} {}", answer.status, answer.body);
        answer.json()?["client_id"].as_str().context("an id")?.clone_into(&mut self.id);
        Ok(())
    }

    /// Sends a browser to the provider: where it is sent.
    ///
    /// # Errors
    /// It is not sent there.
    pub fn depart(&self) -> anyhow::Result<String> {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let redirect = REDIRECT.replace('?', "%3F").replace('=', "%3D");
        let sent = self.get(&format!(
            "{}?response_type=code&client_id={}&redirect_uri={redirect}&code_challenge={challenge}\
             &code_challenge_method=S256&state={STATE}&resource={}/mcp",
            self.metadata("authorization_endpoint"),
            self.id,
            self.base
        ))?;
        ensure!(sent.status == 302, "{} {}", sent.status, sent.body);
        Ok(sent.location)
    }

    /// The browser comes back from the provider: where it is sent.
    ///
    /// # Errors
    /// It is not sent to the client.
    pub fn arrive(&self, back: &str) -> anyhow::Result<String> {
        let sent = self.get(back)?;
        ensure!(matches!(sent.status, 302 | 303 | 307), "{} {}", sent.status, sent.body);
        ensure!(sent.location.starts_with(&format!("{REDIRECT}&")), "{}", sent.location);
        ensure!(parameter(&sent.location, "state").as_deref() == Some(STATE), "{}", sent.location);
        ensure!(parameter(&sent.location, "iss").as_deref() == Some(&self.base), "{}", sent.location);
        Ok(sent.location)
    }

    /// Shows a code.
    ///
    /// # Errors
    /// There is no answer.
    pub fn redeem(&self, code: &str) -> anyhow::Result<Answer> {
        self.post(
            self.metadata("token_endpoint"),
            &[
                ("grant_type", "authorization_code"),
                ("client_id", &self.id),
                ("code", code),
                ("code_verifier", VERIFIER),
                ("redirect_uri", REDIRECT),
            ],
        )
    }

    /// Shows a refresh token.
    ///
    /// # Errors
    /// There is no answer.
    pub fn refresh(&self, token: &str) -> anyhow::Result<Answer> {
        let form = [("grant_type", "refresh_token"), ("client_id", &self.id), ("refresh_token", token)];
        self.post(self.metadata("token_endpoint"), &form)
    }

    /// Gives a token back.
    ///
    /// # Errors
    /// There is no answer.
    pub fn revoke(&self, token: &str) -> anyhow::Result<Answer> {
        self.post(self.metadata("revocation_endpoint"), &[("token", token), ("client_id", &self.id)])
    }

    /// Somebody logs in: the code that the client gets for it.
    ///
    /// # Errors
    /// It fails somewhere.
    pub fn code_of(&self, provider: &Provider, person: &str) -> anyhow::Result<String> {
        let back = provider.visit_as(&self.depart()?, person)?;
        parameter(&self.arrive(&back)?, "code").context("a code")
    }

    /// Somebody logs in: the tokens that the client gets for it.
    ///
    /// # Errors
    /// It fails somewhere.
    pub fn log_in(&self, provider: &Provider, person: &str) -> anyhow::Result<Tokens> {
        self.redeem(&self.code_of(provider, person)?)?.tokens()
    }

    fn host(&self) -> &str {
        self.base.split_once("://").map_or("", |(_, host)| host)
    }

    /// The address at which a URL of the server can be reached.
    fn real(&self, url: &str) -> anyhow::Result<String> {
        let path = url.strip_prefix(&self.base).with_context(|| format!("no URL of the server: {url}"))?;
        Ok(format!("{}{path}", self.reached))
    }
}

fn agent() -> Agent {
    Agent::config_builder().max_redirects(0).http_status_as_error(false).build().into()
}
