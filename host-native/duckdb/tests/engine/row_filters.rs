//! Rows that rules drop: whether DuckDB leaves them out beforehand or not, a call ends the same.
//!
//! `MXCP_GENERATED=10000` tries more expressions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use mxcp_core::call::{Call, CallContext, Caller, Headers, OutputValidation, Principal, UnknownArguments};
use mxcp_core::definition::Kind;
use mxcp_core::load::{self, Content, DefinitionFile};
use mxcp_core::registry::{ExecutionError, Output, Plan, Registry};

use mxcp_core::value::{Object, Value};
use mxcp_runtime::ports::SqlRequest;

use crate::support::{Database, argument, json, request};

/// Numbers that nobody chose, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

/// Columns by their type, with what stands in them.
const COLUMNS: [(&str, &str, &[&str]); 13] = [
    ("flag", "BOOLEAN", &["true", "false"]),
    ("tiny", "TINYINT", &["-128", "0", "1", "127"]),
    ("n", "INTEGER", &["-5", "0", "1", "2", "2147483647"]),
    ("big", "BIGINT", &["-9223372036854775808", "9007199254740993", "9223372036854775807", "2", "0"]),
    ("wide", "UBIGINT", &["0", "2", "9223372036854775808", "18446744073709551615"]),
    ("x", "DOUBLE", &["0.0", "-0.0", "2.0", "2.5", "'nan'", "'inf'", "'-inf'", "9007199254740993", "0.1"]),
    ("single", "FLOAT", &["0.1", "2", "2.5"]),
    ("price", "DECIMAL(9,2)", &["0", "2.00", "2.50", "0.10", "-1234567.89"]),
    ("exact", "DECIMAL(20,19)", &["1.9999999999999999999", "2", "0.1"]),
    ("t", "VARCHAR", &["''", "'a'", "'A'", "'b'", "'é'", "'2'", "'zz'", "chr(128512)", "'a' || chr(0)"]),
    ("folded", "VARCHAR COLLATE NOCASE", &["'a'", "'A'", "'B'", "'é'", "'E'"]),
    ("mood", "ENUM('b', 'a', 'A')", &["'a'", "'b'", "'A'"]),
    ("day", "DATE", &["DATE '2024-02-29'", "DATE '1999-01-01'"]),
];

/// What columns are compared with: literals, facts of the caller, and what is neither of the right kind nor there.
const OTHERS: [&str; 34] = [
    "0",
    "1",
    "2",
    "-5",
    "127",
    "128",
    "2.0",
    "2.5",
    "0.1",
    "-0.0",
    "2u",
    "1e300",
    "9007199254740992",
    "9007199254740993",
    "9007199254740992.0",
    "9223372036854775807",
    "18446744073709551615u",
    "''",
    "'a'",
    "'A'",
    "'b'",
    "'é'",
    "'2'",
    "'a\\u0000'",
    "'\\U0001F600'",
    "true",
    "false",
    "null",
    "user.region",
    "user.level",
    "user.ratio",
    "user.nothing",
    "user.absent",
    "user.regions[0]",
];

/// Columns and what they can be compared with, so that not most of what is tried fails.
const ALIKE: [(&[&str], &[&str]); 3] = [
    (
        &["tiny", "n", "big", "wide", "x", "price", "exact"],
        &["0", "2", "2.5", "-5", "0.1", "user.level", "9007199254740993"],
    ),
    (&["t", "folded", "mood"], &["''", "'a'", "'A'", "'b'", "user.region", "'é'"]),
    (&["flag", "n", "t", "x"], &["null", "user.nothing"]),
];

const LISTS: [&str; 7] =
    ["['a', 'b']", "['A', 2, null]", "[2, 2.5, 0]", "user.regions", "user.levels", "[]", "user.absent"];

fn column(random: &mut Random) -> String {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, ..)| *name).collect();
    match random.below(30) {
        0 => "row.missing".to_owned(),
        1 => format!("row['{}']", random.of(&names)),
        _ => format!("row.{}", random.of(&names)),
    }
}

fn operator(random: &mut Random) -> &'static str {
    random.of(&["==", "==", "!=", "!=", "<", "<=", ">", ">="])
}

fn expression(random: &mut Random, depth: usize) -> String {
    if depth > 0 && random.below(3) > 0 {
        let (one, other) = (expression(random, depth - 1), expression(random, depth - 1));
        return match random.below(6) {
            0 | 1 => format!("({one} && {other})"),
            2 | 3 => format!("({one} || {other})"),
            4 => format!("!{one}"),
            _ => format!("({one} ? {other} : {})", expression(random, depth - 1)),
        };
    }
    let column = column(random);
    match random.below(12) {
        0 => format!("({column} in {})", random.of(&LISTS)),
        1 => "row.flag".to_owned(),
        2 => format!("has({column})"),
        3 => {
            random.of(&["user.role == 'clerk'", "true", "false", "user.absent == 1", "1 / 0 == 1"]).to_owned()
        }
        4 => format!("({} {} {column})", random.of(&OTHERS), random.of(&["==", "!=", "<", ">="])),
        5 => format!("(size(string({column})) > 1)"),
        6 => format!("({column} {} {})", operator(random), random.of(&OTHERS)),
        _ => {
            let (columns, others) = ALIKE[random.below(ALIKE.len())];
            format!("(row.{} {} {})", random.of(columns), operator(random), random.of(others))
        }
    }
}

/// A table of random rows, in which each column is null now and then.
fn table(random: &mut Random) -> String {
    let types: Vec<String> = COLUMNS.iter().map(|(name, kind, _)| format!("{name} {kind}")).collect();
    let mut text = format!("CREATE OR REPLACE TABLE t (id INTEGER, {});", types.join(", "));
    for id in 0..40 {
        let values =
            COLUMNS.map(|(_, _, values)| if random.below(5) == 0 { "NULL" } else { random.of(values) });
        write!(text, "INSERT INTO t VALUES ({id}, {});", values.join(", ")).unwrap();
    }
    text
}

/// Tools over the table, of which the rows of the result are those of it or not.
const QUERIES: [&str; 9] = [
    "SELECT * FROM t ORDER BY id DESC",
    "SELECT * FROM t ORDER BY id LIMIT 7 -- the first",
    "SELECT * FROM t WHERE id % 2 = 0 ORDER BY hash(id) ;",
    "WITH some AS (SELECT * FROM t LIMIT 20 OFFSET 3) SELECT *, id AS n FROM some ORDER BY id",
    "SELECT any_value(id) AS id, flag, n, count(*) AS big, t, max(x) AS x FROM t GROUP BY flag, n, t ORDER BY ALL",
    "SELECT id, t, row_number() OVER (ORDER BY id) AS n, sum(n) OVER (ORDER BY id) AS big FROM t ORDER BY id",
    "SELECT t AS \"row\", t AS t, t AS T, CAST(t AS VARCHAR) AS folded, n FROM t ORDER BY id",
    "SELECT id, CAST(CASE WHEN id > 5 THEN t END AS INTEGER) AS n FROM t WHERE t = '2' OR id <= 5 ORDER BY id",
    "CREATE TEMP TABLE z AS SELECT * FROM t; SELECT * FROM z ORDER BY id",
];

fn registry(query: &str, rules: &[String]) -> Option<Registry> {
    let rules: Vec<String> =
        rules.iter().map(|keep| format!("{{\"action\": \"filter_rows\", \"where\": {keep:?}}}")).collect();
    // JSON is YAML, too.
    let text = format!(
        "{{\"tool\": {{\"name\": \"t\", \"source\": {{\"code\": {query:?}}}, \"policies\": {{\"output\": [{}]}}}}}}",
        rules.join(", ")
    );
    load(text)
}

/// The endpoint of a definition; none if there are errors in it.
fn load(text: String) -> Option<Registry> {
    let content = Content::Bytes(text.into_bytes());
    let file = DefinitionFile { path: "tools/t.yml".to_owned(), kind: Kind::Tool, content };
    let loaded = load::parse(vec![file]).load(&BTreeMap::new());
    // What can never be right is found when it is loaded, and is never asked.
    loaded.files.iter().all(|file| !file.findings.has_errors()).then_some(loaded.registry)
}

fn context() -> CallContext {
    let user = json(
        r#"{"role": "clerk", "region": "a", "level": 2, "ratio": 2.5, "nothing": null, "regions": ["a", "B"], "levels": [2, 0]}"#,
    );
    CallContext {
        request_id: "t".to_owned(),
        now: std::time::SystemTime::UNIX_EPOCH.into(),
        caller: Caller::Test,
        principal: Some(Arc::new(Principal::from_context(user, "test").unwrap())),
        headers: Headers::none(),
        session_id: None,
        trace: None,
    }
}

/// How a call without arguments ends, and how many rows were fetched for it.
async fn call(database: &Database, registry: &Registry, ahead: bool) -> (String, usize) {
    call_with(database, registry, Object::new(), ahead).await
}

/// How a call ends, and how many rows were fetched for it.
async fn call_with(
    database: &Database,
    registry: &Registry,
    arguments: Object,
    ahead: bool,
) -> (String, usize) {
    let call = Call {
        kind: Kind::Tool,
        name: "t".to_owned(),
        arguments,
        unknown_arguments: UnknownArguments::Refuse,
        output_validation: OutputValidation::Check,
    };
    let prepared = registry.prepare(call, context()).unwrap();
    let Plan::Sql { source, arguments } = prepared.plan().clone() else { panic!("no SQL") };
    let row_tests = if ahead { prepared.row_tests() } else { Vec::new() };
    let rows = database.run(SqlRequest { row_tests, ..request(&source, Object::clone(&arguments)) }).await;
    let fetched = rows.as_ref().map_or(0, |rows| rows.rows.len());
    let reply =
        prepared.finish(rows.map(Output::Rows).map_err(|error| ExecutionError::Failed(error.to_string())));
    let result = match reply.result() {
        Ok(success) => success.value.to_json_text(),
        Err(error) => error.to_string(),
    };
    let audit = reply.audit();
    (
        format!(
            "{result} {:?} {:?} {:?}",
            audit.policy_decision, audit.policies_evaluated, audit.policy_errors
        ),
        fetched,
    )
}

#[tokio::test]
async fn calls_end_the_same_whoever_drops_the_rows() {
    let wanted =
        std::env::var("MXCP_GENERATED").ok().and_then(|count| count.parse().ok()).unwrap_or(1500_usize);
    let database = Database::new();
    let mut random = Random(5);
    let (mut asked, mut spared, mut some) = (0, 0, 0);
    for round in 0..wanted {
        if round % 100 == 0 {
            database.rows(&table(&mut random)).await;
        }
        let rules: Vec<String> = (0..=random.below(2))
            .map(|_| {
                let depth = random.below(3);
                expression(&mut random, depth)
            })
            .collect();
        let query = random.of(&QUERIES);
        let Some(registry) = registry(query, &rules) else { continue };
        let (expected, all) = call(&database, &registry, false).await;
        let (got, fetched) = call(&database, &registry, true).await;
        assert_eq!(got, expected, "\n{query}\n{rules:#?}");
        asked += 1;
        spared += usize::from(fetched < all);
        some += usize::from(fetched > 0 && fetched < all);
    }
    // Nothing is shown unless rows are really left out.
    assert!(
        asked * 2 > wanted && spared * 5 > asked && some * 10 > asked,
        "{asked} of {wanted}, {spared}, {some}"
    );
}

#[tokio::test]
async fn a_query_that_only_fails_with_the_predicate_runs_without() {
    let database = Database::new();
    database.rows("CREATE TABLE t AS SELECT * FROM (VALUES ('1'), ('x'), ('3')) AS v(s)").await;
    let query = "SELECT CAST(s AS INTEGER) AS n FROM t WHERE s ~ '^[0-9]+$' ORDER BY n";
    let registry = registry(query, &["row.n > 1".to_owned()]).unwrap();
    let (result, _) = call(&database, &registry, true).await;
    assert!(result.starts_with(r#"[{"n":3}]"#), "{result}");
}

#[tokio::test]
async fn values_of_callers_are_never_part_of_the_text() {
    let database = Database::new();
    database.rows("CREATE TABLE t AS SELECT 'a' AS s").await;
    let registry =
        registry("SELECT s FROM t", &["row.s == \"x' OR '1'='1\" || row.s in [\"') OR (1=1\"]".to_owned()]);
    let (result, fetched) = call(&database, &registry.unwrap(), true).await;
    assert!(result.starts_with("[] "), "{result}");
    assert_eq!(fetched, 0);
}

#[tokio::test]
async fn parameters_that_decide_the_type_of_a_column_make_no_difference() {
    let database = Database::new();
    for column in
        ["$p", "coalesce($p, 5)", "CASE WHEN $p = 'x' THEN 1 ELSE $p END", "$p || ''", "$p::VARCHAR"]
    {
        for keep in ["row.v == '7'", "row.v == 7", "row.v != '7'", "row.v < 8"] {
            let text = format!(
                r#"{{"tool": {{"name": "t", "parameters": [{{"name": "p", "type": "string"}}], "source": {{"code": "SELECT {column} AS v"}}, "policies": {{"output": [{{"action": "filter_rows", "where": "{keep}"}}]}}}}}}"#
            );
            let registry = load(text).unwrap();
            let p = || argument("p", Value::string("7"));
            let (expected, _) = call_with(&database, &registry, p(), false).await;
            let (got, _) = call_with(&database, &registry, p(), true).await;
            assert_eq!(got, expected, "{column} {keep}");
        }
    }
}
