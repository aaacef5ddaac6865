//! What calls cost: processor time of everything that takes part, and how fast they are.

use std::net::SocketAddr;

use anyhow::{Context, Result};

use super::calls;
use super::fleet::Fleet;
use super::processor::Tree;
use super::stand::Stand;
use crate::contender::Call;
use crate::load::{self, Load, Measured};
use crate::options::Options;
use crate::sample::median;
use crate::table::Table;

/// Connections for each replica that calls come from, so that each has the same to do at once.
const CONNECTIONS: usize = 16;

/// Connections in all whose calls wait.
const WAITING: usize = 64;

/// Where calls go: to a fleet, through nginx or past it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way<'a> {
    /// Which fleet.
    pub(crate) fleet: &'a Fleet,
    /// Whether its one replica is called directly.
    pub(crate) direct: bool,
}

/// One turn.
#[derive(Debug)]
struct Turn {
    measured: Measured,
    /// Seconds of processor time: of the replicas, of nginx, of PostgreSQL.
    spent: [f64; 3],
    /// Calls of each replica.
    answered: Vec<u64>,
}

impl Way<'_> {
    fn address(&self) -> Result<SocketAddr> {
        if self.direct {
            return Ok(self.fleet.replicas.first().context("a fleet without replicas")?.address());
        }
        Ok(self.fleet.address)
    }

    fn turn(&self, stand: &Stand, call: &Call, load: Load) -> Result<Turn> {
        let spent = || -> Result<_> {
            let nginx = Tree(self.fleet.nginx.process()).seconds()?;
            let postgres = Tree(stand.postgres.process()?).seconds()?;
            Ok([self.fleet.seconds()?, nginx, postgres])
        };
        let (before, answered) = (spent()?, self.fleet.answered()?);
        let measured = load::run(self.address()?, call, load)?;
        let (after, now) = (spent()?, self.fleet.answered()?);
        let [replicas, nginx, postgres] = after;
        let [replicas_before, nginx_before, postgres_before] = before;
        Ok(Turn {
            measured,
            spent: [replicas - replicas_before, nginx - nginx_before, postgres - postgres_before],
            answered: now.iter().zip(answered).map(|(now, before)| now.saturating_sub(before)).collect(),
        })
    }
}

/// The table that [`measure`] fills.
pub(crate) fn table() -> Table {
    Table::new(&[
        "setting",
        "call",
        "replicas",
        "calls/s",
        "of the first",
        "p50 ms",
        "p99 ms",
        "mxcp ms/call",
        "nginx ms/call",
        "PostgreSQL ms/call",
        "least and most of a replica",
        "calls",
    ])
}

/// Lets ways take turns with one call; a row for each.
pub(crate) fn measure(
    options: &Options,
    stand: &Stand,
    (setting, kind, token): (&str, &str, Option<&str>),
    ways: &[Way<'_>],
    table: &mut Table,
) -> Result<()> {
    eprintln!("{setting}: {kind}");
    let call = calls::of(kind, token);
    let load = |way: &Way<'_>, duration| Load {
        connections: if kind == "rest" { WAITING } else { CONNECTIONS * way.fleet.replicas.len() },
        duration,
    };
    for way in ways {
        way.turn(stand, &call, load(way, options.warm_up))?;
    }
    let mut rounds: Vec<Vec<Turn>> = Vec::new();
    for _ in 0..options.rounds {
        let round = ways.iter().map(|way| way.turn(stand, &call, load(way, options.turn)));
        rounds.push(round.collect::<Result<_>>()?);
    }
    for (place, way) in ways.iter().enumerate() {
        let own: Vec<&Turn> = rounds.iter().filter_map(|round| round.get(place)).collect();
        let of_rounds =
            |figure: &dyn Fn(&Turn) -> f64| median(&own.iter().map(|&turn| figure(turn)).collect::<Vec<_>>());
        let per_call = |part: usize| {
            let spent = |turn: &Turn| turn.spent.get(part).copied().unwrap_or(f64::NAN);
            format!("{:.3}", of_rounds(&|turn| spent(turn) * 1000.0 / turn.measured.calls() as f64))
        };
        let ratios = rounds
            .iter()
            .filter_map(|round| Some(round.get(place)?.measured.rate() / round.first()?.measured.rate()));
        let count = way.fleet.replicas.len();
        table.row([
            setting.to_owned(),
            kind.to_owned(),
            if way.direct { format!("{count}, without nginx") } else { count.to_string() },
            format!("{:.0}", of_rounds(&|turn| turn.measured.rate())),
            format!("{:.2}", median(&ratios.collect::<Vec<_>>())),
            crate::millis(of_rounds(&|turn| turn.measured.latency(0.50))),
            crate::millis(of_rounds(&|turn| turn.measured.latency(0.99))),
            per_call(0),
            per_call(1),
            per_call(2),
            shares(&own),
            own.iter().map(|turn| turn.measured.calls()).sum::<usize>().to_string(),
        ]);
    }
    Ok(())
}

/// How much of all calls the replica had that had the fewest, and the one that had the most.
fn shares(turns: &[&Turn]) -> String {
    let replicas = turns.first().map_or(0, |turn| turn.answered.len());
    let of_replica =
        |place: usize| turns.iter().filter_map(|turn| turn.answered.get(place)).sum::<u64>() as f64;
    let counts: Vec<f64> = (0..replicas).map(of_replica).collect();
    let all: f64 = counts.iter().sum();
    let percent = |count: f64| format!("{:.0} %", count * 100.0 / all);
    let least = counts.iter().copied().fold(f64::INFINITY, f64::min);
    let most = counts.iter().copied().fold(0.0, f64::max);
    format!("{} {}", percent(least), percent(most))
}
