//! Errors of evaluations in words that hold none of the data they happened on.

use cel_interpreter::ExecutionError;

/// One phrase. Messages of the CEL crate quote values; records of errors must not. Keys are named if the
/// condition itself, `source`, names them.
pub(super) fn describe(error: &ExecutionError, source: &str) -> String {
    match error {
        ExecutionError::NoSuchKey(key) if source.contains(key.as_str()) => format!("there is no key `{key}`"),
        ExecutionError::NoSuchKey(_) => "there is no such key".to_owned(),
        ExecutionError::UndeclaredReference(name) => format!("there is no `{name}`"),
        ExecutionError::NoSuchOverload(overload) => {
            let types = overload.argument_types().join(", ");
            format!("`{}` can't be applied to ({types})", overload.function().trim_matches(['_', '@']))
        }
        ExecutionError::UnexpectedType { got, want } => format!("expected {want}, not {got}"),
        ExecutionError::InvalidArgumentCount { expected, actual } => {
            format!("expected {expected} arguments, not {actual}")
        }
        ExecutionError::FunctionError { function, message } if OWN.contains(&function.as_str()) => {
            format!("`{function}` failed: {message}")
        }
        ExecutionError::FunctionError { function, .. } => format!("`{function}` failed"),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            "division by zero".to_owned()
        }
        ExecutionError::Overflow(..) => "arithmetic overflow".to_owned(),
        ExecutionError::IndexOutOfBounds(_) => "list index is out of range".to_owned(),
        ExecutionError::DuplicateKey(_) => "a map has the same key twice".to_owned(),
        ExecutionError::UnsupportedKeyType(_) => "a map can't have such a key".to_owned(),
        ExecutionError::ValuesNotComparable(..) => "the values can't be compared".to_owned(),
        ExecutionError::UnsupportedBinaryOperator(operator, ..) => format!("`{operator}` can't be applied"),
        ExecutionError::UnsupportedIndex(..) => "such a value can't be an index".to_owned(),
        ExecutionError::InternalError(message) if message == TOO_MUCH_WORK => {
            "the condition takes too much work on this data".to_owned()
        }
        _ => "it can't be evaluated".to_owned(),
    }
}

/// What a cut-off evaluation fails with.
pub(super) const TOO_MUCH_WORK: &str = "too much work";

/// Functions of this crate, whose messages hold no data.
const OWN: [&str; 7] = ["matches", "timestamp", "duration", "replace", "substring", "charAt", "join"];
