//! Checking the SQL of a project against its database, without executing any.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::ops::Range;
use std::sync::Arc;
use std::thread;

use futures_util::future::try_join_all;

use mxcp_core::definition::{Endpoint, Implementation, SqlOrigin, SqlText};
use mxcp_core::diagnostic::{Code, Diagnostic, Diagnostics};
use mxcp_core::registry::Registry;
use mxcp_core::source::Span;
use mxcp_core::yaml::{DocPath, Document};

use super::Scope;
use crate::ports::{SqlCheck, SqlEngine, SqlError, SqlFinding};

/// Most places of each kind that one finding points at: finding one takes as long as its file is.
const MAX_PLACES: usize = 10;

/// Endpoints whose check takes longer than opening another connection for them.
const WORTH_A_CONNECTION: usize = 50;

/// Checks SQL endpoints. Gives what is wrong by the path of the definition file; files without
/// findings are left out. `begin` hears of each endpoint before it is looked at; several are at once.
///
/// # Errors
/// The database can't be asked.
pub async fn check_sql(
    registry: &Registry,
    engine: &dyn SqlEngine,
    scope: Scope<'_>,
    begin: &(dyn Fn(&Endpoint) + Sync),
) -> Result<BTreeMap<String, Diagnostics>, SqlError> {
    let endpoints: Vec<&Arc<Endpoint>> =
        registry.endpoints().filter(|endpoint| (scope.includes)(endpoint)).collect();
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let lanes = if scope.gives_way { 1 } else { processors };
    let share = endpoints.len().div_ceil(lanes).max(WORTH_A_CONNECTION);
    let found = try_join_all(endpoints.chunks(share).map(|part| check_part(part, engine, begin))).await?;
    let mut by_file: BTreeMap<String, Diagnostics> = BTreeMap::new();
    for (file, findings) in found.into_iter().flatten() {
        by_file.entry(file).or_default().extend(findings);
    }
    Ok(by_file)
}

/// Checks some endpoints, one after the other.
async fn check_part(
    endpoints: &[&Arc<Endpoint>],
    engine: &dyn SqlEngine,
    begin: &(dyn Fn(&Endpoint) + Sync),
) -> Result<Vec<(String, Diagnostics)>, SqlError> {
    let mut found = Vec::new();
    for endpoint in endpoints {
        begin(endpoint);
        let findings = check_endpoint(endpoint, engine).await?;
        if !findings.is_empty() {
            found.push((endpoint.file.path().to_owned(), findings));
        }
    }
    Ok(found)
}

/// Checks one endpoint; one that is not SQL has no findings.
///
/// # Errors
/// The database can't be asked.
pub async fn check_endpoint(endpoint: &Endpoint, engine: &dyn SqlEngine) -> Result<Diagnostics, SqlError> {
    let Implementation::Sql(sql) = &endpoint.implementation else {
        return Ok(Diagnostics::new());
    };
    let check = match engine.check(Arc::clone(sql)).await {
        Ok(check) => check,
        Err(SqlError::Rejected(message)) => {
            SqlCheck { findings: vec![SqlFinding { message, offset: None }], ..SqlCheck::default() }
        }
        Err(error) => return Err(error),
    };
    Ok(findings(endpoint, sql, &check))
}

/// How the database begins to say that what a query reads from is not there.
const NO_FILES: &str = "IO Error: No files found";

/// What a check means for the author.
fn findings(endpoint: &Endpoint, sql: &SqlText, check: &SqlCheck) -> Diagnostics {
    let mut found = Diagnostics::new();
    for finding in &check.findings {
        let message = format!("Source code syntax validation failed: {}", finding.message);
        let place = match finding.offset {
            Some(offset) => span(sql, word_at(&sql.text, offset)),
            None => whole(sql),
        };
        let diagnostic = Diagnostic::error(Code::SqlSyntax, message).label(place, "");
        found.push(match finding.message.starts_with(NO_FILES) {
            true => diagnostic.help("a relative path in SQL starts at the folder of the project"),
            false => diagnostic,
        });
    }
    if check.findings.is_empty() && check.statements == 0 {
        found.push(Diagnostic::error(Code::SqlSyntax, "No SQL query found").label(whole(sql), ""));
    }
    // A source that can't be parsed doesn't tell its parameters.
    if !found.has_errors() {
        found.extend(parameter_mismatch(endpoint, sql, check));
    }
    found
}

fn parameter_mismatch(endpoint: &Endpoint, sql: &SqlText, check: &SqlCheck) -> Option<Diagnostic> {
    let used: BTreeSet<&str> = check.parameters.iter().map(String::as_str).collect();
    let declared: BTreeSet<&str> = endpoint.parameters.iter().map(|parameter| &*parameter.name).collect();
    let missing: Vec<_> = used.difference(&declared).copied().collect();
    let extra: Vec<_> = declared.difference(&used).copied().collect();
    if missing.is_empty() && extra.is_empty() {
        return None;
    }
    let message = format!("Parameter mismatch: missing={}, extra={}", set(&missing), set(&extra));
    let mut mismatch = Diagnostic::error(Code::ParameterMismatch, message);
    for name in missing.iter().take(MAX_PLACES) {
        mismatch = mismatch.label(use_of(sql, name), "not declared");
    }
    // The definition is parsed once more: only broken projects pay for it.
    let document =
        (!extra.is_empty()).then(|| Document::parse(&endpoint.file, &mut Diagnostics::new())).flatten();
    for name in extra.iter().take(MAX_PLACES) {
        if let Some(place) = document.as_ref().and_then(|document| declaration_of(endpoint, document, name)) {
            mismatch = mismatch.label(place, "not used by the SQL");
        }
    }
    if mismatch.labels.is_empty() {
        mismatch = mismatch.label(whole(sql), "");
    }
    let mut advice = Vec::new();
    let is_number = |name: &&str| name.bytes().all(|sign| sign.is_ascii_digit());
    let (by_place, by_name): (Vec<_>, Vec<_>) = missing.iter().copied().partition(is_number);
    if !by_place.is_empty() {
        advice.push("parameters are used by name: write `$name` for `?` and `$1`".to_owned());
    }
    if !by_name.is_empty() {
        advice.push(format!("declare {} under `parameters`", quoted(&by_name)));
    }
    if !extra.is_empty() {
        let uses: Vec<_> = extra.iter().map(|name| format!("`${name}`")).collect();
        advice.push(format!("use {} in the SQL or remove the declaration", uses.join(", ")));
    }
    Some(mismatch.help(advice.join("; ")))
}

/// Names as the reference implementation prints a set of them.
fn set(names: &[&str]) -> String {
    if names.is_empty() {
        return "set()".to_owned();
    }
    let quoted: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
    format!("{{{}}}", quoted.join(", "))
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The first `$name` of the SQL, or all of it where the name is written in another way.
fn use_of(sql: &SqlText, name: &str) -> Span {
    let parameter = format!("${name}");
    let whole_word = |at: &usize| {
        let after = sql.text.get(at + parameter.len()..).and_then(|rest| rest.chars().next());
        !after.is_some_and(is_word)
    };
    match sql.text.match_indices(&parameter).map(|(at, _)| at).find(whole_word) {
        Some(at) => span(sql, at..at + parameter.len()),
        None => whole(sql),
    }
}

/// Where a parameter's name is declared in the endpoint's definition.
fn declaration_of(endpoint: &Endpoint, document: &Document, name: &str) -> Option<Span> {
    let list = DocPath::root().key(endpoint.kind.as_str()).key("parameters");
    (0..)
        .map(|index| list.index(index))
        .take_while(|item| document.node(item).is_some())
        .map(|item| item.key("name"))
        .find(|path| document.node(path).and_then(|node| node.as_str()) == Some(name))
        .map(|path| document.span(&path))
}

/// The place of all of the SQL.
fn whole(sql: &SqlText) -> Span {
    match &sql.origin {
        SqlOrigin::File(file) => Span::new(file, 0..file.text().trim_end().len()),
        SqlOrigin::Inline(scalar) => scalar.clone(),
    }
}

/// The place of some bytes of the SQL.
fn span(sql: &SqlText, bytes: Range<usize>) -> Span {
    let (file, base, raw) = match &sql.origin {
        SqlOrigin::File(file) => (file, 0, file.text()),
        SqlOrigin::Inline(scalar) => (scalar.file(), scalar.range().start, scalar.text()),
    };
    if let Some(at) = raw.find(sql.text.as_str()) {
        return Span::new(file, base + at + bytes.start..base + at + bytes.end);
    }
    match in_block(raw, &sql.text, bytes.start) {
        Some(at) => Span::new(file, base + at..base + at + bytes.len()),
        None => whole(sql),
    }
}

/// Where byte `offset` of a block scalar's text stands in the block as written, which is indented and may begin
/// with its `|`. None if the lines of the two don't correspond.
fn in_block(raw: &str, text: &str, offset: usize) -> Option<usize> {
    let before = text.get(..offset)?;
    let line = before.matches('\n').count();
    let column = offset - before.rfind('\n').map_or(0, |at| at + 1);
    let wanted = text.lines().nth(line)?;
    let header = usize::from(raw.starts_with(['|', '>']));
    let mut start = 0;
    for (index, written) in raw.split_inclusive('\n').enumerate() {
        if index == line + header {
            let indent = written.trim_end_matches(['\n', '\r']).strip_suffix(wanted)?.len();
            return Some(start + indent + column);
        }
        start += written.len();
    }
    None
}

/// The word that a byte is in the beginning of; one character if it is no word; the last one if the byte is past
/// the end.
fn word_at(text: &str, offset: usize) -> Range<usize> {
    let end = text.trim_end().len();
    if offset >= end {
        let last = text.get(..end).and_then(|text| text.char_indices().next_back());
        return last.map_or(0..0, |(at, _)| at..end);
    }
    let start = (0..=offset).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let rest = text.get(start..).unwrap_or_default();
    let length = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
    start..start + length.max(rest.chars().next().map_or(0, char::len_utf8))
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use mxcp_core::source::SourceFile;

    use super::*;

    fn in_file(text: &str) -> SqlText {
        let file = SourceFile::new("sql/a.sql", text);
        SqlText { text: text.to_owned(), origin: SqlOrigin::File(file), parameters_declared: true }
    }

    /// SQL of a definition whose scalar is `raw`.
    fn inline(raw: &str, text: &str) -> SqlText {
        let yaml = format!("tool:\n  source:\n    code: {raw}\n  name: t\n");
        let at = yaml.find(raw).unwrap();
        let file = SourceFile::new("tools/a.yml", yaml.clone());
        let origin = SqlOrigin::Inline(Span::new(&file, at..at + raw.len()));
        SqlText { text: text.to_owned(), origin, parameters_declared: true }
    }

    #[test]
    fn places_in_a_file_are_its_own() {
        let sql = in_file("SELECT 1\nFORM t");
        assert_eq!(span(&sql, word_at(&sql.text, 9)).text(), "FORM");
        assert_eq!(span(&sql, word_at(&sql.text, 9)).start().line, 2);
    }

    #[test]
    fn places_in_a_plain_scalar_are_found() {
        let sql = inline("SELECT $zz AS a", "SELECT $zz AS a");
        let place = use_of(&sql, "zz");
        assert_eq!((place.text(), place.start().line, place.start().column), ("$zz", 3, 18));
    }

    #[test]
    fn places_in_a_literal_block_are_found_line_by_line() {
        let raw = "|\n      SELECT a\n\n        FROM t\n";
        let sql = inline(raw, "SELECT a\n\n  FROM t\n");
        let at = sql.text.find("FROM").unwrap();
        let place = span(&sql, word_at(&sql.text, at));
        assert_eq!((place.text(), place.start().line, place.start().column), ("FROM", 6, 9));
    }

    #[test]
    fn places_in_a_folded_block_are_the_whole_of_it() {
        let raw = ">\n      SELECT a\n      FROM t\n";
        let sql = inline(raw, "SELECT a FROM t\n");
        assert_eq!(span(&sql, 9..13).text(), raw);
    }

    #[test]
    fn a_longer_parameter_is_another_one() {
        let sql = in_file("SELECT $id_two, $id");
        assert_eq!(use_of(&sql, "id").range(), 16..19);
    }

    #[test]
    fn a_place_past_the_end_is_the_last_character() {
        assert_eq!(word_at("SELECT (\n", 9), 7..8);
        assert_eq!(word_at("", 0), 0..0);
        assert_eq!(word_at("a, b", 1), 1..2);
        assert_eq!(word_at("é", 1), 0..2);
    }

    #[test]
    fn sets_are_printed_as_python_prints_them() {
        assert_eq!(set(&[]), "set()");
        assert_eq!(set(&["a", "b"]), "{'a', 'b'}");
    }
}
