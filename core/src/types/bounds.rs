//! The rules that numbers and integers share.

use serde_json::{Map, Value as Json};

use super::decimal::Decimal;
use super::schema::View;
use crate::diagnostic::Code;
use crate::schema::TypeDef;
use crate::value::Value;
use crate::yaml::{DocPath, Report};

/// Limits of a number.
///
/// Limits are compared as doubles. `multipleOf` is exact: both numbers are taken as the decimals they print
/// as, so 0.3 is a multiple of 0.1.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    minimum: Option<f64>,
    maximum: Option<f64>,
    exclusive_minimum: Option<f64>,
    exclusive_maximum: Option<f64>,
    multiple_of: Option<f64>,
}

impl Bounds {
    pub(super) fn compile(def: &TypeDef, path: &DocPath, report: &mut Report<'_>) -> Option<Self> {
        let mut sound = true;
        for (key, limit) in limits(def) {
            if limit.is_some_and(|limit| !limit.is_finite()) {
                report.error(Code::InvalidValue, &path.key(key), "Input should be a finite number");
                sound = false;
            }
        }
        if def.multiple_of.is_some_and(|step| step <= 0.0) {
            report.error(Code::InvalidValue, &path.key("multipleOf"), "Input should be greater than 0");
            sound = false;
        }
        for (low_key, low, high_key, high, both_inclusive) in [
            ("minimum", def.minimum, "maximum", def.maximum, true),
            ("exclusiveMinimum", def.exclusive_minimum, "maximum", def.maximum, false),
            ("minimum", def.minimum, "exclusiveMaximum", def.exclusive_maximum, false),
            ("exclusiveMinimum", def.exclusive_minimum, "exclusiveMaximum", def.exclusive_maximum, false),
        ] {
            if let (Some(low), Some(high)) = (low, high)
                && (low > high || (low == high && !both_inclusive))
            {
                let message = format!(
                    "no number fits both `{low_key}: {}` and `{high_key}: {}`",
                    number(low),
                    number(high)
                );
                report.error(Code::InvalidValue, &path.key(low_key), message);
                sound = false;
            }
        }
        sound.then_some(Self {
            minimum: def.minimum,
            maximum: def.maximum,
            exclusive_minimum: def.exclusive_minimum,
            exclusive_maximum: def.exclusive_maximum,
            multiple_of: def.multiple_of,
        })
    }

    /// Smallest number allowed.
    #[must_use]
    pub fn minimum(&self) -> Option<f64> {
        self.minimum
    }

    /// Largest number allowed.
    #[must_use]
    pub fn maximum(&self) -> Option<f64> {
        self.maximum
    }

    /// What numbers must be larger than.
    #[must_use]
    pub fn exclusive_minimum(&self) -> Option<f64> {
        self.exclusive_minimum
    }

    /// What numbers must be smaller than.
    #[must_use]
    pub fn exclusive_maximum(&self) -> Option<f64> {
        self.exclusive_maximum
    }

    /// What numbers must be a multiple of.
    #[must_use]
    pub fn multiple_of(&self) -> Option<f64> {
        self.multiple_of
    }

    pub(super) fn is_constrained(&self) -> bool {
        [self.minimum, self.maximum, self.exclusive_minimum, self.exclusive_maximum, self.multiple_of]
            .iter()
            .any(Option::is_some)
    }

    /// The rule that a number breaks, if it breaks one.
    pub(super) fn check(&self, value: &Value) -> Result<(), String> {
        let Some(given) = to_f64(value) else { return Ok(()) };
        let rule = |broken: bool, limit: f64, rule: &str| {
            if broken { Err(format!("Value must be {rule} {}", number(limit))) } else { Ok(()) }
        };
        if let Some(step) = self.multiple_of {
            let fits = Decimal::of(value)
                .zip(Decimal::of(&Value::Float(step)))
                .is_some_and(|(value, step)| value.is_multiple_of(&step));
            rule(!fits, step, "multiple of")?;
        }
        if let Some(limit) = self.minimum {
            rule(given < limit, limit, ">=")?;
        }
        if let Some(limit) = self.maximum {
            rule(given > limit, limit, "<=")?;
        }
        if let Some(limit) = self.exclusive_minimum {
            rule(given <= limit, limit, ">")?;
        }
        if let Some(limit) = self.exclusive_maximum {
            rule(given >= limit, limit, "<")?;
        }
        Ok(())
    }

    pub(super) fn describe(&self, schema: &mut Map<String, Json>, view: View<'_>) {
        // Validators divide doubles, so they refuse 0.3 as a multiple of 0.1; a client must not refuse a
        // result for that.
        let step = self.multiple_of.filter(|step| view.is_input() || step.fract() == 0.0);
        for (key, limit) in [
            ("minimum", self.minimum),
            ("maximum", self.maximum),
            ("exclusiveMinimum", self.exclusive_minimum),
            ("exclusiveMaximum", self.exclusive_maximum),
            ("multipleOf", step),
        ] {
            if let Some(limit) = limit {
                schema.insert(key.to_owned(), number(limit));
            }
        }
    }
}

fn limits(def: &TypeDef) -> [(&'static str, Option<f64>); 5] {
    [
        ("minimum", def.minimum),
        ("maximum", def.maximum),
        ("exclusiveMinimum", def.exclusive_minimum),
        ("exclusiveMaximum", def.exclusive_maximum),
        ("multipleOf", def.multiple_of),
    ]
}

/// The nearest double of a number.
#[expect(clippy::cast_precision_loss, reason = "limits are doubles, and so is what is compared with them")]
fn to_f64(value: &Value) -> Option<f64> {
    match value {
        Value::Int(integer) => Some(*integer as f64),
        Value::Float(float) => Some(*float),
        Value::Number(number) => Some(number.to_f64()),
        _ => None,
    }
}

/// A limit as authors write it: without `.0` if it is whole.
fn number(limit: f64) -> Json {
    Decimal::of(&Value::Float(limit))
        .and_then(|decimal| decimal.to_integer())
        .unwrap_or(Value::Float(limit))
        .to_json()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::testing::{compile, findings};

    fn check(definition: &str, value: f64) -> Result<(), String> {
        compile(definition).check_output(Value::Float(value)).map(drop)
    }

    #[test]
    fn each_rule_has_its_sentence() {
        for (rule, value, sentence) in [
            ("minimum: 2", 1.0, "Value must be >= 2"),
            ("maximum: 10.0", 10.5, "Value must be <= 10"),
            ("exclusiveMinimum: 0", 0.0, "Value must be > 0"),
            ("exclusiveMaximum: 0.5", 0.5, "Value must be < 0.5"),
            ("multipleOf: 2", 3.0, "Value must be multiple of 2"),
        ] {
            assert_eq!(check(&format!("{{type: number, {rule}}}"), value), Err(sentence.to_owned()));
        }
        assert_eq!(check("{type: number, multipleOf: 0.1, minimum: 0.3, maximum: 0.3}", 0.3), Ok(()));
    }

    #[test]
    fn refuses_rules_that_nothing_can_keep() {
        let error = |definition: &str| findings(definition);
        assert_eq!(
            error("{type: number, minimum: 2, maximum: 1.5}"),
            ["error minimum: no number fits both `minimum: 2` and `maximum: 1.5`"]
        );
        assert_eq!(
            error("{type: integer, exclusiveMinimum: 1, maximum: 1}"),
            ["error exclusiveMinimum: no number fits both `exclusiveMinimum: 1` and `maximum: 1`"]
        );
        assert_eq!(
            error("{type: integer, multipleOf: 0}"),
            ["error multipleOf: Input should be greater than 0"]
        );
        assert_eq!(
            error("{type: number, maximum: .nan}"),
            ["error maximum: Input should be a finite number"]
        );
        assert!(error("{type: number, minimum: 1, maximum: 1}").is_empty());
        assert!(error("{type: string, minimum: 2, maximum: 1}").is_empty());
    }
}
