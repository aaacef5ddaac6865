//! A search for secrets where none may be: in the log, in what is shown of values, and in the store.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

use super::world::{BASE, Browser, VERIFIER, World, callback_url, confidential};
use crate::upstream::UpstreamError;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn nothing_secret_is_logged_shown_or_stored() {
    let log = Log::default();
    let subscriber = || {
        let format = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
        format.with_writer(log.clone()).finish()
    };
    // While there is only one, what is logged is decided by the thread that comes by first, and that may be another test's.
    let _second = tracing::Dispatch::new(subscriber());
    let _guard = tracing::subscriber::set_default(subscriber());

    // A life with everything that goes right and wrong.
    let world = World::asking().await;
    let (id, secret) = confidential(&world, "client_secret_post").await;
    let mut browser = Browser::default();
    let page = world.authorize(&mut browser, &[("client_id", &id)]).await;
    let state = browser.press(&world, &page, "allow").await.parameter("state");
    let back = browser.get(&world, &callback_url(&state, "idp-code-ada")).await;
    let code = back.parameter("code");
    let who = [("client_id", id.as_str()), ("client_secret", secret.as_str())];
    let logins = world.store.with(|memory| format!("{memory:?}"));
    let (access, refresh) = world.redeem(&code, &who).await.tokens();
    let user = world.issuer.verify(&access, BASE).await.unwrap();
    let (later, next) = world.refresh(&refresh, &who).await.tokens();
    world.redeem(&code, &[("client_id", &id), ("client_secret", "wrong-secret")]).await;
    world.refresh(&refresh, &who).await;
    world.issuer.verify(&access, BASE).await.unwrap_err();
    world.post("/revoke", &[who[0], who[1], ("token", &next)]).await;
    world.upstream.fail(Some(UpstreamError::Refused("it says so".into())));
    let state_of_failure = world.authorize(&mut browser, &[("client_id", &id)]).await.parameter("state");
    browser.get(&world, &callback_url(&state_of_failure, "idp-code-eve")).await;
    world.store.set_broken(true);
    world.authorize(&mut browser, &[("client_id", &id)]).await;

    let cookie = browser.cookie("__Host-mxcp-browser").clone();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("a client registered") && log.contains("used twice"), "{log}");
    let shown = format!("{:?} {user:?} {logins}", world.issuer);
    let ticket = page.fields().into_iter().find(|(name, _)| name == "ticket").unwrap().1;
    let secrets = [
        secret.as_str(),
        "wrong-secret",
        &state,
        &state_of_failure,
        &code,
        &access,
        &refresh,
        &later,
        &next,
        &cookie,
        &ticket,
        VERIFIER,
        "idp-code-",
        "idp-access-",
        "idp-refresh-",
        "idp-verifier-",
        "ada@example.com",
    ];
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    // The principal shows who it is; nothing else may be seen.
    for secret in &secrets[..16] {
        assert!(!shown.contains(secret), "{secret} is shown");
    }
}
