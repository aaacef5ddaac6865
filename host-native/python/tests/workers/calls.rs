//! Calls side by side, calls taken back, and what they print.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use mxcp_runtime::ports::{PythonEngine as _, PythonError};
use serde_json::json;

use crate::project::{LONG, Project, Setting, request};

const MODULE: &str = r#"
import asyncio, os, sys, threading, time

count = 0

def next_count():
    global count
    count += 1
    return count

def pid():
    return os.getpid()

def fail():
    raise KeyError("kk")

def silent():
    raise ValueError

def leave():
    sys.exit(3)

def recurse():
    return recurse()

def meet(folder, name, others):
    open(os.path.join(folder, name), "w").close()
    while len(os.listdir(folder)) < others:
        time.sleep(0.005)
    return os.getpid()

async def ameet(folder, name, others):
    open(os.path.join(folder, name), "w").close()
    while len(os.listdir(folder)) < others:
        await asyncio.sleep(0.005)
    return os.getpid()

ended = []

def sleep():
    try:
        time.sleep(1000)
    except BaseException as error:
        ended.append(type(error).__name__)
        raise

async def asleep():
    try:
        await asyncio.sleep(1000)
    except BaseException as error:
        ended.append(type(error).__name__)
        raise

def endings():
    return ended

def nap():
    time.sleep(0.01)

async def anap():
    await asyncio.sleep(0.01)

def stubborn():
    while True:
        try:
            time.sleep(1000)
        except BaseException:
            pass

def spin():
    while True:
        pass

def shout(size):
    line = "x" * 99 + "\n"
    for _ in range(size // 100):
        sys.stdout.write(line)
    os.write(1, b"the end\n")

def read():
    return sys.stdin.read()
"#;

#[test]
fn calls_one_after_the_other_share_the_variables_of_their_module() {
    let project = Project::new(MODULE);
    assert_eq!(project.call("next_count").unwrap(), 1);
    assert_eq!(project.call("next_count").unwrap(), 2);
}

#[test]
fn what_a_function_raises_is_the_error_of_its_call() {
    let project = Project::new(MODULE);
    let pid = project.call("pid").unwrap();
    let raised = |function: &str| match project.call(function) {
        Err(PythonError::Raised(text)) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(raised("fail"), "'kk'");
    assert_eq!(raised("silent"), "ValueError");
    assert!(!raised("leave").is_empty());
    assert!(raised("recurse").contains("recursion"), "{}", raised("recurse"));
    assert!(project.printed().contains("KeyError"), "{}", project.printed());
    assert_eq!(project.call("pid").unwrap(), pid, "the process is another");
}

/// Calls of a function that come back only when all of them run at the same time; the processes they ran in.
fn meet(project: &Project, function: &str, count: usize) -> Vec<i64> {
    let folder = tempfile::tempdir().unwrap();
    let calls = (0..count).map(|index| {
        let arguments = json!({"folder": folder.path(), "name": index.to_string(), "others": count});
        project.workers.call(request(function, &arguments.to_string()))
    });
    let outcomes = project.runtime.block_on(async { join_all(calls).await });
    let mut pids: Vec<i64> = outcomes
        .into_iter()
        .map(|outcome| match outcome.unwrap() {
            mxcp_core::registry::Output::Value(mxcp_core::value::Value::Int(pid)) => pid,
            other => panic!("{other:?} is no process"),
        })
        .collect();
    pids.sort_unstable();
    pids.dedup();
    pids
}

#[test]
fn plain_functions_run_in_a_process_each() {
    let project = Project::with(MODULE, Setting { workers: Some(3), ..Setting::default() });
    assert_eq!(meet(&project, "meet", 3).len(), 3);
}

#[test]
fn functions_that_await_run_side_by_side_in_one_process() {
    let project = Project::with(MODULE, Setting { workers: Some(2), ..Setting::default() });
    meet(&project, "ameet", 1);
    assert_eq!(meet(&project, "ameet", 64).len(), 1);
}

#[test]
fn functions_that_await_run_side_by_side_before_anybody_knows_that_they_do() {
    let project = Project::with(MODULE, Setting { workers: Some(2), ..Setting::default() });
    assert!(meet(&project, "ameet", 16).len() <= 2);
}

#[test]
fn more_calls_than_processes_wait_for_their_turn() {
    let project = Project::with(MODULE, Setting { workers: Some(1), ..Setting::default() });
    let calls = (0..20).map(|_| project.workers.call(request("next_count", "{}")));
    let outcomes = project.runtime.block_on(async { join_all(calls).await });
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(project.call("next_count").unwrap(), 21);
}

fn timed_out(project: &Project, function: &str) {
    let mut request = request(function, "{}");
    request.timeout = Some(Duration::from_millis(300));
    let since = Instant::now();
    let outcome = project.value(request);
    assert!(matches!(outcome, Err(PythonError::TimedOut(_))), "{outcome:?}");
    assert!(since.elapsed() < LONG);
}

/// Calls until something comes of it: what was taken back ends a little later than its caller hears.
fn eventually(project: &Project, function: &str, expected: &serde_json::Value) {
    let since = Instant::now();
    while project.call(function).unwrap() != *expected {
        assert!(since.elapsed() < LONG, "it is {}", project.call(function).unwrap());
    }
}

#[test]
fn a_function_that_sleeps_is_woken_when_its_call_is_taken_back() {
    let project = Project::with(MODULE, Setting { workers: Some(1), ..Setting::default() });
    let pid = project.call("pid").unwrap();
    timed_out(&project, "sleep");
    eventually(&project, "endings", &json!(["CallCancelled"]));
    timed_out(&project, "asleep");
    eventually(&project, "endings", &json!(["CallCancelled", "CancelledError"]));
    timed_out(&project, "spin");
    assert_eq!(project.call("pid").unwrap(), pid);
}

#[test]
fn a_process_that_does_not_give_up_a_call_is_replaced() {
    let project = Project::with(MODULE, Setting { workers: Some(1), ..Setting::default() });
    let pid = project.call("pid").unwrap();
    timed_out(&project, "stubborn");
    assert_ne!(project.call("pid").unwrap(), pid);
}

#[test]
fn dropping_a_call_takes_it_back() {
    let project = Project::with(MODULE, Setting { workers: Some(1), ..Setting::default() });
    project.call("pid").unwrap();
    project.runtime.block_on(async {
        let call = project.workers.call(request("sleep", "{}"));
        assert!(tokio::time::timeout(Duration::from_millis(300), call).await.is_err());
    });
    eventually(&project, "endings", &json!(["CallCancelled"]));
}

#[test]
fn a_call_that_waits_for_its_turn_can_be_taken_back() {
    let project = Project::with(MODULE, Setting { workers: Some(1), ..Setting::default() });
    let (first, second) = (request("sleep", "{}"), request("pid", "{}"));
    let (cancel_first, cancel_second) = (first.scope.cancel.clone(), second.scope.cancel.clone());
    let workers = Arc::clone(&project.workers);
    let waiting = Arc::clone(&project.workers);
    project.runtime.block_on(async move {
        let first = tokio::spawn(async move { workers.call(first).await });
        let second = tokio::spawn(async move { waiting.call(second).await });
        cancel_second.cancel();
        assert!(matches!(second.await.unwrap(), Err(PythonError::Cancelled)));
        cancel_first.cancel();
        assert!(matches!(first.await.unwrap(), Err(PythonError::Cancelled)));
    });
    assert!(project.call("pid").is_ok());
}

#[test]
fn what_is_printed_goes_to_standard_error_however_much_it_is() {
    let project = Project::new(MODULE);
    let size = 100 * 1000 * 1000;
    project.call_with("shout", &json!({"size": size}).to_string()).unwrap();
    project.stop();
    let printed = project.printed.lock().unwrap();
    assert_eq!(printed.len(), size + b"the end\n".len());
    assert!(printed.ends_with(b"the end\n"));
}

#[test]
fn standard_input_is_empty() {
    let project = Project::new(MODULE);
    assert_eq!(project.call("read").unwrap(), "");
}

#[test]
fn calls_that_are_taken_back_at_any_moment_leave_nothing_behind() {
    let project = Project::with(MODULE, Setting { workers: Some(2), ..Setting::default() });
    project.runtime.block_on(async {
        for round in 0..20 {
            let calls = (0..20).map(|index| {
                let function = if index % 2 == 0 { "nap" } else { "anap" };
                let mut request = request(function, "{}");
                request.timeout = Some(Duration::from_micros(500 * (round * 20 + index)));
                project.workers.call(request)
            });
            for outcome in join_all(calls).await {
                assert!(matches!(outcome, Ok(_) | Err(PythonError::TimedOut(_))), "{outcome:?}");
            }
        }
    });
    // Each of the places for calls is free again.
    assert_eq!(meet(&project, "meet", 2).len(), 2);
    assert!(!project.printed().contains("Traceback"), "{}", project.printed());
}
