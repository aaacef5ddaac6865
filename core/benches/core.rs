//! What the core costs: loading a project, and the two halves of a call.

#![allow(clippy::unwrap_used, reason = "a benchmark that can't run says so by panicking")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use chrono::DateTime;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mxcp_core::call::{Call, CallContext, Caller, Headers, OutputValidation, Principal, UnknownArguments};
use mxcp_core::definition::Kind;
use mxcp_core::load::{self, Content, DefinitionFile};
use mxcp_core::registry::{Output, Registry, Rows};
use mxcp_core::value::{Object, Value};

const TRIVIAL: &str = "
tool:
  name: trivial
  parameters: [{name: n, type: integer}]
  return: {type: integer}
  source: {code: 'SELECT $n + 1 AS answer'}
";

const GUARDED: &str = "
tool:
  name: guarded
  description: Orders of a customer
  parameters:
    - {name: customer, type: string, minLength: 2, maxLength: 20, pattern: '^[a-z]+$'}
    - {name: limit, type: integer, minimum: 1, maximum: 1000, default: 100}
    - {name: states, type: array, items: {type: string, enum: [open, closed]}, default: [open]}
  return:
    type: array
    items:
      type: object
      required: [id, total]
      properties: {id: {type: integer}, total: {type: number}, card: {type: string, sensitive: true}}
  source: {code: 'SELECT 1'}
  policies:
    input:
      - {condition: \"user.role == 'guest' && limit > 10\", action: deny, reason: Too many}
    output:
      - {condition: \"!('cards.read' in user.permissions)\", action: mask_fields, fields: [card]}
";

fn files(count: usize) -> Vec<DefinitionFile> {
    let file = |index: usize| DefinitionFile {
        path: format!("tools/guarded_{index}.yml"),
        kind: Kind::Tool,
        content: Content::Bytes(
            GUARDED.replace("name: guarded", &format!("name: guarded_{index}")).into_bytes(),
        ),
    };
    (0..count).map(file).collect()
}

/// Tools that only some callers may know of, for reasons of every sort.
fn registry_of_some(count: usize) -> Registry {
    const RULES: [&str; 4] = [
        "user.role != 'admin'",
        "!user.permissions.exists(p, p.startsWith(area))",
        "user.level < 3 || limit > 10",
        "limit > 10 && !('orders' in user.permissions)",
    ];
    let file = |(index, rule): (usize, &&str)| {
        DefinitionFile {
        path: format!("tools/t{index}.yml"),
        kind: Kind::Tool,
        content: Content::Bytes(
            format!(
                "tool: {{name: t{index}, source: {{code: 'SELECT 1'}}, parameters: [{{name: area, type: string, \
                 default: a}}, {{name: limit, type: integer, default: 1}}], policies: {{input: [{{condition: \
                 \"{rule}\", action: deny}}]}}}}"
            )
            .into_bytes(),
        ),
    }
    };
    let files = (0..count).zip(RULES.iter().cycle()).map(file).collect();
    let loaded = load::parse(files).load(&BTreeMap::new());
    assert_eq!(loaded.registry.endpoints().count(), count, "{:?}", loaded.files.first());
    loaded.registry
}

fn registry() -> Registry {
    let file = |(name, text): (&str, &str)| DefinitionFile {
        path: format!("tools/{name}.yml"),
        kind: Kind::Tool,
        content: Content::Bytes(text.as_bytes().to_vec()),
    };
    let files = [("trivial", TRIVIAL), ("guarded", GUARDED)].map(file).to_vec();
    let loaded = load::parse(files).load(&BTreeMap::new());
    assert_eq!(loaded.registry.endpoints().count(), 2, "{:?}", loaded.files);
    loaded.registry
}

fn call(name: &str, arguments: &[(&str, Value)]) -> Call {
    Call {
        kind: Kind::Tool,
        name: name.to_owned(),
        arguments: arguments.iter().map(|(key, value)| (*key, value.clone())).collect(),
        unknown_arguments: UnknownArguments::Drop,
        output_validation: OutputValidation::Check,
    }
}

fn context(principal: Option<Arc<Principal>>) -> CallContext {
    CallContext {
        request_id: "1".to_owned(),
        now: DateTime::UNIX_EPOCH,
        caller: Caller::Http,
        principal,
        headers: Headers::none(),
        session_id: None,
        trace: None,
    }
}

fn rows(count: i64) -> Output {
    let columns: Vec<Arc<str>> = vec!["id".into(), "total".into(), "card".into()];
    let row = |id| {
        let values = [Value::Int(id), Value::Float(12.5), Value::string("4111")];
        columns.iter().cloned().zip(values).collect::<Object>()
    };
    Output::Rows(Rows { rows: (0..count).map(row).collect(), columns: columns.clone() })
}

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("load");
    group.throughput(Throughput::Elements(100));
    group.bench_function("100 tools with types and policies", |bencher| {
        let files = files(100);
        bencher.iter(|| load::parse(files.clone()).load(&BTreeMap::new()));
    });
    group.finish();

    let mut group = criterion.benchmark_group("listing");
    group.throughput(Throughput::Elements(1000));
    group.bench_function("1000 tools with rules about the caller", |bencher| {
        let registry = registry_of_some(1000);
        let person = "{\"role\": \"user\", \"level\": 5, \"permissions\": [\"pay.read\", \"orders\"]}";
        let principal =
            Principal::from_context(Value::parse_json(person).unwrap(), "test").map(Arc::new).ok();
        let caller = context(principal);
        bencher.iter(|| black_box(registry.visible(Kind::Tool, &caller).count()));
    });
    group.finish();

    let registry = registry();
    let person = Value::Object([("role", Value::string("user"))].into_iter().collect());
    let principal = Principal::from_context(person, "test").map(Arc::new).ok();
    let mut group = criterion.benchmark_group("call");
    group.bench_function("trivial: prepare and finish", |bencher| {
        let answer: Object = [("answer", Value::Int(42))].into_iter().collect();
        bencher.iter(|| {
            let prepared =
                registry.prepare(call("trivial", &[("n", Value::Int(41))]), context(None)).unwrap();
            let rows = Rows { columns: vec!["answer".into()], rows: vec![answer.clone()] };
            black_box(prepared.finish(Ok(Output::Rows(rows))))
        });
    });
    for count in [1, 1000] {
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("policies, masking, validation: {count} rows"), |bencher| {
            let arguments = [("customer", Value::string("ann")), ("limit", Value::Int(10))];
            bencher.iter(|| {
                let prepared =
                    registry.prepare(call("guarded", &arguments), context(principal.clone())).unwrap();
                black_box(prepared.finish(Ok(rows(count))))
            });
        });
    }
    group.finish();
}

criterion_group!(core, benches);
criterion_main!(core);
