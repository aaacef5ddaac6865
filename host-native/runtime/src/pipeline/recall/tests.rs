use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use mxcp_core::audit::AuditRecord;
use mxcp_core::call::{Call, CallContext, Caller, Headers, OutputValidation, Principal, UnknownArguments};
use mxcp_core::definition::{Kind, SqlText};
use mxcp_core::load::{self, Content, DefinitionFile, Reference};
use mxcp_core::registry::{Registry, Rows};
use mxcp_core::secret::Secrets;
use mxcp_core::value::{Object, Value};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::limits::Limits;
use crate::ports::{
    AuditEvent, AuditSink, CallFacts, Kept as Recorded, PythonEngine, PythonError, PythonFinding,
    PythonProject, PythonRequest, SqlCheck, SqlEngine, SqlError, SqlFunction, SqlRequest, SqlSession,
};
use crate::scope::CallScope;

/// Counts its runs, and gives the number of each. `held` runs wait until they are let go, `fails` fails, `user` and `header`
/// look at the caller, `writes` changes data.
#[derive(Debug)]
struct Engine {
    runs: AtomicU64,
    changes: AtomicU64,
    begun: Semaphore,
    let_go: Semaphore,
    failing: AtomicU64,
}

impl Engine {
    fn new() -> Arc<Self> {
        let number = || AtomicU64::new(0);
        Arc::new(Self {
            runs: number(),
            changes: number(),
            failing: number(),
            begun: Semaphore::new(0),
            let_go: Semaphore::new(0),
        })
    }

    fn runs(&self) -> u64 {
        self.runs.load(Ordering::SeqCst)
    }

    async fn run(&self, request: SqlRequest) -> Result<Rows, SqlError> {
        let run = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
        let scope = &request.scope;
        let mut seen = String::new();
        for word in request.source.text.split_whitespace() {
            match word {
                "held" => {
                    self.begun.add_permits(1);
                    tokio::select! {
                        permit = self.let_go.acquire() => permit.unwrap().forget(),
                        () = scope.cancel.cancelled() => return Err(SqlError::Cancelled),
                    }
                }
                "fails" if self.failing.load(Ordering::SeqCst) > 0 => {
                    return Err(SqlError::Rejected("no".to_owned()));
                }
                "user" => {
                    scope.knowledge.learn(Known::Caller);
                    seen = scope.principal.as_ref().map_or("nobody".to_owned(), |user| user.username.clone());
                }
                "header" => {
                    scope.knowledge.learn(Known::Request);
                    seen = scope.headers.get("x-tenant").unwrap_or_default();
                }
                "writes" => drop(self.changes.fetch_add(1, Ordering::SeqCst)),
                _ => {}
            }
        }
        let row = Object::from_iter([("run", Value::Int(run.cast_signed())), ("seen", Value::string(seen))]);
        Ok(Rows { columns: vec!["run".into(), "seen".into()], rows: vec![row] })
    }
}

impl SqlEngine for Engine {
    fn execute(&self, request: SqlRequest) -> BoxFuture<'_, Result<Rows, SqlError>> {
        Box::pin(self.run(request))
    }

    fn check(&self, _source: Arc<SqlText>) -> BoxFuture<'_, Result<SqlCheck, SqlError>> {
        Box::pin(async { Ok(SqlCheck::default()) })
    }

    fn replace_secrets(&self, _secrets: Secrets) -> BoxFuture<'_, Result<(), SqlError>> {
        Box::pin(async { Ok(()) })
    }

    fn define(&self, _functions: Vec<Arc<dyn SqlFunction>>) -> BoxFuture<'_, Result<(), SqlError>> {
        Box::pin(async { Ok(()) })
    }

    fn session(&self, _scope: Arc<CallScope>) -> Arc<dyn SqlSession> {
        unreachable!("no code runs here")
    }

    fn release(&self) -> BoxFuture<'_, Result<(), SqlError>> {
        Box::pin(async { Ok(()) })
    }

    fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }
}

/// Python that looks at its caller in a way that nobody notices, and asks the client where it can.
#[derive(Debug)]
struct Python(AtomicU64);

impl PythonEngine for Python {
    fn start(
        &self,
        _project: Arc<PythonProject>,
    ) -> BoxFuture<'_, Result<Vec<Arc<dyn SqlFunction>>, PythonError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn initialise(&self, _scope: Arc<CallScope>) -> BoxFuture<'_, Result<(), PythonError>> {
        Box::pin(async { Ok(()) })
    }

    fn check(
        &self,
        _source: Arc<mxcp_core::definition::PythonSource>,
        _parameters: Vec<String>,
    ) -> BoxFuture<'_, Result<Vec<PythonFinding>, PythonError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn call(&self, request: PythonRequest) -> BoxFuture<'_, Result<Output, PythonError>> {
        Box::pin(async move {
            let run = self.0.fetch_add(1, Ordering::SeqCst) + 1;
            let scope = request.scope;
            let user = scope.principal.as_ref().map_or("nobody", |user| &user.username);
            let tenant = scope.headers.get("x-tenant").unwrap_or_default();
            let mut seen = format!("{user} {tenant}");
            if let Some(ask) = &scope.ask {
                let question = Question {
                    key: None,
                    kind: crate::ports::QuestionKind::Elicitation,
                    params: serde_json::Value::Null,
                };
                seen =
                    ask.ask(question).await.map_or_else(|error| error.to_string(), |said| said.to_string());
            }
            Ok(Output::Value(Value::string(format!("{run} {seen}"))))
        })
    }

    fn stop(&self, _scope: Arc<CallScope>) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

/// Answers each question with another number.
#[derive(Debug)]
struct Person(AtomicU64);

impl Ask for Person {
    fn ask(&self, _question: Question) -> BoxFuture<'static, Result<serde_json::Value, AskError>> {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move { Ok(number.into()) })
    }
}

/// Keeps whether the result of each call was that of another one.
#[derive(Debug, Default)]
struct Records(Mutex<Vec<bool>>);

impl AuditSink for Records {
    fn enabled(&self) -> bool {
        true
    }

    fn record(&self, _record: AuditRecord, facts: CallFacts) -> Recorded {
        self.0.lock().unwrap().push(facts.recalled);
        Recorded::now()
    }

    fn event(&self, _event: AuditEvent) {}
}

/// A tool `t` of a number `n`, with a cache and some code.
fn registry(cache: &str, source: &str) -> Registry {
    let text = format!(
        "tool:\n  name: t\n  cache: {cache}\n  parameters: [{{name: n, type: integer, default: 0}}]\n  source: {source}\n"
    );
    let content = Content::Bytes(text.into_bytes());
    let parsed =
        load::parse(vec![DefinitionFile { path: "tools/t.yml".to_owned(), kind: Kind::Tool, content }]);
    let python = |reference: &Reference| (reference.path.clone(), Content::Bytes(b"def t(n): pass".to_vec()));
    let sources: BTreeMap<_, _> = parsed.references().iter().map(python).collect();
    let loaded = parsed.load(&sources);
    assert_eq!(loaded.registry.endpoints().count(), 1, "{:?}", loaded.files);
    loaded.registry
}

struct Setting {
    engine: Arc<Engine>,
    records: Arc<Records>,
    pipeline: Pipeline,
}

fn setting(cache: &str, source: &str) -> Setting {
    let (engine, records) = (Engine::new(), Arc::<Records>::default());
    let sql: Arc<dyn SqlEngine> = Arc::<Engine>::clone(&engine);
    let audit: Arc<dyn AuditSink> = Arc::<Records>::clone(&records);
    let pipeline = Pipeline::new(registry(cache, source), sql, audit, Limits::default())
        .with_python(Arc::new(Python(AtomicU64::new(0))))
        .with_cache(ResultCache::new(1 << 20));
    Setting { engine, records, pipeline }
}

const ALL: &str = "{ttl: 1h, key: [args]}";

fn context(user: Option<&str>, tenant: &str) -> CallContext {
    let user = user.map(|user| {
        let user =
            Value::parse_json(&format!(r#"{{"user_id": "{user}", "username": "{user}", "role": "clerk"}}"#));
        Arc::new(Principal::from_context(user.unwrap(), "cli").unwrap())
    });
    CallContext {
        request_id: "r".to_owned(),
        now: "2026-01-15T10:30:45Z".parse().unwrap(),
        caller: Caller::Http,
        principal: user,
        headers: Headers::new([
            ("x-tenant".to_owned(), tenant.into()),
            ("traceparent".to_owned(), format!("of {tenant} now").into()),
        ]),
        session_id: None,
        trace: None,
    }
}

fn call(n: i64) -> Call {
    Call {
        kind: Kind::Tool,
        name: "t".to_owned(),
        arguments: Object::from_iter([("n", Value::Int(n))]),
        unknown_arguments: UnknownArguments::Refuse,
        output_validation: OutputValidation::Check,
    }
}

impl Setting {
    async fn say(&self, n: i64, context: CallContext, link: impl Into<Link>) -> String {
        match self.pipeline.call(call(n), context, link).await.into_result() {
            Ok(success) => success.value.to_json_text(),
            Err(error) => error.to_string(),
        }
    }

    async fn of(&self, user: Option<&str>) -> String {
        self.say(0, context(user, "x"), Link::default()).await
    }
}

fn row(run: u64, seen: &str) -> String {
    format!(r#"[{{"run":{run},"seen":"{seen}"}}]"#)
}

#[tokio::test]
async fn a_hundred_calls_at_once_are_one_run() {
    let setting = setting(ALL, "{code: held}");
    setting.engine.let_go.add_permits(100);
    let calls = (0..100).map(|_| setting.of(Some("ada")));
    let said = join_all(calls).await;
    assert_eq!((setting.engine.runs(), said.len()), (1, 100));
    assert!(said.iter().all(|said| *said == row(1, "")), "{said:?}");
    let recalled = setting.records.0.lock().unwrap().iter().filter(|recalled| **recalled).count();
    assert_eq!(recalled, 99, "each but the one that ran is recorded as such");
}

#[tokio::test]
async fn other_arguments_are_another_run() {
    let setting = setting(ALL, "{code: x}");
    for (n, run) in [(1, 1), (2, 2), (1, 1)] {
        assert_eq!(setting.say(n, context(None, "x"), Link::default()).await, row(run, ""));
    }
}

#[tokio::test]
async fn a_failure_is_nobody_elses_and_is_not_kept() {
    let setting = setting(ALL, "{code: held fails}");
    setting.engine.let_go.add_permits(100);
    setting.engine.failing.store(1, Ordering::SeqCst);
    let said = join_all((0..10).map(|_| setting.of(None))).await;
    assert!(said.iter().all(|said| said.contains("Failed to execute SQL: no")), "{said:?}");
    assert_eq!(setting.engine.runs(), 10, "each had a try of its own");
    setting.engine.failing.store(0, Ordering::SeqCst);
    assert_eq!(setting.of(None).await, row(11, ""));
    assert_eq!(setting.of(None).await, row(11, ""));
}

#[tokio::test]
async fn a_call_that_is_taken_back_takes_none_of_the_others_along() {
    let setting = setting(ALL, "{code: held}");
    let cancel = CancellationToken::new();
    let leader = setting.say(0, context(None, "x"), cancel.clone());
    let others = join_all((0..5).map(|_| setting.of(None)));
    let act = async {
        setting.engine.begun.acquire().await.unwrap().forget();
        cancel.cancel();
        // Another one makes the call now.
        setting.engine.begun.acquire().await.unwrap().forget();
        setting.engine.let_go.add_permits(1);
    };
    let (taken_back, said, ()) = tokio::join!(leader, others, act);
    assert_eq!(taken_back, "Call was cancelled");
    assert_eq!((setting.engine.runs(), said), (2, vec![row(2, ""); 5]));
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_any_more_takes_none_of_the_others_along() {
    let setting = setting(ALL, "{code: held}");
    let mut leader = Box::pin(setting.of(None));
    assert!((&mut leader).now_or_never().is_none());
    let mut other = Box::pin(setting.of(None));
    assert!((&mut other).now_or_never().is_none());
    assert_eq!(setting.engine.runs(), 1);
    drop(leader);
    setting.engine.let_go.add_permits(1);
    assert_eq!(other.await, row(2, ""));
}

#[tokio::test]
async fn whoever_waits_can_take_the_own_call_back() {
    let setting = setting(ALL, "{code: held}");
    let mut leader = Box::pin(setting.of(None));
    assert!((&mut leader).now_or_never().is_none());
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert_eq!(setting.say(0, context(None, "x"), cancel).await, "Call was cancelled");
    setting.engine.let_go.add_permits(1);
    assert_eq!(leader.await, row(1, ""));
}

#[tokio::test]
async fn calls_of_many_users_at_once_that_look_at_the_user_are_one_run_for_each() {
    let setting = setting(ALL, "{code: held user}");
    setting.engine.let_go.add_permits(100);
    let users = ["ada", "bob", "cy"];
    let said = join_all((0..30).map(|index| setting.of(Some(users[index % 3])))).await;
    for (index, said) in said.iter().enumerate() {
        assert!(said.contains(&format!(r#""seen":"{}""#, users[index % 3])), "{index}: {said}");
    }
    assert_eq!(setting.engine.runs(), 3);
    let anonymous = setting.of(None).await;
    assert!(anonymous.contains(r#""seen":"nobody""#), "{anonymous}");
}

#[tokio::test]
async fn headers_count_where_they_are_looked_at_and_only_there() {
    let setting = setting(ALL, "{code: header}");
    let of = |tenant| setting.say(0, context(Some("ada"), tenant), Link::default());
    assert_eq!(of("north").await, row(1, "north"));
    assert_eq!(of("south").await, row(2, "south"));
    assert_eq!(of("north").await, row(1, "north"));
    let other = self::setting(ALL, "{code: x}");
    let of = |tenant| other.say(0, context(Some("ada"), tenant), Link::default());
    assert_eq!(of("north").await, of("south").await);
}

#[tokio::test]
async fn python_is_never_shared_whatever_the_key_says() {
    let setting = setting(ALL, "{file: t.py}");
    let of = |user, tenant| setting.say(0, context(user, tenant), Link::default());
    assert_eq!(of(Some("ada"), "north").await, "\"1 ada north\"");
    assert_eq!(of(Some("bob"), "north").await, "\"2 bob north\"");
    assert_eq!(of(Some("ada"), "south").await, "\"3 ada south\"");
    assert_eq!(of(None, "north").await, "\"4 nobody north\"");
    assert_eq!(of(Some("ada"), "north").await, "\"1 ada north\"");
}

#[tokio::test]
async fn what_depends_on_an_answer_of_the_client_is_not_kept() {
    let setting = setting(ALL, "{file: t.py}");
    let person: Arc<dyn Ask> = Arc::new(Person(AtomicU64::new(7)));
    for answer in ["\"1 7\"", "\"2 8\""] {
        let link = Link { ask: Some(Arc::clone(&person)), ..Link::default() };
        let freshness = link.freshness.clone();
        assert_eq!(setting.say(0, context(Some("ada"), "x"), link).await, answer);
        assert_eq!(freshness.lasts(), None);
    }
}

#[tokio::test]
async fn without_a_key_results_are_for_the_very_same_caller() {
    let setting = setting("{ttl: 1h}", "{code: x}");
    assert_eq!(setting.of(Some("ada")).await, row(1, ""));
    assert_eq!(setting.of(Some("bob")).await, row(2, ""));
    assert_eq!(setting.of(None).await, row(3, ""));
    assert_eq!(setting.of(Some("ada")).await, row(1, ""));
}

#[tokio::test]
async fn a_new_generation_and_changed_data_make_results_outdated() {
    let setting = setting(ALL, "{code: x}");
    assert_eq!(setting.of(None).await, row(1, ""));
    setting.pipeline.replace(registry(ALL, "{code: x}"));
    assert_eq!(setting.of(None).await, row(2, ""));
    setting.engine.changes.fetch_add(1, Ordering::SeqCst);
    assert_eq!(setting.of(None).await, row(3, ""));
    assert_eq!(setting.of(None).await, row(3, ""));
}

#[tokio::test]
async fn a_call_that_began_before_a_reload_leaves_nothing_to_those_after_it() {
    let setting = setting(ALL, "{code: held}");
    let mut early = Box::pin(setting.of(None));
    assert!((&mut early).now_or_never().is_none());
    setting.pipeline.replace(registry(ALL, "{code: x}"));
    assert_eq!(setting.of(None).await, row(2, ""), "it does not wait for the early one");
    setting.engine.let_go.add_permits(1);
    assert_eq!(early.await, row(1, ""));
    assert_eq!(setting.of(None).await, row(2, ""));
}

#[tokio::test]
async fn what_changes_data_is_run_each_time() {
    let setting = setting(ALL, "{code: writes}");
    assert_eq!((setting.of(None).await, setting.of(None).await), (row(1, ""), row(2, "")));
}

#[tokio::test]
async fn results_last_for_what_is_left_and_are_public_if_nobody_has_a_part_in_them() {
    let public = |cache: &'static str, code: &'static str, user: Option<&'static str>| async move {
        let setting = setting(cache, code);
        let mut said = Vec::new();
        for _ in 0..2 {
            let link = Link::default();
            let freshness = link.freshness.clone();
            setting.say(0, context(user, "x"), link).await;
            let lasts = freshness.lasts().unwrap();
            assert!(lasts.left <= Duration::from_secs(3600) && lasts.left > Duration::from_secs(3000));
            said.push((freshness.is_recalled(), lasts.public));
        }
        assert_eq!((said[0].0, said[1].0, said[0].1), (false, true, said[1].1));
        said[0].1
    };
    assert!(public(ALL, "{code: x}", None).await);
    assert!(!public(ALL, "{code: x}", Some("ada")).await);
    assert!(!public(ALL, "{code: user}", None).await);
    assert!(!public(ALL, "{code: header}", None).await);
    assert!(!public("{ttl: 1h, key: [args, user.role]}", "{code: x}", None).await);
    assert!(!public("{ttl: 1h}", "{code: x}", None).await);
}
