//! Many people who log in at once and call at once: everybody gets their own answers.

use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use mxcp_test_support::client::Http;
use mxcp_test_support::oauth::OAuthClient;
use mxcp_test_support::project::Project;
use mxcp_test_support::provider::Provider;
use serde_json::{Value, json};

use crate::millis;
use crate::options::{Options, People};
use crate::sample::quantile;
use crate::table::Table;

/// Where clients think the server is.
const BASE: &str = "http://localhost:8123";

/// Two ways to learn who calls, of which the caller has no say, and one that tells calls apart.
const WHO: &str = "tool:
  name: who
  parameters:
    - {name: email, type: string, from: user.email}
    - {name: number, type: integer, default: 0}
  return: {type: object, properties: {email: {type: string}, name: {type: string}, number: {type: integer}}}
  source: {code: 'SELECT $email AS email, get_username() AS name, $number AS number'}
";

/// Stack of the threads, of which there are many.
const STACK: usize = 2 << 20;

/// What somebody saw.
#[derive(Default)]
struct Seen {
    /// Seconds until they were logged in.
    login: f64,
    /// Seconds of each call.
    calls: Vec<f64>,
}

/// Lets people log in and call; a wrong answer ends it.
pub(crate) fn run(options: &Options, people: People, scratch: &Path) -> Result<()> {
    let provider = Provider::start()?;
    let project = Project::new(options.binaries.join("mxcp"))?;
    project.file("tools/who.yml", WHO)?;
    let mut auth = provider.settings(&json!({}));
    if let Value::Object(auth) = &mut auth {
        auth.insert("persistence".to_owned(), json!({ "path": scratch.join("logins/oauth.db") }));
    }
    let user = json!({
        "transport": { "http": { "base_url": BASE, "max_connections": people.users + 100 } },
        "projects": { "tested": { "profiles": { "default": { "auth": auth } } } },
    });
    project.file(".mxcp/config.yml", &user.to_string())?;
    let server = Http::start_at(&project, 0)?;
    let mut client = OAuthClient::new(BASE, server.url().trim_end_matches("/mcp"));
    client.discover()?;
    client.register()?;

    let People { users, calls } = people;
    eprintln!("{users} people log in at once, and make {calls} calls each at once");
    let (begin, logged_in) = (Barrier::new(users + 1), Barrier::new(users + 1));
    let (seen, logging_in, calling) = thread::scope(|scope| -> Result<_> {
        let threads = (0..users).map(|number| {
            let (client, provider) = (client.clone(), &provider);
            let (begin, logged_in) = (&begin, &logged_in);
            let act = move || one(&client, provider, number, calls, begin, logged_in);
            let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, act);
            // Those that are there already would wait for ever.
            thread.unwrap_or_else(|error| {
                eprintln!("error: no thread for person {number}: {error}");
                std::process::exit(1)
            })
        });
        let threads: Vec<_> = threads.collect();
        begin.wait();
        let begun = Instant::now();
        logged_in.wait();
        let logging_in = begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        let mut seen = Vec::with_capacity(users);
        for thread in threads {
            seen.push(thread.join().map_err(|_| anyhow::anyhow!("somebody panicked"))??);
        }
        Ok((seen, logging_in, begun.elapsed().as_secs_f64()))
    })?;

    let mut table =
        Table::new(&["what", "times", "seconds", "per second", "p50 ms", "p99 ms", "longest ms", "wrong"]);
    let mut row = |what: &str, mut times: Vec<f64>, seconds: f64| {
        times.sort_by(f64::total_cmp);
        table.row([
            what.to_owned(),
            times.len().to_string(),
            format!("{seconds:.1}"),
            format!("{:.0}", times.len() as f64 / seconds),
            millis(quantile(&times, 0.5)),
            millis(quantile(&times, 0.99)),
            millis(quantile(&times, 1.0)),
            "0".to_owned(),
        ]);
    };
    row("logins", seen.iter().map(|seen| seen.login).collect(), logging_in);
    row("calls", seen.into_iter().flat_map(|seen| seen.calls).collect(), calling);
    println!("\n{users} people at once; every answer was that of its caller and its call\n\n{table}");
    Ok(())
}

/// What one of them does. Whoever fails does not let the others wait.
fn one(
    client: &OAuthClient,
    provider: &Provider,
    number: usize,
    calls: usize,
    begin: &Barrier,
    logged_in: &Barrier,
) -> Result<Seen> {
    let person = format!("person{number}");
    begin.wait();
    let begun = Instant::now();
    let tokens = client.log_in(provider, &person).with_context(|| format!("the login of {person}"));
    let login = begun.elapsed().as_secs_f64();
    logged_in.wait();
    let token = tokens?.access;
    let mut seen = Seen { login, calls: Vec::with_capacity(calls) };
    for call in 0..calls {
        let begun = Instant::now();
        let answer = client.call("who", &json!({ "number": call }), Some(&token))?;
        seen.calls.push(begun.elapsed().as_secs_f64());
        ensure!(answer.status == 200, "{person}: {} {}", answer.status, answer.body);
        let said = answer.json()?.pointer("/result/structuredContent").cloned().unwrap_or_default();
        let own = json!({ "email": format!("{person}@example.org"), "name": person, "number": call });
        ensure!(said == own, "{person} was told {}", answer.body);
    }
    Ok(seen)
}
