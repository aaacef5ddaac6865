//! One replica of two goes away under load and comes back: no call fails that is made again once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use super::calls;
use super::fleet::{Fleet, Replica};
use super::patient::{MOMENT, Patient, Told};
use super::person;
use super::setting::Setting;
use super::stand::Stand;
use crate::contender::Call;
use crate::options::Options;
use crate::table::Table;

/// How many call at once.
const CLIENTS: usize = 8;

/// How many replicas there are.
const REPLICAS: usize = 2;

/// How a replica goes.
#[derive(Clone, Copy, Debug)]
struct Going {
    name: &'static str,
    /// What is done to a replica, with what is to be said of it.
    go: fn(&mut Replica) -> Result<Option<String>>,
    /// How many of them go, one after the other.
    replicas: usize,
}

const ALL: [Going; 3] = [
    Going { name: "one is killed (SIGKILL)", go: killed, replicas: 1 },
    Going { name: "one is ended (SIGTERM)", go: ended, replicas: 1 },
    Going { name: "each is ended in turn", go: ended, replicas: REPLICAS },
];

/// Shows each way to go. A call that failed twice, a wrong answer, or a reservation that is not in the database as it was
/// acknowledged, is an error.
pub(crate) fn run(options: &Options, stand: &Stand) -> Result<()> {
    let mut table = Table::new(&[
        "what happens",
        "calls",
        "first tries that failed",
        "failed after retry",
        "wrong",
        "longest call ms",
        "longest silence ms",
        "reservations acknowledged",
        "in the database",
    ]);
    let mut remarks = Vec::new();
    let mut problems = Vec::new();
    let mut fleet = Fleet::start(stand, &Setting::DEPLOYED, REPLICAS)?;
    let token = person::client(&fleet)?.log_in(&stand.provider, "ada")?.access;
    for going in ALL {
        eprintln!("{}", going.name);
        let stop = Arc::new(AtomicBool::new(false));
        let (address, token) = (fleet.address, Arc::<str>::from(token.as_str()));
        let prefix = going.name.replace(' ', "-");
        let calling = {
            let (stop, token, prefix) = (Arc::clone(&stop), Arc::clone(&token), prefix.clone());
            thread::spawn(move || call_until(address, &token, &prefix, &stop))
        };
        let gone = take_away(options, stand, &mut fleet, going, &mut remarks);
        stop.store(true, Ordering::Relaxed);
        let seen = calling.join().map_err(|_panic| anyhow::anyhow!("calling panicked"))??;
        gone?;

        let kept = stand.postgres.ask(
            &stand.shop,
            &format!("SELECT reservation, kilos FROM reservations WHERE reservation LIKE '{prefix}-%'"),
        )?;
        let kept: BTreeMap<&str, &str> = kept.lines().filter_map(|line| line.split_once('|')).collect();
        let good = kept.len() == seen.reserved.len()
            && seen
                .reserved
                .iter()
                .all(|(key, kilos)| kept.get(key.as_str()) == Some(&kilos.to_string().as_str()));
        if !good {
            problems.push(format!("{}: reservations are not those that were acknowledged", going.name));
        }
        let told = &seen.told;
        problems.extend(
            told.failed
                .iter()
                .chain(told.wrong.iter().take(3))
                .map(|reason| format!("{}: {reason}", going.name)),
        );
        let again: usize = told.again.values().sum();
        table.row([
            going.name.to_owned(),
            (told.answered.len() + told.failed.len() + told.wrong.len()).to_string(),
            again.to_string(),
            told.failed.len().to_string(),
            told.wrong.len().to_string(),
            format!("{:.0}", told.longest.as_secs_f64() * 1000.0),
            format!("{:.0}", silence(&told.answered).as_secs_f64() * 1000.0),
            seen.reserved.len().to_string(),
            kept.len().to_string(),
        ]);
        for (reason, count) in &told.again {
            remarks.push(format!("{}: {count} first tries: {reason}", going.name));
        }
    }
    println!(
        "{REPLICAS} replicas, {CLIENTS} clients with three tools in turn, one of which writes; whoever gets no answer, or 502 to 504, \
         waits {} ms and asks again once\n\n{table}",
        MOMENT.as_millis()
    );
    for remark in remarks {
        println!("  {remark}");
    }
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

/// Lets replicas go and come back, with quiet times between.
fn take_away(
    options: &Options,
    stand: &Stand,
    fleet: &mut Fleet,
    going: Going,
    remarks: &mut Vec<String>,
) -> Result<()> {
    thread::sleep(options.turn);
    for replica in fleet.replicas.iter_mut().take(going.replicas) {
        remarks.extend((going.go)(replica)?.map(|said| format!("{}: {said}", going.name)));
        thread::sleep(options.turn);
        replica.restart(stand, Setting::DEPLOYED.audited)?;
        thread::sleep(options.turn);
    }
    Ok(())
}

fn killed(replica: &mut Replica) -> Result<Option<String>> {
    replica.kill()?;
    Ok(None)
}

fn ended(replica: &mut Replica) -> Result<Option<String>> {
    let (status, time) = replica.terminate()?;
    ensure!(status.success(), "a replica that was asked to end said {status}");
    Ok(Some(format!("it ended with code 0 after {:.0} ms", time.as_secs_f64() * 1000.0)))
}

/// What all clients saw together.
#[derive(Debug, Default)]
struct Seen {
    told: Told,
    /// Reservations that were acknowledged, by key.
    reserved: BTreeMap<String, u64>,
}

fn call_until(address: SocketAddr, token: &Arc<str>, prefix: &str, stop: &Arc<AtomicBool>) -> Result<Seen> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let (token, prefix, stop) = (Arc::clone(token), format!("{prefix}-{number}"), Arc::clone(stop));
            clients.spawn(async move { one(Patient::new(address), &token, &prefix, &stop).await });
        }
        let mut all = Seen::default();
        while let Some(seen) = clients.join_next().await {
            all.add(seen.context("a client panicked")?);
        }
        all.told.answered.sort();
        Ok(all)
    })
}

/// What one client does.
async fn one(mut client: Patient, token: &str, prefix: &str, stop: &AtomicBool) -> Seen {
    let mut reserved = BTreeMap::new();
    let reading: Vec<Call> =
        ["answer", "find_orders"].map(|kind| calls::of(kind, Some(token))).into_iter().collect();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        for call in &reading {
            client.call(call).await;
        }
        let (key, kilos) = (format!("{prefix}-{number}"), 1 + number % 25);
        if client.call(&calls::with_token(calls::reserve(&key, kilos), Some(token))).await {
            reserved.insert(key, kilos);
        }
        number += 1;
    }
    Seen { told: client.told, reserved }
}

impl Seen {
    fn add(&mut self, other: Self) {
        let (all, told) = (&mut self.told, other.told);
        all.answered.extend(told.answered);
        all.failed.extend(told.failed);
        all.wrong.extend(told.wrong);
        all.longest = all.longest.max(told.longest);
        for (reason, count) in told.again {
            *all.again.entry(reason).or_default() += count;
        }
        self.reserved.extend(other.reserved);
    }
}

/// The longest time in which nobody was answered.
fn silence(answered: &[Instant]) -> Duration {
    answered
        .windows(2)
        .filter_map(|two| Some(two.last()?.duration_since(*two.first()?)))
        .max()
        .unwrap_or_default()
}
