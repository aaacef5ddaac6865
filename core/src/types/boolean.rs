//! True or false.

use super::fault::Fault;
use crate::value::Value;

/// From a boolean, 0 or 1, or one of the usual words in any case.
pub(super) fn convert(value: Value) -> Result<Value, Fault> {
    let boolean = match &value {
        Value::Bool(boolean) => Some(*boolean),
        Value::Int(0) => Some(false),
        Value::Int(1) => Some(true),
        Value::Float(number) if *number == 0.0 => Some(false),
        Value::Float(number) if *number == 1.0 => Some(true),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "t" | "y" | "1" => Some(true),
            "false" | "no" | "off" | "f" | "n" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    };
    boolean.map(Value::Bool).ok_or(Fault::Expected { expected: "boolean", got: value })
}

pub(super) fn check(value: &Value) -> Result<(), String> {
    match value {
        Value::Bool(_) => Ok(()),
        other => Err(format!("Expected boolean, got {}", other.json_type())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::testing;

    #[test]
    fn takes_the_usual_words() {
        for given in ["true", "1", "1.0", r#""TRUE""#, r#""Yes""#, r#""on""#, r#""t""#, r#""y""#, r#"" 1 ""#]
        {
            assert_eq!(testing::convert("type: boolean", given), Ok(Value::Bool(true)), "{given}");
        }
        for given in ["false", "0", r#""false""#, r#""NO""#, r#""off""#, r#""f""#, r#""n""#, r#""0""#] {
            assert_eq!(testing::convert("type: boolean", given), Ok(Value::Bool(false)), "{given}");
        }
    }

    #[test]
    fn refuses_everything_else_by_name() {
        for given in [r#""maybe""#, "2", r#""""#, "[]"] {
            let error = testing::convert("type: boolean", given).unwrap_err();
            assert_eq!(error, format!("Error validating parameter 'a': Expected boolean, got {given}"));
        }
    }

    #[test]
    fn results_must_be_booleans() {
        let boolean = testing::compile("type: boolean");
        assert_eq!(boolean.check_output(Value::Bool(true)), Ok(Value::Bool(true)));
        assert_eq!(boolean.check_output(Value::Int(1)), Err("Expected boolean, got integer".into()));
    }
}
