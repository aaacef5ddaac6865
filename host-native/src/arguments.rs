//! Values given on the command line: `--param`, `--user-context`, `--request-headers`.

use std::fs;
use std::sync::Arc;

use mxcp_core::call::{Headers, Principal};
use mxcp_core::types::REDACTED;
use mxcp_core::value::{Object, Value};

use crate::failure::Failure;
use crate::ui::{CELL_WIDTH, cut};

/// The values of all `--param` options.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    list: Vec<Parameter>,
}

#[derive(Debug)]
struct Parameter {
    name: String,
    /// As given, for people: the text, or the name of the file.
    shown: String,
    value: Value,
}

impl Parameters {
    /// Reads `NAME=VALUE` and `NAME=@FILE`; of a repeated name, the last one counts.
    ///
    /// # Errors
    /// One is of another form, or its file is missing or no JSON.
    pub(crate) fn parse(options: &[String]) -> Result<Self, Failure> {
        let mut list: Vec<Parameter> = Vec::new();
        for option in options {
            let parameter = Parameter::parse(option)?;
            match list.iter_mut().find(|other| other.name == parameter.name) {
                Some(earlier) => *earlier = parameter,
                None => list.push(parameter),
            }
        }
        Ok(Self { list })
    }

    /// Names and values as given, one per line, long ones cut; of those that are to be kept secret, only the names.
    pub(crate) fn lines(&self, is_secret: impl Fn(&str) -> bool) -> impl Iterator<Item = String> {
        self.list.iter().map(move |parameter| {
            let shown = if is_secret(&parameter.name) { REDACTED } else { &parameter.shown };
            format!("  {}: {}", cut(&parameter.name, CELL_WIDTH), cut(shown, CELL_WIDTH))
        })
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The values by name.
    pub(crate) fn into_object(self) -> Object {
        self.list.into_iter().map(|parameter| (parameter.name, parameter.value)).collect()
    }
}

impl Parameter {
    fn parse(option: &str) -> Result<Self, Failure> {
        let Some((name, value)) = option.split_once('=') else {
            let problem =
                format!("Parameter must be in format name=value or name=@file.json, not '{option}'");
            return Err(Failure::Usage(problem));
        };
        let parsed = match value.strip_prefix('@') {
            Some(file) => json_file(file, "JSON")?,
            None => Value::string(value),
        };
        Ok(Self { name: name.to_owned(), shown: value.to_owned(), value: parsed })
    }
}

/// The caller that `--user-context` describes.
///
/// # Errors
/// It is no JSON object, or a part of it has the wrong type.
pub(crate) fn principal(option: Option<&str>) -> Result<Option<Arc<Principal>>, Failure> {
    let Some(text) = option else { return Ok(None) };
    Ok(Some(Arc::new(caller(json(text, "user context")?)?)))
}

/// The caller that a user context describes.
///
/// # Errors
/// It is no object, or a part of it has the wrong type.
pub(crate) fn caller(context: Value) -> Result<Principal, Failure> {
    Principal::from_context(context, "cli").map_err(|error| Failure::Usage(sentence(&error)))
}

/// The headers that `--request-headers` lists.
///
/// # Errors
/// It is no JSON object.
pub(crate) fn headers(option: Option<&str>) -> Result<Headers, Failure> {
    let Some(text) = option else {
        return Ok(Headers::none());
    };
    match json(text, "request headers")?.to_json() {
        serde_json::Value::Object(entries) => Ok(Headers::new(entries)),
        _ => Err(Failure::Usage("Request headers must be a JSON object".to_owned())),
    }
}

/// A JSON text, or the content of `@FILE`.
///
/// # Errors
/// It is no JSON, or the file can't be read.
pub(crate) fn json(option: &str, what: &str) -> Result<Value, Failure> {
    match option.strip_prefix('@') {
        Some(file) => json_file(file, &sentence(&what)),
        None => Value::parse_json(option)
            .map_err(|error| Failure::Usage(format!("Invalid JSON in {what}: {error}"))),
    }
}

/// The content of a file; `what` says what for, as a sentence begins with it.
fn json_file(path: &str, what: &str) -> Result<Value, Failure> {
    let text = fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Failure::Usage(format!("{what} file not found: {path}")),
        std::io::ErrorKind::InvalidData => Failure::Usage(format!("Invalid JSON in file {path}: not UTF-8")),
        _ => Failure::Usage(format!("{what} file {path} can't be read: {error}")),
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Value::parse_json(text).map_err(|error| Failure::Usage(format!("Invalid JSON in file {path}: {error}")))
}

/// An error's phrase with a capital, as the other usage errors have it.
fn sentence(error: &impl ToString) -> String {
    let phrase = error.to_string();
    let mut characters = phrase.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage<T>(result: Result<T, Failure>) -> String {
        match result.map(drop) {
            Err(Failure::Usage(message)) => message,
            other => panic!("{other:?}"),
        }
    }

    fn parse(options: &[&str]) -> Result<Object, Failure> {
        let options: Vec<_> = options.iter().map(ToString::to_string).collect();
        Parameters::parse(&options).map(Parameters::into_object)
    }

    #[test]
    fn a_parameter_splits_at_its_first_equals_sign() {
        let object = parse(&["a=b=c", " spaced =x", "empty="]).unwrap();
        assert_eq!(object.get("a"), Some(&Value::string("b=c")));
        assert_eq!(object.get(" spaced "), Some(&Value::string("x")));
        assert_eq!(object.get("empty"), Some(&Value::string("")));
    }

    #[test]
    fn the_last_of_a_repeated_parameter_wins() {
        assert_eq!(parse(&["a=1", "a=2"]).unwrap().get("a"), Some(&Value::string("2")));
    }

    #[test]
    fn secret_values_are_not_shown() {
        let parameters = Parameters::parse(&["user=ada".to_owned(), "pin=1234".to_owned()]).unwrap();
        let lines: Vec<_> = parameters.lines(|name| name == "pin").collect();
        assert_eq!(lines, ["  user: ada", "  pin: [REDACTED]"]);
    }

    #[test]
    fn a_file_gives_its_json() {
        let folder = std::env::temp_dir().join(format!("mxcp-arguments-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("p.json");
        fs::write(&path, "{\"n\": 1}").unwrap();
        let object = parse(&[&format!("a=@{}", path.display())]).unwrap();
        assert_eq!(object.get("a"), Some(&Value::parse_json("{\"n\": 1}").unwrap()));
        fs::write(&path, "{").unwrap();
        assert!(usage(parse(&[&format!("a=@{}", path.display())])).starts_with("Invalid JSON in file "));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn malformed_parameters_are_usage_errors() {
        assert!(usage(parse(&["a"])).starts_with("Parameter must be in format name=value"));
        assert_eq!(usage(parse(&["a=@/nowhere/x.json"])), "JSON file not found: /nowhere/x.json");
    }

    #[test]
    fn a_user_context_must_be_an_object_of_the_right_types() {
        let named = principal(Some(r#"{"username": "ada"}"#)).unwrap().unwrap();
        assert_eq!((named.username.as_str(), named.provider.as_str()), ("ada", "cli"));
        assert_eq!(usage(principal(Some("[]"))), "User context must be a JSON object");
        assert!(usage(principal(Some("{"))).starts_with("Invalid JSON in user context: "));
        let missing = principal(Some("@/nowhere/x.json"));
        assert_eq!(usage(missing), "User context file not found: /nowhere/x.json");
        assert!(usage(principal(Some(r#"{"email": 1}"#))).contains("`email`"));
    }

    #[test]
    fn headers_must_be_an_object() {
        let given = headers(Some(r#"{"X-Team": "a"}"#)).unwrap();
        assert_eq!(given.get("x-team").as_deref(), Some("a"));
        assert_eq!(usage(headers(Some("1"))), "Request headers must be a JSON object");
    }
}
