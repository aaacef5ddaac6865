//! The description of the API, as OpenAPI 3.1 wants it.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value as Json, json};

use crate::answers::{
    AuditQueryResponse, AuditStatsResponse, CPUStatsResponse, ConfigResponse, DiskStatsResponse,
    EndpointListResponse, HealthResponse, MemoryStatsResponse, NetworkStatsResponse, ProcessStatsResponse,
    ReloadResponse, StatusResponse, SystemInfoResponse,
};
use crate::query::{LIMIT, MOST};
use crate::routes::Route;

/// The description.
pub(crate) fn document() -> &'static Json {
    static DOCUMENT: LazyLock<Json> = LazyLock::new(describe);
    &DOCUMENT
}

/// What is described of a route.
struct Operation {
    route: Route,
    tag: &'static str,
    id: &'static str,
    summary: &'static str,
    schema: fn(&mut SchemaGenerator) -> Json,
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Json {
    generator.subschema_for::<T>().to_value()
}

const OPERATIONS: [Operation; 13] = [
    Operation {
        route: Route::Health,
        tag: "status",
        id: "health",
        summary: "Whether the server can answer calls",
        schema: schema::<HealthResponse>,
    },
    Operation {
        route: Route::Status,
        tag: "status",
        id: "status",
        summary: "How the server is",
        schema: schema::<StatusResponse>,
    },
    Operation {
        route: Route::Reload,
        tag: "reload",
        id: "reload",
        summary: "Ask for a reload",
        schema: schema::<ReloadResponse>,
    },
    Operation {
        route: Route::Config,
        tag: "config",
        id: "config",
        summary: "What the server is configured to be",
        schema: schema::<ConfigResponse>,
    },
    Operation {
        route: Route::Endpoints,
        tag: "endpoints",
        id: "endpoints",
        summary: "The definitions as they are on disk",
        schema: schema::<EndpointListResponse>,
    },
    Operation {
        route: Route::SystemInfo,
        tag: "system",
        id: "system_info",
        summary: "What the machine is",
        schema: schema::<SystemInfoResponse>,
    },
    Operation {
        route: Route::SystemCpu,
        tag: "system",
        id: "system_cpu",
        summary: "How busy the processors are",
        schema: schema::<CPUStatsResponse>,
    },
    Operation {
        route: Route::SystemMemory,
        tag: "system",
        id: "system_memory",
        summary: "How full the memory is",
        schema: schema::<MemoryStatsResponse>,
    },
    Operation {
        route: Route::SystemDisk,
        tag: "system",
        id: "system_disk",
        summary: "How full the disk is, and what it has done",
        schema: schema::<DiskStatsResponse>,
    },
    Operation {
        route: Route::SystemNetwork,
        tag: "system",
        id: "system_network",
        summary: "What the network has done",
        schema: schema::<NetworkStatsResponse>,
    },
    Operation {
        route: Route::SystemProcess,
        tag: "system",
        id: "system_process",
        summary: "What the server needs",
        schema: schema::<ProcessStatsResponse>,
    },
    Operation {
        route: Route::AuditQuery,
        tag: "audit",
        id: "audit_query",
        summary: "Records of calls, newest first",
        schema: schema::<AuditQueryResponse>,
    },
    Operation {
        route: Route::AuditStats,
        tag: "audit",
        id: "audit_stats",
        summary: "How much is recorded",
        schema: schema::<AuditStatsResponse>,
    },
];

fn describe() -> Json {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for operation in &OPERATIONS {
        let schema = (operation.schema)(&mut generator);
        let method = operation.route.method().to_lowercase();
        paths.insert(operation.route.path().to_owned(), json!({ method: described(operation, &schema) }));
    }
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Failure".to_owned(), failure());
    schemas.insert("InternalError".to_owned(), internal_error());
    schemas.insert("InvalidParameters".to_owned(), invalid_parameters());
    let tags = ["status", "reload", "config", "endpoints", "system", "audit"];
    let tags = tags.map(|name| json!({ "name": name }));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "MXCP Admin API",
            "version": "1.0.0",
            "description": "Looks after a running server, over a Unix domain socket of its user.",
        },
        "paths": paths,
        "components": { "schemas": schemas },
        "tags": tags,
    })
}

fn described(operation: &Operation, schema: &Json) -> Json {
    let answer = |description: &str, schema: Json| {
        json!({
            "description": description, "content": { "application/json": { "schema": schema } },
        })
    };
    let mut answers = Map::new();
    answers.insert("200".to_owned(), answer(operation.summary, schema.clone()));
    if operation.route == Route::Health {
        answers.insert("503".to_owned(), answer("There is nothing that calls could run on", schema.clone()));
    } else {
        let failure = json!({ "anyOf": [
            { "$ref": "#/components/schemas/Failure" }, { "$ref": "#/components/schemas/InternalError" },
        ] });
        answers.insert("500".to_owned(), answer("It can't be had", failure));
    }
    let parameters = match operation.route {
        Route::AuditQuery => query_parameters(),
        Route::AuditStats => moments(),
        _ => Vec::new(),
    };
    let mut described = Map::new();
    let mut describe = |name: &str, value: Json| drop(described.insert(name.to_owned(), value));
    describe("tags", json!([operation.tag]));
    describe("summary", operation.summary.into());
    describe("operationId", operation.id.into());
    if !parameters.is_empty() {
        let invalid = json!({ "$ref": "#/components/schemas/InvalidParameters" });
        answers.insert("422".to_owned(), answer("Parameters can't be used", invalid));
        describe("parameters", Json::Array(parameters));
    }
    describe("responses", Json::Object(answers));
    Json::Object(described)
}

fn parameter(name: &str, description: &str, schema: &Json) -> Json {
    json!({ "name": name, "in": "query", "required": false, "description": description, "schema": schema })
}

fn moments() -> Vec<Json> {
    let moment = json!({ "type": "string", "anyOf": [{ "format": "date-time" }, { "format": "date" }] });
    vec![
        parameter("start_time", "Made then or later: ISO 8601, or a date", &moment),
        parameter("end_time", "Made then or before: ISO 8601, or a date", &moment),
    ]
}

fn query_parameters() -> Vec<Json> {
    let text = json!({ "type": "string" });
    let mut parameters = moments();
    for (name, description) in [
        ("schema_name", "Name of the schema"),
        ("operation_type", "Kind of the operation"),
        ("operation_name", "Name of the operation"),
        ("operation_status", "How the operation ended"),
        ("user_id", "Whose operation it was"),
        ("trace_id", "The trace that the operation was part of"),
    ] {
        parameters.push(parameter(name, description, &text));
    }
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT });
    let offset = json!({ "type": "integer", "minimum": 0, "maximum": i64::MAX, "default": 0 });
    parameters.push(parameter("limit", "At most so many", &limit));
    parameters.push(parameter("offset", "Without so many of the newest", &offset));
    parameters
}

fn failure() -> Json {
    json!({
        "type": "object", "description": "What failed, and why.", "required": ["detail"],
        "properties": { "detail": { "type": "string" } },
    })
}

fn internal_error() -> Json {
    json!({
        "type": "object", "description": "Nobody foresaw it.", "required": ["error", "message", "detail"],
        "properties": {
            "error": { "const": "internal_error" }, "message": { "type": "string" },
            "detail": { "type": ["string", "null"], "description": "What it was, for servers that log details." },
        },
    })
}

fn invalid_parameters() -> Json {
    json!({
        "type": "object", "description": "Parameters that can't be used.", "required": ["detail"],
        "properties": { "detail": { "type": "array", "items": {
            "type": "object", "required": ["type", "loc", "msg", "input"],
            "properties": {
                "type": { "type": "string", "description": "What kind of problem it is." },
                "loc": { "type": "array", "items": { "type": "string" }, "description": "Where it is." },
                "msg": { "type": "string", "description": "What is wrong." },
                "input": { "type": "string", "description": "What is written there." },
                "ctx": { "type": "object", "description": "The bound that is not kept." },
            },
        } } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_has_the_routes_and_the_schemas_of_the_contract() {
        let document = document();
        let paths: Vec<_> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        let expected: Vec<_> = Route::ALL.iter().take(13).map(|route| route.path()).collect();
        assert_eq!(paths, expected);
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for name in [
            "StatusResponse",
            "HealthResponse",
            "ReloadResponse",
            "ConfigResponse",
            "EndpointListResponse",
            "AuditQueryResponse",
            "AuditStatsResponse",
            "SystemInfoResponse",
            "CPUStatsResponse",
            "MemoryStatsResponse",
            "DiskStatsResponse",
            "NetworkStatsResponse",
            "ProcessStatsResponse",
        ] {
            assert!(schemas.contains_key(name), "{name}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn check(value: &Json, document: &Json) {
            match value {
                Json::Object(entries) => {
                    if let Some(reference) = entries.get("$ref") {
                        let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
                        assert!(document.pointer(pointer).is_some(), "{pointer}");
                    }
                    entries.values().for_each(|value| check(value, document));
                }
                Json::Array(items) => items.iter().for_each(|value| check(value, document)),
                _ => {}
            }
        }
        check(document(), document());
    }
}
