//! Replicas of one server: what calls cost as there are more of them, and what happens when one goes away.

mod calls;
mod cost;
mod failover;
mod fleet;
mod patient;
mod person;
mod processor;
mod setting;
mod stand;

use std::path::Path;

use anyhow::{Context, Result};

use self::cost::Way;
use self::fleet::Fleet;
use self::setting::{Known, Setting};
use self::stand::Stand;
use crate::options::Options;
use crate::table::Table;

/// How many replicas there are.
const COUNTS: [usize; 3] = [1, 2, 4];

/// Seconds for which a JWT is good.
const DAY: i64 = 86_400;

/// Measures replicas in place of SQL; `extensions` is a folder of DuckDB's extensions.
pub(crate) fn run(options: &Options, extensions: &Path, scratch: &Path) -> Result<()> {
    let stand = Stand::start(options, extensions, scratch)?;
    if options.wants("costs") {
        costs(options, &stand)?;
    }
    if options.wants("failover") {
        failover::run(options, &stand)?;
    }
    Ok(())
}

/// What people and calls cost, with fleets of each size.
fn costs(options: &Options, stand: &Stand) -> Result<()> {
    let mut costs = cost::table();
    let fleets = start(stand, &Setting::DEPLOYED)?;
    let mut memory = Table::new(&["replicas", "MiB each, idle", "MiB each, after load"]);
    let idle = fleets.iter().map(resident).collect::<Result<Vec<_>>>()?;
    let (token, people) = person::measure(stand, fleets.first().context("a fleet of one")?)?;
    println!("what each of them cost, one after the other\n\n{people}");
    for &kind in Setting::DEPLOYED.kinds {
        let known = (Setting::DEPLOYED.name, kind, Some(token.as_str()));
        cost::measure(options, stand, known, &ways(&fleets), &mut costs)?;
    }
    for (fleet, idle) in fleets.iter().zip(idle) {
        let count = fleet.replicas.len();
        memory.row([count.to_string(), format!("{idle:.1}"), format!("{:.1}", resident(fleet)?)]);
    }
    let replicas = i64::try_from(COUNTS.iter().sum::<usize>())?;
    let connections = |database: &str| -> Result<f64> {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        Ok(stand.number(database, sql)? as f64 / replicas as f64)
    };
    let (shop, state) = (connections(&stand.shop)?, connections(&stand.state)?);
    let records = stand.number(&stand.state, "SELECT count(*) FROM mxcp_audit_records")?;
    let bytes = stand.number(&stand.state, "SELECT pg_total_relation_size('mxcp_audit_records')")?;
    drop(fleets);

    for setting in &Setting::OTHERS {
        let fleets = start(stand, setting)?;
        let token = match setting.known {
            Known::Nobody => None,
            Known::Own => Some(token.clone()),
            Known::Jwt => {
                let end = mxcp_test_support::provider::now()? + DAY;
                Some(stand.provider.token("ada", &serde_json::json!({ "exp": end }))?)
            }
        };
        for &kind in setting.kinds {
            let known = (setting.name, kind, token.as_deref());
            cost::measure(options, stand, known, &ways(&fleets), &mut costs)?;
        }
    }
    let (rounds, turn) = (options.rounds, options.turn);
    println!(
        "calls over HTTP: medians of {rounds} rounds of {turn:?} each; every answer was checked\n\n{costs}"
    );
    println!("memory of a replica, with its Python processes\n\n{memory}");
    println!(
        "connections to PostgreSQL after that load, for each replica: {shop:.1} for data, {state:.1} for state"
    );
    println!(
        "{records} audit records of {} bytes each in PostgreSQL, indexes included\n",
        bytes / records.max(1)
    );
    Ok(())
}

/// A fleet of each size.
fn start(stand: &Stand, setting: &Setting) -> Result<Vec<Fleet>> {
    COUNTS.iter().map(|&count| Fleet::start(stand, setting, count)).collect()
}

/// Each fleet through nginx, and before them the first one without.
fn ways(fleets: &[Fleet]) -> Vec<Way<'_>> {
    let direct = fleets.first().map(|fleet| Way { fleet, direct: true });
    direct.into_iter().chain(fleets.iter().map(|fleet| Way { fleet, direct: false })).collect()
}

/// MiB of a replica, on average.
fn resident(fleet: &Fleet) -> Result<f64> {
    let mut bytes = 0;
    for replica in &fleet.replicas {
        bytes += replica.processes().resident()?;
    }
    Ok(bytes as f64 / fleet.replicas.len() as f64 / (1024.0 * 1024.0))
}
