//! What everything that is sent says of its source.

use opentelemetry::trace::TraceId;
use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};
use serde_json::Value as Json;

use crate::settings::Settings;

/// The resource of this process.
pub(crate) fn of(settings: &Settings) -> Resource {
    let own = [
        ("service.name", settings.service_name.clone()),
        ("service.version", settings.service_version.clone()),
        ("service.instance.id", instance()),
        ("deployment.environment", settings.environment.clone()),
        ("deployment.environment.name", settings.environment.clone()),
        ("mxcp.project", settings.project.clone()),
        ("mxcp.profile", settings.profile.clone()),
    ];
    let own = own.into_iter().map(|(name, text)| KeyValue::new(name, text));
    let further = settings.resource_attributes.iter();
    let further = further.map(|(name, value)| KeyValue::new(name.clone(), of_json(value)));
    // What the operator says of the project's own attributes counts less than what is so.
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes(further)
        .with_attributes(own)
        .build()
}

fn of_json(value: &Json) -> Value {
    match value {
        Json::Bool(boolean) => Value::Bool(*boolean),
        Json::String(text) => Value::String(text.clone().into()),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Value::I64(number),
            (None, Some(number)) => Value::F64(number),
            (None, None) => Value::String(number.to_string().into()),
        },
        other => Value::String(other.to_string().into()),
    }
}

/// A UUID of version 4.
fn instance() -> String {
    let mut bytes = random().to_bytes();
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
    *version = *version & 0x0f | 0x40;
    *variant = *variant & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    parts.map(|part| hex.get(part).unwrap_or_default()).join("-")
}

fn random() -> TraceId {
    RandomIdGenerator::default().new_trace_id()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_a_random_uuid() {
        let instance = instance();
        assert_eq!(instance.len(), 36);
        assert_eq!(instance.get(14..15), Some("4"), "{instance}");
        assert!(matches!(instance.get(19..20), Some("8" | "9" | "a" | "b")), "{instance}");
        assert_ne!(instance, super::instance());
    }
}
