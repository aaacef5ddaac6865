//! What people cost: their logins, their connections, and calls of somebody who has not called for a while.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use mxcp_test_support::oauth::OAuthClient;
use tokio::runtime::Builder;

use super::calls;
use super::fleet::Fleet;
use super::processor::Tree;
use super::setting::Setting;
use super::stand::{BASE, Stand};
use crate::client::Client;
use crate::table::Table;

/// How many people there are, and how many connections.
const PEOPLE: usize = 300;
const CONNECTIONS: usize = 500;

/// How often everybody calls once, and how long after the time before: then it is not known any more whose token it is.
const PASSES: usize = 4;
const FORGOTTEN: Duration = Duration::from_millis(2500);

/// Sizes of all tables but those of the audit log.
const SIZE: &str = "SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class \
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE 'mxcp_audit%'";

/// What has been used up to a moment.
#[derive(Clone, Copy, Debug)]
struct Used {
    replica: f64,
    postgres: f64,
    statements: i64,
    memory: u64,
}

impl Used {
    /// Of a fleet of one.
    fn now(stand: &Stand, fleet: &Fleet) -> Result<Self> {
        let replica = fleet.replicas.first().context("a fleet without replicas")?.processes();
        Ok(Self {
            replica: replica.seconds()?,
            postgres: Tree(stand.postgres.process()?).seconds()?,
            statements: stand.statements()?,
            memory: replica.resident()?,
        })
    }

    /// A row: what each of so many things used since an earlier moment.
    fn row(self, earlier: Self, what: &str, count: usize) -> [String; 6] {
        let each = |value: f64| value / count as f64;
        // Asking for the number is a statement, too.
        let statements = (self.statements - earlier.statements - 1) as f64;
        [
            what.to_owned(),
            count.to_string(),
            format!("{:.2}", each(self.replica - earlier.replica) * 1000.0),
            format!("{:.2}", each(self.postgres - earlier.postgres) * 1000.0),
            format!("{:.2}", each(statements)),
            format!("{:.1}", each(self.memory as f64 - earlier.memory as f64) / 1024.0),
        ]
    }
}

/// Has people connect, log in and call at a fleet of one, as nothing else goes on. Gives a token that is good, and the table.
pub(crate) fn measure(stand: &Stand, fleet: &Fleet) -> Result<(String, Table)> {
    eprintln!("{PEOPLE} people log in, one after the other");
    let address = fleet.replicas.first().context("a fleet without replicas")?.address();
    let mut table =
        Table::new(&["what", "times", "mxcp ms", "PostgreSQL ms", "PostgreSQL statements", "mxcp KiB"]);
    let client = client(fleet)?;
    let log_in = |person: &str| -> Result<_> { Ok(client.log_in(&stand.provider, person)?.access) };
    let token = log_in("ada")?;

    let size = stand.number(&stand.state, SIZE)?;
    let before = Used::now(stand, fleet)?;
    let mut tokens = Vec::new();
    for person in 0..PEOPLE {
        tokens.push(log_in(&format!("person{person}"))?);
    }
    table.row(Used::now(stand, fleet)?.row(before, "login", PEOPLE));
    let bytes = (stand.number(&stand.state, SIZE)? - size) / i64::try_from(PEOPLE)?;

    eprintln!("calls one after the other");
    for kind in Setting::DEPLOYED.kinds.iter().copied().filter(|&kind| kind != "rest") {
        one_after_the_other(address, kind, &vec![token.clone(); 20])?;
        let calls = vec![token.clone(); 200];
        let before = Used::now(stand, fleet)?;
        one_after_the_other(address, kind, &calls)?;
        table.row(Used::now(stand, fleet)?.row(before, &format!("call of {kind}"), calls.len()));
    }
    let mut rows = Vec::new();
    for _ in 0..PASSES {
        thread::sleep(FORGOTTEN);
        let before = Used::now(stand, fleet)?;
        one_after_the_other(address, "answer", &tokens)?;
        rows.push(Used::now(stand, fleet)?.row(before, "call of answer, each by somebody else", PEOPLE));
    }
    rows.into_iter().for_each(|row| table.row(row));

    eprintln!("{CONNECTIONS} connections that are kept");
    let before = Used::now(stand, fleet)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let call = calls::of("answer", Some(&token));
    let kept = runtime.block_on(async {
        let mut kept = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut client = Client::connect(address, &call).await?;
            client.call().await?;
            kept.push(client);
        }
        anyhow::Ok(kept)
    })?;
    table.row(Used::now(stand, fleet)?.row(before, "connection that is kept, with a call", kept.len()));
    ensure!(bytes > 0, "nothing is kept of logins");
    println!("each person who logged in takes {bytes} bytes of PostgreSQL, indexes included\n");
    Ok((token, table))
}

/// A client that people may log in with, which reaches the fleet through nginx.
pub(crate) fn client(fleet: &Fleet) -> Result<OAuthClient> {
    let mut client = OAuthClient::new(BASE, &format!("http://{}", fleet.address));
    client.discover()?;
    client.register()?;
    Ok(client)
}

/// A call for each token on one connection.
fn one_after_the_other(address: SocketAddr, kind: &str, tokens: &[String]) -> Result<()> {
    let all: Vec<_> = tokens.iter().map(|token| calls::of(kind, Some(token))).collect();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut client = Client::connect(address, all.first().context("no tokens")?).await?;
        for call in &all {
            client.switch(address, call);
            client.call().await?;
        }
        Ok(())
    })
}
