//! One page of all that speed and memory are held against: every target, what was seen, and what a call consists of.

mod page;
mod rows;
mod servers;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use mxcp_test_support::provider::Provider;

use self::page::Page;
pub(crate) use self::servers::GUARDED;
use crate::contender::{Call, Contender, python_contenders};
use crate::load::Measured;
use crate::options::Options;
use crate::process::{self, ServerProcess};
use crate::sample::median;
use crate::{copy_folder, stages, take_turns};

/// The runners of a call: contenders that run, in an order that the ratios know.
type Runners<'a> = Vec<(&'a Contender, &'a ServerProcess, &'a Call)>;

/// Measures everything, and writes the page.
pub(crate) fn run(options: &Options, file: &Path, scratch: &Path) -> Result<()> {
    let mut page = Page::default();
    let provider = Provider::start()?;
    let plain = servers::plain(options, scratch)?;
    let guarded = servers::guarded(options, scratch, &provider)?;
    let floors = servers::floors(options, &plain.folder);

    eprintln!("starts");
    let ready = median(&process::starts(&plain, options.starts)?) * 1000.0;
    page.at_most("from the start of `mxcp serve` to its first answer, ms", 60.0, ready);

    eprintln!("calls");
    calls(options, &mut page, &floors, &plain, &guarded)?;
    eprintln!("lists");
    let lists = servers::lists(options, scratch)?;
    lists_of_tools(options, &mut page, &lists)?;
    if let Some(package) = &options.python {
        eprintln!("Python");
        python(options, &mut page, package, &scratch.join("python"))?;
    }
    eprintln!("rows");
    rows::measure(&mut page, &plain)?;
    eprintln!("others");
    beside_others(options, &mut page, &plain, servers::others(options, scratch)?)?;

    eprintln!("stages");
    for cost in stages::measure(options)? {
        let what = stages::STAGES.iter().find(|(name, _)| *name == cost.name).map_or("", |(_, what)| what);
        page.stage(what, Some(cost.microseconds), Some(cost.allocations), cost.instructions);
    }
    if stages::instructions::are_counted() {
        for server in [&floors[1], &plain, &guarded] {
            eprintln!("instructions of {}", server.name);
            let instructions = stages::of_server(server).with_context(|| server.name)?;
            page.stage(&format!("a whole call: {}", server.name), None, None, Some(instructions));
        }
    }
    fs::write(file, page.to_string())?;
    print!("{page}");
    Ok(())
}

/// The calls of SQL against their floors, and the memory of the server before and after.
fn calls(
    options: &Options,
    page: &mut Page,
    floors: &[Contender; 2],
    plain: &Contender,
    guarded: &Contender,
) -> Result<()> {
    let started = [&floors[0], &floors[1], plain, guarded].map(ServerProcess::start);
    let [first, second, server, full] = started;
    let (first, second, server, full) = (first?, second?, server?, full?);
    // What starting leaves to do is done by then.
    std::thread::sleep(std::time::Duration::from_secs(2));
    let idle = server.resident();
    for &connections in &options.connections {
        for (workload, mxcp, target) in
            [("answer", (plain, &server), 0.85), ("guarded", (guarded, &full), 0.7)]
        {
            let runners = runners(workload, &[(&floors[0], &first), (&floors[1], &second), mxcp])?;
            let rounds = take_turns(options, &runners, connections)?;
            page.calls(workload, connections, &runners, &rounds);
            let ratio = |round: &Vec<Measured>| match round.as_slice() {
                [one, other, mxcp] => mxcp.rate() / one.rate().max(other.rate()),
                _ => f64::NAN,
            };
            let ratio = median(&rounds.iter().map(ratio).collect::<Vec<_>>());
            let what = match workload {
                "answer" => "a trivial SQL tool",
                _ => "token, policies, types, mask and audit on",
            };
            page.at_least(&format!("{what}, {connections} connections, of the better floor"), target, ratio);
        }
    }
    page.memory("idle", 45.0, idle);
    page.memory("after load", 90.0, server.resident());
    Ok(())
}

fn lists_of_tools(options: &Options, page: &mut Page, [floor, server]: &[Contender; 2]) -> Result<()> {
    let (first, second) = (ServerProcess::start(floor)?, ServerProcess::start(server)?);
    let runners = runners("tools/list", &[(floor, &first), (server, &second)])?;
    for &connections in &options.connections {
        let rounds = take_turns(options, &runners, connections)?;
        page.calls("tools/list of 1,000", connections, &runners, &rounds);
        let what = format!("`tools/list` of 1,000 tools, {connections} connections, of a file handler");
        page.at_least(&what, 0.9, of_the_first(&rounds, 1));
    }
    Ok(())
}

fn python(options: &Options, page: &mut Page, package: &Path, scratch: &Path) -> Result<()> {
    let mut contenders = python_contenders(options, package, scratch);
    // That takes part elsewhere.
    contenders.truncate(3);
    let mut started = Vec::new();
    for contender in &contenders {
        copy_folder(&options.workspace.join("tests/bench/python/project"), &contender.folder)?;
        started.push(ServerProcess::start(contender)?);
    }
    let pairs: Vec<_> = contenders.iter().zip(&started).collect();
    let runners = runners("add", &pairs)?;
    for &connections in &options.connections {
        let rounds = take_turns(options, &runners, connections)?;
        page.calls("Python, add(a, b)", connections, &runners, &rounds);
        let what = format!("a trivial Python tool in process, {connections} connections, of its floor");
        page.at_least(&what, 0.85, of_the_first(&rounds, 1));
    }
    Ok(())
}

fn beside_others(
    options: &Options,
    page: &mut Page,
    plain: &Contender,
    others: Vec<Contender>,
) -> Result<()> {
    let contenders: Vec<_> = std::iter::once(plain).chain(&others).collect();
    // One after the other, before any of them keeps its database to itself.
    let ready = contenders.iter().map(|contender| Ok(median(&process::starts(contender, 3)?)));
    let ready = ready.collect::<Result<Vec<_>>>()?;
    let started = contenders.iter().map(|contender| ServerProcess::start(contender));
    let started = started.collect::<Result<Vec<_>>>()?;
    let all: Vec<_> = contenders.into_iter().zip(&started).collect();
    let runners = runners("answer", &all)?;
    for &connections in &options.connections {
        let rounds = take_turns(options, &runners, connections)?;
        page.calls("the same tool elsewhere", connections, &runners, &rounds);
    }
    for ((contender, server), ready) in all.into_iter().zip(ready) {
        page.other(contender.name, ready, server.resident());
    }
    Ok(())
}

fn runners<'a>(workload: &str, pairs: &[(&'a Contender, &'a ServerProcess)]) -> Result<Runners<'a>> {
    let runner = |&(contender, server): &(&'a Contender, &'a ServerProcess)| {
        let call =
            contender.call(workload).with_context(|| format!("{} has no {workload}", contender.name))?;
        Ok((contender, server, call))
    };
    pairs.iter().map(runner).collect()
}

/// How much of the first one's calls another one made, in the median of rounds.
fn of_the_first(rounds: &[Vec<Measured>], place: usize) -> f64 {
    let ratios = rounds.iter().filter_map(|round| Some(round.get(place)?.rate() / round.first()?.rate()));
    median(&ratios.collect::<Vec<_>>())
}
