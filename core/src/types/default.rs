//! Values that stand in a definition: what is taken where an argument is absent, and what a definition may say of
//! its type by example.

use serde_json::Value as Json;

use super::place::{Place, Problems};
use super::{Kind, Type};
use crate::diagnostic::Code;
use crate::value::Value;
use crate::yaml::{DocPath, Report};

/// A default as written, and as arguments are after conversion.
#[derive(Clone, Debug)]
pub(super) struct DefaultValue {
    pub(super) written: Value,
    pub(super) served: Json,
    /// None if the type refuses it: then it is refused at each use too.
    pub(super) converted: Option<Value>,
}

impl Type {
    /// The default as written, if there is one, be it null.
    #[must_use]
    pub fn default(&self) -> Option<&Value> {
        self.default.as_ref().map(|default| &default.written)
    }

    /// The value of an absent parameter or property: its default, converted; none if there is no default.
    pub(super) fn absent(&self, place: &Place<'_>, problems: &mut Problems) -> Option<Value> {
        let default = self.default.as_ref()?;
        Some(match &default.converted {
            Some(converted) => converted.clone(),
            None => self.convert(default.written.clone(), place, problems),
        })
    }

    pub(super) fn compile_default(
        &self,
        written: &Json,
        path: &DocPath,
        report: &mut Report<'_>,
    ) -> DefaultValue {
        let value = Value::from_json(written.clone());
        let converted = match self.try_convert(value.clone()) {
            Ok(converted) => Some(converted),
            Err(problem) => {
                report.warning(
                    Code::InvalidDefault,
                    path,
                    format!("default does not fit its type: {problem}"),
                );
                None
            }
        };
        let served = converted.as_ref().map_or_else(|| written.clone(), |value| self.served(written, value));
        DefaultValue { written: value, served, converted }
    }

    /// Converts a value of the definition; the first problem is the error.
    pub(super) fn try_convert(&self, value: Value) -> Result<Value, String> {
        self.try_convert_as("default", value)
    }

    /// What is wrong with a value as an argument; none if it fits. Sensitive values are not shown.
    pub(crate) fn refuses(&self, value: &Value) -> Option<String> {
        self.try_convert_as("example", value.clone()).err()
    }

    /// Converts a value that messages know by `name`; the first problem is the error.
    fn try_convert_as(&self, name: &str, value: Value) -> Result<Value, String> {
        let mut problems = Problems::new();
        let converted = self.convert(value, &Place::root(name, self.sensitive), &mut problems);
        problems.finish().map_or(Ok(converted), |problems| {
            let message = problems.first().map_or("", |problem| problem.message.as_str());
            let text = message.strip_prefix("Error validating parameter ").unwrap_or(message);
            Err(text.strip_prefix(&format!("'{name}': ")).unwrap_or(text).to_owned())
        })
    }

    /// How a value of the definition (a default, a choice) stands in a schema: as written if that is of the
    /// type, else as converted.
    pub(super) fn served(&self, written: &Json, converted: &Value) -> Json {
        let fits = match &self.kind {
            Kind::String(string) => written.is_string() || (string.takes_numbers() && written.is_number()),
            Kind::Number(_) => written.is_number(),
            Kind::Integer(_) => written.is_i64() || written.is_u64(),
            Kind::Boolean => written.is_boolean(),
            Kind::Array(_) => written.is_array(),
            Kind::Object(_) => written.is_object(),
            Kind::Schema(_) => *converted == Value::from_json(written.clone()),
        };
        if fits { written.clone() } else { converted.to_json() }
    }
}
