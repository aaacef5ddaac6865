//! SQL functions of plug-ins.

use std::sync::Arc;

use mxcp_core::value::{ExactNumber, Object, Value};
use mxcp_runtime::ports::{Column, ColumnData, PythonError, Results, SqlFunction, SqlType};
use serde_json::json;

use crate::project::{LONG, Project, Setting, scope};

const PLUGIN: &str = r#"
import datetime, decimal, os
from mxcp.plugins import MXCPBasePlugin, udf
from mxcp.runtime import db

class MXCPPlugin(MXCPBasePlugin):
    @udf
    def twice(self, n: int) -> int:
        return None if n is None else 2 * n

    @udf
    def half(self, x: float) -> float:
        return x / 2

    @udf
    def pid(self, n: int) -> int:
        return os.getpid()

    @udf
    def kind(self, x: decimal.Decimal) -> str:
        return repr(x)

    @udf
    def keys(self, x: dict[str, int]) -> str:
        return repr(x)

    @udf
    def nested(self, n: int) -> int:
        return len(db.execute("none")) + n

    @udf
    def spin(self, n: int) -> int:
        print("spinning")
        while True:
            pass

    @udf
    def fail(self, n: int) -> int:
        raise ValueError("no")
"#;

const MODULE: &str = r#"
import os
from mxcp.runtime import db

def pid():
    return os.getpid()

def udf():
    return [os.getpid()] + [row["n"] for row in db.execute("udf")]
"#;

fn project(workers: usize) -> Project {
    let setting = Setting { workers: Some(workers), plugin: Some(PLUGIN), ..Setting::default() };
    Project::with(MODULE, setting)
}

fn function(project: &Project, name: &str) -> Arc<dyn SqlFunction> {
    let found = project.functions.iter().find(|function| function.name() == format!("{name}_p"));
    Arc::clone(found.unwrap_or_else(|| panic!("there is no `{name}_p`")))
}

fn evaluate(project: &Project, name: &str, data: ColumnData<'_>, rows: usize) -> Result<Results, String> {
    let column = Column { validity: None, data };
    function(project, name).evaluate(&[column], rows, &scope())
}

#[test]
fn functions_have_the_types_of_their_hints_and_compute_whole_columns() {
    let project = project(2);
    let twice = function(&project, "twice");
    assert_eq!((twice.parameters(), twice.returns()), (&[SqlType::Integer][..], &SqlType::Integer));
    let column = Column { validity: Some(&[0b101]), data: ColumnData::Integers(&[1, 0, 3]) };
    let Results::Integers(items) = twice.evaluate(&[column], 3, &scope()).unwrap() else { panic!("others") };
    assert_eq!(items, [Some(2), None, Some(6)]);
    let numbers = ColumnData::Doubles(&[1.0, f64::INFINITY]);
    let Results::Doubles(items) = evaluate(&project, "half", numbers, 2).unwrap() else { panic!("others") };
    assert_eq!(items, [Some(0.5), Some(f64::INFINITY)]);
}

#[test]
fn arguments_are_of_the_one_type_that_their_hint_has() {
    let project = project(1);
    let decimals = ["2.500", "3.000"].map(|text| Value::Number(ExactNumber::parse(text).unwrap())).into();
    let Results::Texts(items) = evaluate(&project, "kind", ColumnData::Values(decimals), 2).unwrap() else {
        panic!("others");
    };
    assert_eq!(items, [Some("Decimal('2.500')".to_owned()), Some("Decimal('3.000')".to_owned())]);
    let map = Value::Object(Object::from_iter([("$date", Value::Int(1))]));
    let Results::Texts(items) = evaluate(&project, "keys", ColumnData::Values(vec![map]), 1).unwrap() else {
        panic!("others");
    };
    assert_eq!(items, [Some("{'$date': 1}".to_owned())]);
}

#[test]
fn what_a_function_raises_fails_the_query() {
    let project = project(1);
    let error = evaluate(&project, "fail", ColumnData::Integers(&[1]), 1).unwrap_err();
    assert!(error.contains("ValueError: no"), "{error}");
}

#[test]
fn a_query_of_a_function_computes_in_the_process_that_waits_for_it() {
    let project = project(1);
    *project.database.function.lock().unwrap() = Some(function(&project, "pid"));
    let result = project.call("udf").unwrap();
    assert_eq!(result[0], result[1]);
    *project.database.function.lock().unwrap() = Some(function(&project, "nested"));
    assert_eq!(project.call("udf").unwrap().as_array().unwrap()[1..], [json!(1), json!(2)]);
}

#[test]
fn a_plug_in_that_can_not_be_made_stops_the_start() {
    let setting = Setting { plugin: Some("class Other: pass"), ..Setting::default() };
    match Project::start(MODULE, setting) {
        Err(PythonError::Unavailable { message }) => {
            assert!(message.contains("must contain an MXCPPlugin class"), "{message}");
        }
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it started"),
    }
}

#[test]
fn a_function_that_does_not_end_is_taken_back_with_its_query() {
    let project = project(1);
    let pid = project.call("pid").unwrap();
    let (spin, scope) = (function(&project, "spin"), scope());
    std::thread::scope(|threads| {
        let column = Column { validity: None, data: ColumnData::Integers(&[1]) };
        let query = threads.spawn(|| spin.evaluate(&[column], 1, &scope));
        let since = std::time::Instant::now();
        while !project.printed().contains("spinning") {
            assert!(since.elapsed() < LONG);
        }
        scope.cancel.cancel();
        let problem = query.join().unwrap().unwrap_err();
        assert!(problem.ends_with("call was cancelled"), "{problem}");
    });
    let Results::Integers(items) = evaluate(&project, "pid", ColumnData::Integers(&[1]), 1).unwrap() else {
        panic!("others");
    };
    assert_eq!(items[0].map(i64::from), pid.as_i64());
}
