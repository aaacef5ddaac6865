//! Types of SQL, as the package names them.

use mxcp_runtime::ports::SqlType;
use serde_json::Value as Json;

/// A type; none if there is no such name.
pub(crate) fn parse(json: &Json) -> Option<SqlType> {
    let Json::Object(entries) = json else { return SqlType::from_name(json.as_str()?) };
    let (kind, inner) = entries.iter().next()?;
    Some(match kind.as_str() {
        "list" => SqlType::List(Box::new(parse(inner)?)),
        "map" => SqlType::Map(Box::new(parse(inner.get(0)?)?), Box::new(parse(inner.get(1)?)?)),
        "struct" => {
            let field = |field: &Json| Some((field.get(0)?.as_str()?.to_owned(), parse(field.get(1)?)?));
            SqlType::Struct(inner.as_array()?.iter().map(field).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_nest() {
        let json =
            serde_json::json!({"struct": [["a", {"list": "DATE"}], ["b", {"map": ["VARCHAR", "UUID"]}]]});
        let map = SqlType::Map(Box::new(SqlType::Varchar), Box::new(SqlType::Uuid));
        let list = SqlType::List(Box::new(SqlType::Date));
        assert_eq!(parse(&json), Some(SqlType::Struct(vec![("a".to_owned(), list), ("b".to_owned(), map)])));
        assert_eq!(parse(&serde_json::json!("TINYINT")), None);
    }
}
