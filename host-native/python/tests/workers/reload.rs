//! Reloads that functions ask for.

use std::sync::{Arc, Mutex};

use mxcp_runtime::ports::{PythonError, Reload, ReloadPayload};

use crate::project::{Project, Setting};

const MODULE: &str = r#"
from mxcp.runtime import reload_duckdb

done = []

def ask():
    reload_duckdb(lambda: done.append(1) or print("called"), "new data")

def ask_to_fail():
    def fail():
        raise ValueError("no")
    reload_duckdb(fail)

def dones():
    return len(done)
"#;

#[derive(Default)]
struct Requests(Mutex<Vec<(String, Option<ReloadPayload>)>>);

impl std::fmt::Debug for Requests {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Requests")
    }
}

impl Reload for Requests {
    fn request(&self, description: String, payload: Option<ReloadPayload>) {
        self.0.lock().unwrap().push((description, payload));
    }
}

fn project() -> (Project, Arc<Requests>) {
    let requests = Arc::<Requests>::default();
    let reload = Some(Arc::clone(&requests) as Arc<dyn Reload>);
    (Project::with(MODULE, Setting { reload, ..Setting::default() }), requests)
}

#[test]
fn what_a_reload_is_asked_for_with_is_called_when_the_host_says_so_even_after_the_stop() {
    let (project, requests) = project();
    project.call("ask").unwrap();
    let (description, payload) = requests.0.lock().unwrap().pop().unwrap();
    assert_eq!(description, "new data");
    assert_eq!(project.call("dones").unwrap(), 0);
    project.stop();
    assert_eq!(project.printed(), "");
    assert_eq!(payload.unwrap()(), Ok(()));
    let since = std::time::Instant::now();
    while project.printed() != "called\n" {
        assert!(since.elapsed() < crate::project::LONG, "{}", project.printed());
    }
}

#[test]
fn what_it_raises_is_the_reason() {
    let (project, requests) = project();
    project.call("ask_to_fail").unwrap();
    let (_, payload) = requests.0.lock().unwrap().pop().unwrap();
    assert_eq!(payload.unwrap()(), Err("no".to_owned()));
}

#[test]
fn nothing_can_be_reloaded_where_nothing_is_served() {
    let project = Project::new(MODULE);
    let Err(PythonError::Raised(text)) = project.call("ask") else { panic!("it was accepted") };
    assert!(text.starts_with("Server reference not available in context."), "{text}");
}
