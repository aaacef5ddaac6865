//! Beginnings and endings.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use mxcp_runtime::ports::{PythonEngine as _, PythonError, PythonProblem};

use crate::project::{Project, Setting, request, scope};

const MODULE: &str = r#"
import os
from mxcp.runtime import on_init, on_shutdown

initialised = 0

@on_init
def begin():
    global initialised
    initialised += 1

@on_shutdown
def end():
    print("the end")

def pid():
    return os.getpid()

def initialisations():
    return initialised

def package():
    import mxcp
    return mxcp.__file__

def one(a):
    pass
"#;

/// An interpreter that is a shell script.
fn fake(script: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("python");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    (folder, path)
}

fn refused(interpreter: PathBuf) -> String {
    let setting = Setting { interpreter: Some(interpreter), ..Setting::default() };
    match Project::start(MODULE, setting) {
        Err(PythonError::Unavailable { message }) => message,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it started"),
    }
}

#[test]
fn hooks_run_at_the_beginning_and_at_the_end() {
    let project = Project::new(MODULE);
    assert_eq!(project.call("initialisations").unwrap(), 1);
    project.stop();
    assert_eq!(project.printed(), "the end\n");
    let error = project.call("pid").unwrap_err();
    assert!(matches!(error, PythonError::Unavailable { .. }), "{error:?}");
}

#[test]
fn hooks_run_at_the_end_in_a_process_that_was_still_being_started() {
    const HOLDING: &str = r#"
import pathlib
import time
from mxcp.runtime import on_init, on_shutdown

def hold():
    while (pathlib.Path(__file__).parent / "hold").exists():
        time.sleep(0.01)

@on_init
def begin():
    print("begin")
    hold()

@on_shutdown
def end():
    print("end")
"#;
    let project = Project::with(HOLDING, Setting { workers: Some(2), ..Setting::default() });
    let hold = project.path("hold");
    std::fs::write(&hold, "").unwrap();
    let patiently = |reached: &dyn Fn() -> bool| {
        let since = std::time::Instant::now();
        while !reached() {
            assert!(since.elapsed() < crate::project::LONG, "{}", project.printed());
        }
    };
    std::thread::scope(|scope| {
        // The second process is started for the second call.
        let calls = [(); 2].map(|()| scope.spawn(|| project.call("hold")));
        patiently(&|| project.printed() == "begin\nbegin\n");
        let stop = scope.spawn(|| project.stop());
        patiently(&|| project.call("hold").is_err());
        std::fs::remove_file(&hold).unwrap();
        stop.join().unwrap();
        // The call that waited for the second process is told that there is no more.
        let answers = calls.map(|call| call.join().unwrap().is_ok());
        assert_eq!(answers.iter().filter(|&&ok| ok).count(), 1);
    });
    assert_eq!(project.printed(), "begin\nbegin\nend\nend\n");
}

#[test]
fn functions_get_the_package_of_this_program() {
    let project = Project::new(MODULE);
    let file = project.call("package").unwrap().to_string();
    assert!(file.contains("/mxcp/python/"), "{file}");
}

#[test]
fn an_interpreter_that_ends_at_once_is_reported_with_what_it_said() {
    let (_folder, path) = fake("echo 'no module named life' >&2; exit 4");
    let message = refused(path);
    assert!(message.ends_with("can't run the project (exit code 4): no module named life"), "{message}");
}

#[test]
fn an_interpreter_that_is_too_old_is_reported() {
    let (_folder, path) =
        fake("echo 'it is cpython 3.8.1, and CPython 3.10 or newer is needed' >&2; exit 86");
    let message = refused(path);
    assert!(
        message.contains("can't be used: it is cpython 3.8.1, and CPython 3.10 or newer is needed; "),
        "{message}"
    );
}

#[test]
fn a_missing_interpreter_is_reported() {
    let message = refused(PathBuf::from("gone/python"));
    assert!(message.starts_with("there is no interpreter `gone/python`"), "{message}");
}

#[test]
fn what_is_printed_before_the_program_runs_does_no_harm() {
    let (_folder, path) = fake("echo hello\nexec python3 \"$@\"");
    let project = Project::with(MODULE, Setting { interpreter: Some(path), ..Setting::default() });
    assert!(project.call("pid").is_ok());
    assert_eq!(project.printed(), "hello\n");
}

#[test]
fn looking_at_a_function_says_what_is_wrong_with_it() {
    let project = Project::new(MODULE);
    let check = |function: &str, parameters: &[&str]| {
        let source = request(function, "{}").source;
        let parameters = parameters.iter().map(ToString::to_string).collect();
        let findings = project.runtime.block_on(project.workers.check(source, parameters)).unwrap();
        findings.into_iter().map(|finding| finding.kind).collect::<Vec<_>>()
    };
    assert_eq!(check("one", &["a"]), []);
    assert_eq!(check("one", &["b"]).first(), Some(&PythonProblem::Signature));
    assert_eq!(check("two", &[]), [PythonProblem::Missing]);
}

#[test]
fn processes_end_with_the_engine() {
    let project = Project::new(MODULE);
    let pid = project.call("pid").unwrap();
    drop(project);
    let gone = || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        status.is_empty() || status.contains(") Z ")
    };
    if cfg!(target_os = "linux") {
        let since = std::time::Instant::now();
        while !gone() {
            assert!(since.elapsed() < crate::project::LONG);
        }
    }
}

#[test]
fn nothing_is_initialised_twice() {
    let project = Project::new(MODULE);
    project.runtime.block_on(project.workers.initialise(scope())).unwrap();
    assert_eq!(project.call("initialisations").unwrap(), 1);
}

#[test]
fn a_start_after_a_stop_sees_what_changed() {
    let mut project = Project::new(MODULE);
    let pid = project.call("pid").unwrap();
    project.stop();
    project.edit("def pid():\n    return 'another'\n");
    project.start_again();
    assert_eq!(project.call("pid").unwrap(), "another");
    assert!(pid.is_number());
}

#[test]
fn a_project_without_python_needs_no_interpreter() {
    let project = Project::empty(PathBuf::from("gone/python"));
    let error = project.call("pid").unwrap_err();
    assert!(matches!(error, PythonError::Unavailable { .. }), "{error:?}");
}

#[test]
fn an_interpreter_that_fails_is_tried_once_for_each_call() {
    let (folder, path) = fake("echo once >> \"$(dirname \"$0\")/tries\"; echo no >&2; exit 1");
    let project = Project::empty(path);
    for tries in 1..=3 {
        let error = project.call("pid").unwrap_err().to_string();
        assert!(error.ends_with("(exit code 1): no"), "{error}");
        let written = std::fs::read_to_string(folder.path().join("tries")).unwrap();
        assert_eq!(written.lines().count(), tries);
    }
}
