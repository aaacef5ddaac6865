//! Processes that end when they should not.

use std::sync::Arc;

use mxcp_runtime::ports::{PythonEngine as _, PythonError};

use crate::project::{Project, Setting, request};

const MODULE: &str = r#"
import os, subprocess, time

def pid():
    return os.getpid()

def killed():
    subprocess.run(["kill", "-9", str(os.getpid())])
    time.sleep(1000)

def crashes():
    import ctypes
    ctypes.string_at(0)

def exits():
    import ctypes
    ctypes.CDLL(None).exit(3)

def deep():
    import sys
    sys.setrecursionlimit(10**9)
    class Deep:
        def __repr__(self):
            return repr(self)
    return repr(Deep())

def thread():
    import sys, threading
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()
    return "alive"

def pool():
    import multiprocessing
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return pool.map(abs, [-1, -2])

def fork():
    pid = os.fork()
    if pid == 0:
        return "child"
    return os.waitpid(pid, 0)[1]

def memory():
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    return "x" * (1 << 40)

def child():
    return subprocess.Popen(["sleep", "1000"]).pid

def end(pid):
    os.kill(pid, 9)
"#;

fn error(project: &Project, function: &str) -> String {
    match project.call(function) {
        Err(PythonError::Raised(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_crash_is_the_error_of_its_call_and_the_next_one_runs() {
    let project = Project::with(MODULE, Setting { workers: Some(1), ..Setting::default() });
    let before = project.call("pid").unwrap();
    let text = error(&project, "killed");
    assert_eq!(text, "Python worker process ended unexpectedly (signal 9: SIGKILL)");
    assert_ne!(project.call("pid").unwrap(), before);
    assert_eq!(error(&project, "crashes"), "Python worker process ended unexpectedly (signal 11: SIGSEGV)");
    assert_eq!(error(&project, "exits"), "Python worker process ended unexpectedly (exit code 3)");
    assert!(project.call("pid").is_ok());
}

#[test]
fn a_crash_leaves_calls_in_other_processes_alone() {
    let project = Project::with(MODULE, Setting { workers: Some(2), ..Setting::default() });
    let crash = Arc::clone(&project.workers);
    project.runtime.block_on(async {
        let crash = tokio::spawn(async move { crash.call(request("killed", "{}")).await });
        for _ in 0..50 {
            assert!(project.workers.call(request("pid", "{}")).await.is_ok());
        }
        assert!(crash.await.unwrap().is_err());
    });
}

#[test]
fn children_of_functions_hold_no_pipe() {
    let project = Project::with(MODULE, Setting { workers: Some(1), ..Setting::default() });
    let child = project.call("child").unwrap();
    assert!(error(&project, "killed").contains("SIGKILL"));
    project.call_with("end", &format!(r#"{{"pid": {child}}}"#)).unwrap();
}

#[test]
fn what_looks_like_an_end_is_none() {
    let project = Project::with(MODULE, Setting { workers: Some(1), ..Setting::default() });
    let pid = project.call("pid").unwrap();
    assert_eq!(project.call("thread").unwrap(), "alive");
    assert_eq!(project.call("pool").unwrap(), serde_json::json!([1, 2]));
    assert_eq!(project.call("fork").unwrap(), 0);
    assert_eq!(error(&project, "memory"), "MemoryError");
    assert_eq!(project.call("pid").unwrap(), pid);
}

#[test]
fn recursion_without_end_costs_the_process_at_most() {
    let project = Project::with(MODULE, Setting { workers: Some(1), ..Setting::default() });
    assert!(!error(&project, "deep").is_empty());
    assert!(project.call("pid").is_ok());
}
