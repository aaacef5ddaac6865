//! The one flow by which people log in at an identity provider.

use oauth2::basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    PkceCodeChallenge, PkceCodeVerifier, RefreshToken, RequestTokenError, Scope, StandardRevocableToken,
    TokenUrl,
};

use mxcp_core::call::Secret;
use mxcp_runtime::ports::BoxFuture;
use serde_json::Value as Json;

use super::claims::{self, Claims};
use super::granted::{self, Granted, NoAnswer};
use super::id_tokens::IdTokens;
use super::profile::{Profile, Userinfo};
use super::{Arrival, Departure, Identity, Upstream, UpstreamError};
use crate::error::Error;
use crate::http::{Answer, Client, Endpoint, Sender};
use crate::now;
use crate::store::{UpstreamTokens, User};

/// A client of the provider's two endpoints.
type OAuth = oauth2::Client<
    BasicErrorResponse,
    Granted,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// Why a request for tokens failed.
type TokenFailure = RequestTokenError<NoAnswer, BasicErrorResponse>;

/// An identity provider.
pub(super) struct Provider {
    profile: Profile,
    oauth: OAuth,
    http: Client,
}

impl Provider {
    /// The provider of a profile.
    ///
    /// # Errors
    /// An address in the profile is none.
    pub(super) fn new(profile: Profile, http: Client) -> Result<Self, Error> {
        let no_url = |_| Error::settings("an address of the identity provider is no URL");
        let oauth = oauth2::Client::new(ClientId::new(profile.client_id.clone()))
            .set_client_secret(ClientSecret::new(profile.client_secret.reveal().to_owned()))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::new(profile.authorize.url()).map_err(no_url)?)
            .set_token_uri(TokenUrl::new(profile.token.url()).map_err(no_url)?);
        Ok(Self { profile, oauth, http })
    }

    async fn log_in(&self, arrival: Arrival<'_>) -> Result<Identity, UpstreamError> {
        let granted = self.exchange(arrival).await?;
        let nonce = arrival.verifier.map(IdTokens::nonce);
        let said = self.identity_claims(&granted, nonce.as_deref()).await?;
        let access = Secret::new(granted.access());
        let profile = self.profile_of(&granted, &access).await?;
        let profile = self.believed(profile, said.as_ref());
        // Where they are about the same, what is said last counts. Who it is says only what was said to this server: an access
        // token is for a service, which may know its owner by another id.
        let said = claims::laid_over(said.unwrap_or_default(), profile);
        let user_id = self.profile.fields.id.iter().find_map(|key| claims::text(&said, &[key]));
        let user_id =
            user_id.ok_or_else(|| UpstreamError::Unusable("it does not say who it is".to_owned()))?;
        let of_access = claims::unverified(access.reveal()).unwrap_or_default();
        let all = claims::laid_over(of_access, Some(said));
        let mut user = self.described(user_id, all);
        if user.email.is_none() {
            user.email = self.email(&access).await;
        }
        Ok(Identity { user, tokens: self.tokens(&granted, access, None, arrival.scopes) })
    }

    async fn exchange(&self, arrival: Arrival<'_>) -> Result<Granted, UpstreamError> {
        let code = AuthorizationCode::new(arrival.code.reveal().to_owned());
        let verifier = arrival.verifier.map(|verifier| PkceCodeVerifier::new(verifier.reveal().to_owned()));
        let callback_url = arrival.callback_url.to_owned();
        let parameters = self.profile.token_parameters.clone();
        self.ask(move |oauth, sender| {
            let mut request = oauth.exchange_code(code).add_extra_param("redirect_uri", callback_url);
            for (key, value) in parameters {
                request = request.add_extra_param(key, value);
            }
            if let Some(verifier) = verifier {
                request = request.set_pkce_verifier(verifier);
            }
            request.request(&|request| granted::send(sender, request))
        })
        .await
    }

    /// Asks the token endpoint.
    async fn ask(
        &self,
        question: impl FnOnce(&OAuth, &Sender) -> Result<Granted, TokenFailure> + Send + 'static,
    ) -> Result<Granted, UpstreamError> {
        let oauth = self.oauth.clone();
        let answer = self.http.run(move |sender| question(&oauth, sender)).await;
        let answer = answer.map_err(|error| UpstreamError::Unavailable(error.to_string()))?;
        let granted = answer.map_err(|error| granted::explain(&error))?;
        if granted.access().is_empty() {
            return Err(UpstreamError::Unusable("its token endpoint gives no access token".to_owned()));
        }
        Ok(granted)
    }

    /// What the token about the person says.
    async fn identity_claims(
        &self,
        granted: &Granted,
        nonce: Option<&str>,
    ) -> Result<Option<Claims>, UpstreamError> {
        match (granted.identity(), &self.profile.id_tokens) {
            (None, _) => Ok(None),
            (Some(token), Some(id_tokens)) => id_tokens.verify(token, nonce, now()).await.map(Some),
            (Some(token), None) => Ok(claims::unverified(token)),
        }
    }

    /// What the provider answers when it is asked whose a token is.
    async fn profile_of(&self, granted: &Granted, access: &Secret) -> Result<Claims, UpstreamError> {
        let endpoint = match &self.profile.userinfo {
            Userinfo::At(endpoint) => Some(endpoint.clone()),
            Userinfo::Named(named) => named(granted, &self.profile.token),
        };
        let unusable = |problem: &str| UpstreamError::Unusable(problem.to_owned());
        let endpoint = endpoint.ok_or_else(|| unusable("it does not say where people are"))?;
        let answer = self.show(&endpoint, access).await?;
        answer.object().ok_or_else(|| unusable("what it says of the person is no JSON object"))
    }

    /// Shows an access token to an endpoint of the provider.
    async fn show(&self, endpoint: &Endpoint, access: &Secret) -> Result<Answer, UpstreamError> {
        let answer = self.http.get(endpoint, Some(access)).await;
        let answer = answer.map_err(|error| UpstreamError::Unavailable(error.to_string()))?;
        match answer.status.as_u16() {
            200 => Ok(answer),
            status @ (408 | 429 | 500..) => {
                Err(UpstreamError::Unavailable(format!("what it says of the person has the status {status}")))
            }
            status => {
                Err(UpstreamError::Refused(format!("what it says of the person has the status {status}")))
            }
        }
    }

    /// The provider's answer, unless it is about somebody else than the token about the person: then it must not be used
    /// (OpenID Connect Core section 5.3.2).
    fn believed(&self, profile: Claims, said: Option<&Claims>) -> Option<Claims> {
        let subject = |claims: &Claims| claims::text(claims, &["sub"]);
        let differ = match (said.and_then(subject), subject(&profile)) {
            (Some(said), Some(asked)) => said != asked,
            _ => false,
        };
        if differ && self.profile.fields.id == ["sub"] {
            tracing::warn!(
                "userinfo of the identity provider is about somebody else than its id_token: it is not used"
            );
            return None;
        }
        Some(profile)
    }

    /// An address that somebody was proven to have, where the profile has none; none if there is none or nobody says.
    async fn email(&self, access: &Secret) -> Option<String> {
        let endpoint = self.profile.emails.as_ref()?;
        let answer = self.show(endpoint, access).await.ok()?;
        let emails: Vec<Json> = serde_json::from_slice(&answer.body).ok()?;
        let is = |email: &Json, key: &str| email.get(key) == Some(&Json::Bool(true));
        let verified = || emails.iter().filter(|email| is(email, "verified"));
        let email = verified().find(|email| is(email, "primary")).or_else(|| verified().next())?;
        email.get("email").and_then(Json::as_str).filter(|email| !email.is_empty()).map(str::to_owned)
    }

    /// The user whom claims describe.
    fn described(&self, user_id: String, profile: Claims) -> User {
        let fields = &self.profile.fields;
        let email = claims::text(&profile, &["email"]);
        let local = email.as_deref().and_then(|email| email.split('@').next());
        let local = local.filter(|local| fields.username_of_email && !local.is_empty());
        let username = fields
            .username
            .and_then(|key| claims::text(&profile, &[key]))
            .or_else(|| local.map(str::to_owned))
            .unwrap_or_else(|| user_id.clone());
        User {
            provider: self.profile.name.clone(),
            user_id,
            username,
            email,
            name: claims::text(&profile, &["name"]),
            avatar_url: claims::text(&profile, fields.picture),
            profile,
        }
    }

    fn tokens(
        &self,
        granted: &Granted,
        access: Secret,
        refresh: Option<&Secret>,
        scopes: &[String],
    ) -> UpstreamTokens {
        UpstreamTokens {
            access,
            refresh: granted.refresh().map(Secret::new).or_else(|| refresh.cloned()),
            expires_at: granted.lifetime().map(|seconds| now().saturating_add(seconds)),
            scopes: granted.granted_scopes(self.profile.scope_separators).unwrap_or_else(|| scopes.to_vec()),
        }
    }

    async fn renew(
        &self,
        refresh: &Secret,
        scopes: &[String],
        user: &User,
    ) -> Result<Identity, UpstreamError> {
        let token = RefreshToken::new(refresh.reveal().to_owned());
        let asked: Vec<_> = scopes.iter().cloned().map(Scope::new).collect();
        let granted = self
            .ask(move |oauth, sender| {
                let request = oauth.exchange_refresh_token(&token).add_scopes(asked);
                request.request(&|request| granted::send(sender, request))
            })
            .await?;
        let said = self.identity_claims(&granted, None).await?;
        let subject = said.as_ref().and_then(|said| claims::text(said, &["sub"]));
        if self.profile.fields.id == ["sub"] && subject.is_some_and(|subject| subject != user.user_id) {
            return Err(UpstreamError::Unusable("its id_token is about somebody else".to_owned()));
        }
        let access = Secret::new(granted.access());
        let over = claims::laid_over(claims::unverified(access.reveal()).unwrap_or_default(), said);
        let mut all = claims::laid_over(user.profile.clone(), Some(over));
        // Who it is does not change: an access token may know its owner by another id.
        for key in self.profile.fields.id {
            match user.profile.get(*key) {
                Some(id) => _ = all.insert((*key).to_owned(), id.clone()),
                None => _ = all.shift_remove(*key),
            }
        }
        let mut renewed = self.described(user.user_id.clone(), all);
        renewed.email = renewed.email.or_else(|| user.email.clone());
        Ok(Identity { user: renewed, tokens: self.tokens(&granted, access, Some(refresh), scopes) })
    }
}

impl Upstream for Provider {
    fn name(&self) -> &str {
        &self.profile.name
    }

    fn callback_path(&self) -> &str {
        &self.profile.callback_path
    }

    fn scopes(&self) -> &[String] {
        &self.profile.scopes
    }

    fn begin(&self, state: &str, callback_url: &str) -> Departure {
        let mut request = self
            .oauth
            .authorize_url(|| CsrfToken::new(state.to_owned()))
            .add_extra_param("redirect_uri", callback_url)
            .add_extra_param("scope", self.profile.scopes.join(" "));
        let mut verifier = None;
        if self.profile.pkce {
            let (challenge, proof) = PkceCodeChallenge::new_random_sha256();
            let proof = Secret::new(proof.into_secret());
            request = request.set_pkce_challenge(challenge);
            if self.profile.id_tokens.is_some() {
                request = request.add_extra_param("nonce", IdTokens::nonce(&proof));
            }
            verifier = Some(proof);
        }
        for (key, value) in &self.profile.authorize_parameters {
            request = request.add_extra_param(key, value);
        }
        Departure { url: request.url().0.into(), verifier }
    }

    fn finish<'a>(&'a self, arrival: Arrival<'a>) -> BoxFuture<'a, Result<Identity, UpstreamError>> {
        Box::pin(self.log_in(arrival))
    }

    fn refresh<'a>(
        &'a self,
        refresh: &'a Secret,
        scopes: &'a [String],
        user: &'a User,
    ) -> BoxFuture<'a, Result<Identity, UpstreamError>> {
        Box::pin(self.renew(refresh, scopes, user))
    }
}

/// Where it is may come from references, and `oauth2` shows addresses.
impl std::fmt::Debug for Provider {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Provider").field("profile", &self.profile).finish_non_exhaustive()
    }
}
