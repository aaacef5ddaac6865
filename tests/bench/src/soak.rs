//! Everything at once for a long time: each answer is looked at, and what the server holds has to stay the same.
//!
//! All who take part have a file: those who call and look at every answer ([`steady`]), those of before 2026-07-28
//! ([`session`]), those who leave ([`leaving`]), take their time ([`slow`]), or should not be there ([`rude`]), and whoever runs the
//! server ([`operator`]).

mod caller;
mod calls;
mod ground;
mod held;
mod leaving;
mod operator;
mod person;
mod records;
mod request;
mod rounds;
mod rude;
mod served;
mod session;
mod slow;
mod steady;
mod tally;
mod verdict;
mod watch;
mod wire;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use mxcp_test_support::provider::Provider;
use tokio::task::JoinSet;

use self::ground::Ground;
use self::held::Held;
use self::operator::Operator;
use self::served::Served;
use self::tally::Counts;
use self::verdict::Finding;
use self::watch::Look;
use crate::options::Options;
use crate::sample::median;
use crate::table::Table;

/// How many call steadily, and how many calls they make in a second, all together.
const CALLERS: usize = 24;
const RATE: f64 = 350.0;

/// How many of the others there are, of each kind.
const OTHERS: usize = 3;

/// How long all is done before anything is compared with it, how long the quiet times are, and how long it is between two looks.
const WARM_UP: Duration = Duration::from_secs(120);
const QUIET: Duration = Duration::from_secs(35);
const EVERY: Duration = Duration::from_secs(10);

/// A row of the table is the middle of so many seconds.
const ROW: f64 = 300.0;

/// Soaks a server for so long. What is not as it has to be is an error.
pub(crate) fn run(options: &Options, duration: Duration) -> Result<()> {
    ensure!(cfg!(target_os = "linux"), "what a process holds is known on Linux only");
    let provider = Provider::start()?;
    let mut served = Served::start(&options.binaries.join("mxcp"), &options.workspace, &provider)?;
    let ground = Arc::new(Ground::new(served.address(), provider));
    let warm_up = WARM_UP.min(duration / 4).max(Duration::from_secs(10));
    eprintln!("warm-up: {warm_up:?}, then quiet, then {duration:?}");
    everybody(&ground, &served, warm_up, |_| ())?;
    let (idle, held) = quiet(&ground, &served)?;

    let begun = Instant::now();
    let mut looks = Vec::new();
    ground.tally.window();
    everybody(&ground, &served, duration, |look| {
        eprintln!(
            "{:5.0} s  {:8} calls  {:3} failed  p50 {:.1} ms  p99 {:.1} ms  anonymous {:.1} MiB  {} files  {} threads  children {} \
             with {:.1} MiB",
            look.second,
            look.calls,
            look.failed,
            look.p50 * 1000.0,
            look.p99 * 1000.0,
            mebibytes(look.anonymous as f64),
            look.files,
            look.threads,
            look.children,
            mebibytes(look.anonymous_of_children as f64)
        );
        looks.push(look);
    })?;
    let soaked = begun.elapsed();
    let (end, held_at_the_end) = quiet(&ground, &served)?;
    let ended = served.end();

    println!("{} minutes, medians of {} s each\n\n{}", soaked.as_secs() / 60, ROW, rows(&looks));
    println!("when quiet\n\n{}", quiet_times(&idle, &end));
    let more = held_at_the_end.more_than(&held);
    println!("more at the end: {}\n", if more.is_empty() { "nothing".to_owned() } else { more.join(", ") });
    let counts = ground.tally.counts();
    let mut kinds = Table::new(&["what", "times"]);
    for (kind, times) in &counts.right {
        kinds.row([kind.clone(), times.to_string()]);
    }
    println!("what went as it has to, warm-up included\n\n{kinds}");

    let mut findings = vec![
        Finding {
            text: format!("wrong answers and unexpected failures: {}", counts.failed),
            fine: counts.failed == 0,
        },
        told(&counts),
        verdict::memory(&looks),
    ];
    findings.extend(verdict::loaded(&looks));
    findings.extend(verdict::idle(&idle, &end));
    findings.push(match &ended {
        Ok(status) => Finding { text: format!("its end: {status}"), fine: status.success() },
        Err(error) => Finding { text: format!("its end: {error:#}"), fine: false },
    });
    findings.push(records::verify(served.project())?);
    findings.extend(records::compare(&records::count(&served.audit())?, &counts.records));
    let mut wrong = 0;
    for finding in &findings {
        println!("{} {}", if finding.fine { "✓" } else { "✗" }, finding.text);
        wrong += usize::from(!finding.fine);
    }
    for failure in &counts.failures {
        println!("  {failure}");
    }
    if wrong > 0 {
        println!("\nthe end of what the server printed\n\n{}", served.log());
        bail!("{wrong} of {} are not as they have to be", findings.len());
    }
    Ok(())
}

/// Lets everybody act for so long, and looks at the server meanwhile.
fn everybody(
    ground: &Arc<Ground>,
    served: &Served,
    time: Duration,
    mut seen: impl FnMut(Look),
) -> Result<()> {
    ground.over.store(false, Ordering::SeqCst);
    let operator =
        Operator { ground, project: served.project(), admin: served.admin(), process: served.process() };
    thread::scope(|scope| {
        let operating = scope.spawn(move || operator.run());
        let acting = scope.spawn(|| act(ground));
        let begun = Instant::now();
        let mut next = EVERY;
        let watched = loop {
            let left = next.min(time).saturating_sub(begun.elapsed());
            thread::sleep(left);
            if acting.is_finished() {
                break Err(anyhow::anyhow!("those who call ended before the time"));
            }
            if begun.elapsed() >= time {
                break Ok(());
            }
            next += EVERY;
            match look(ground, served, begun) {
                Ok(look) => seen(look),
                Err(error) => break Err(error),
            }
        };
        // Whatever happened, nobody goes on.
        ground.over.store(true, Ordering::SeqCst);
        let acted = acting.join().map_err(|_panic| anyhow::anyhow!("calling panicked"))?;
        operating.join().map_err(|_panic| anyhow::anyhow!("operating panicked"))?;
        watched.and(acted)
    })
}

/// All who call, on one thread.
fn act(ground: &Arc<Ground>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut all = JoinSet::new();
        let pace = Duration::from_secs_f64(CALLERS as f64 / RATE);
        for number in 0..CALLERS {
            all.spawn(steady::run(Arc::clone(ground), number, pace));
        }
        for other in 0..OTHERS {
            let number = CALLERS + other;
            all.spawn(session::run(Arc::clone(ground), number));
            all.spawn(session::listen(Arc::clone(ground), number));
            all.spawn(slow::run(Arc::clone(ground), number));
        }
        all.spawn(leaving::run(Arc::clone(ground), CALLERS));
        all.spawn(rude::run(Arc::clone(ground), CALLERS));
        all.spawn(rude::flood(Arc::clone(ground)));
        while let Some(one) = all.join_next().await {
            one?;
        }
        Ok(())
    })
}

/// Looks at the server once nobody calls any more, and sees that it answers.
fn quiet(ground: &Ground, served: &Served) -> Result<(Look, Held)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(operator::wake(ground)).context("the server does not answer")?;
    thread::sleep(QUIET);
    let look = Look::at(served.process())?;
    let held = Held::by(served.process())?;
    runtime.block_on(operator::is_answering(ground)).context("the server does not answer")?;
    Ok((look, held))
}

fn look(ground: &Ground, served: &Served, begun: Instant) -> Result<Look> {
    let window = ground.tally.window();
    Ok(Look {
        second: begun.elapsed().as_secs_f64(),
        calls: window.right,
        failed: window.failed,
        p50: window.p50,
        p99: window.p99,
        audit: watch::size(&served.audit()),
        results: watch::size(&served.project().path().join("results")),
        ..Look::at(served.process())?
    })
}

/// Whether reloads were so long that more than a few had to call again.
fn told(counts: &Counts) -> Finding {
    let told = counts.right.get(tally::TOLD).copied().unwrap_or_default();
    let all: u64 = counts.right.values().sum();
    Finding {
        text: format!(
            "told to call again, as a reload took more than 30 s: {told} of {all} (at most one in 1,000)"
        ),
        fine: told * 1000 <= all,
    }
}

fn rows(looks: &[Look]) -> Table {
    let mut table = Table::new(&[
        "minute",
        "done",
        "failed",
        "p50 ms",
        "p99 ms",
        "RSS",
        "PSS",
        "anonymous",
        "files",
        "threads",
        "children",
        "theirs",
        "audit",
        "results",
    ]);
    let mut begin = 0;
    while let Some(first) = looks.get(begin) {
        let row = (first.second / ROW).floor();
        let rest = looks.get(begin..).unwrap_or_default();
        let count = rest.iter().take_while(|look| (look.second / ROW).floor() == row).count().max(1);
        let part = rest.get(..count).unwrap_or_default();
        let middle = |figure: fn(&Look) -> f64| median(&part.iter().map(figure).collect::<Vec<_>>());
        let mib = |figure: fn(&Look) -> f64| format!("{:.1}", mebibytes(middle(figure)));
        let last = part.last().copied().unwrap_or_default();
        table.row([
            format!("{:.0}", (row + 1.0) * ROW / 60.0),
            last.calls.to_string(),
            last.failed.to_string(),
            format!("{:.2}", middle(|look| look.p50) * 1000.0),
            format!("{:.1}", middle(|look| look.p99) * 1000.0),
            mib(|look| look.resident as f64),
            mib(|look| look.proportional as f64),
            mib(|look| look.anonymous as f64),
            format!("{:.0}", middle(|look| look.files as f64)),
            format!("{:.0}", middle(|look| look.threads as f64)),
            format!("{:.0}", middle(|look| look.children as f64)),
            mib(|look| look.anonymous_of_children as f64),
            format!("{:.1}", mebibytes(last.audit as f64)),
            mib(|look| look.results as f64),
        ]);
        begin += count;
    }
    table
}

fn quiet_times(before: &Look, after: &Look) -> Table {
    let mut table =
        Table::new(&["when", "RSS", "PSS", "anonymous", "files", "threads", "children", "theirs"]);
    for (when, look) in [("after the warm-up", before), ("at the end", after)] {
        let mib = |bytes: u64| format!("{:.1}", mebibytes(bytes as f64));
        table.row([
            when.to_owned(),
            mib(look.resident),
            mib(look.proportional),
            mib(look.anonymous),
            look.files.to_string(),
            look.threads.to_string(),
            look.children.to_string(),
            mib(look.anonymous_of_children),
        ]);
    }
    table
}

fn mebibytes(bytes: f64) -> f64 {
    bytes / 1_048_576.0
}
