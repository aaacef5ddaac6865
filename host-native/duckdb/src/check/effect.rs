//! What statements change for those after them.

/// What a statement may change that others are bound by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Nothing,
    /// Variables of the connection, which have types.
    Variables,
    /// Definitions (tables and so on) that the statement names.
    Named,
    /// Definitions of any name, or where names are looked up.
    Definitions,
    /// Any of these, and files.
    Anything,
}

/// What the statements before one may have changed, none of which ran.
#[derive(Debug, Default)]
pub(super) struct Changes {
    variables: bool,
    definitions: bool,
    files: bool,
    /// The statements that name what they define, in small letters.
    naming: String,
}

/// Settings that say how a statement runs, and nothing about what it means.
const PLAIN_SETTINGS: [&str; 13] = [
    "default_null_order",
    "default_order",
    "enable_progress_bar",
    "external_threads",
    "max_memory",
    "max_temp_directory_size",
    "memory_limit",
    "null_order",
    "preserve_insertion_order",
    "temp_directory",
    "threads",
    "timezone",
    "worker_threads",
];

impl Effect {
    /// That of a statement, by how it begins. What is not known may change anything.
    pub(super) fn of(statement: &str) -> Self {
        let mut words = statement.split(|char| !is_word(char)).filter(|word| !word.is_empty());
        let mut next = || words.next().unwrap_or_default().to_ascii_lowercase();
        match next().as_str() {
            "select" | "from" | "with" | "values" | "insert" | "update" | "delete" | "merge" => Self::Nothing,
            "begin" | "start" | "commit" | "end" | "rollback" | "abort" => Self::Nothing,
            "set" | "reset" => {
                let mut name = next();
                if matches!(name.as_str(), "global" | "session" | "local") {
                    name = next();
                }
                match name.as_str() {
                    "variable" => Self::Variables,
                    name if PLAIN_SETTINGS.contains(&name) => Self::Nothing,
                    _ => Self::Anything,
                }
            }
            "create" | "alter" | "drop" => {
                // A secret may come behind `OR REPLACE TEMPORARY`. It opens files, under a name that nobody writes.
                if words.take(4).any(|word| word.eq_ignore_ascii_case("secret")) {
                    Self::Anything
                } else {
                    Self::Named
                }
            }
            "use" | "load" | "install" | "attach" | "detach" => Self::Definitions,
            _ => Self::Anything,
        }
    }
}

impl Changes {
    /// Adds those by a statement; its text, if that is known.
    pub(super) fn add(&mut self, effect: Effect, statement: Option<&str>) {
        match (effect, statement) {
            (Effect::Nothing, _) => {}
            (Effect::Variables, _) => self.variables = true,
            (Effect::Named, Some(statement)) => {
                self.naming.push_str(&statement.to_lowercase());
                self.naming.push('\n');
            }
            (Effect::Named, None) | (Effect::Definitions, _) => self.definitions = true,
            (Effect::Anything, _) => {
                self.variables = true;
                self.definitions = true;
                self.files = true;
            }
        }
    }

    /// Whether DuckDB is sure to say the same about a statement once they are made.
    pub(super) fn leave(&self, message: &str, statement: Option<&str>) -> bool {
        let is_of_names = message.starts_with("Catalog Error");
        let is_of_types = message.starts_with("Binder Error");
        let is_of_files = message.starts_with("IO Error") || message.starts_with("HTTP Error");
        if self.files && is_of_files || self.definitions && (is_of_names || is_of_types) {
            return false;
        }
        if self.variables && (is_of_types || reads_variables(statement)) {
            return false;
        }
        if !self.naming.is_empty() && (is_of_names || is_of_types) {
            return missing_name(message).is_some_and(|name| !self.naming.contains(&name.to_lowercase()));
        }
        true
    }
}

/// Whether a statement may have values of variables in it, as far as its text tells.
fn reads_variables(statement: Option<&str>) -> bool {
    statement.is_none_or(|statement| statement.to_ascii_lowercase().contains("getvariable"))
}

/// The name that is defined nowhere, where DuckDB says no more than that and writes it as statements do.
fn missing_name(message: &str) -> Option<&str> {
    let line = message.lines().next()?.strip_prefix("Catalog Error: ")?;
    let (_, rest) = line.split_once(" with name ")?;
    let (name, _) = rest.split_once(" does not exist!")?;
    (!name.is_empty() && name.chars().all(is_word)).then_some(name)
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a message about the last of some statements holds.
    fn holds(before: &[&str], statement: &str, message: &str) -> bool {
        let mut changes = Changes::default();
        for statement in before {
            changes.add(Effect::of(statement), Some(statement));
        }
        changes.leave(message, Some(statement))
    }

    const NO_TABLE: &str = "Catalog Error: Table with name Made does not exist!\nDid you mean \"pg_views\"?";
    const NO_COLUMN: &str = "Binder Error: Referenced column \"i\" not found in FROM clause!";
    const NO_FILE: &str = "IO Error: No files found that match the pattern \"o.csv\"";

    #[test]
    fn statements_that_define_nothing_change_nothing() {
        for before in
            ["SET threads=1", "set session Threads TO 1", "RESET memory_limit", "BEGIN", "(select 1)"]
        {
            for message in [NO_TABLE, NO_COLUMN, NO_FILE] {
                assert!(holds(&[before], "SELECT i FROM made", message), "{before}: {message}");
            }
        }
    }

    #[test]
    fn names_that_nobody_defines_are_missed() {
        for before in ["CREATE TABLE other (i INT)", "create or replace macro f(x) AS x", "DROP TABLE t"] {
            assert!(holds(&[before], "FROM made", NO_TABLE), "{before}");
            assert!(!holds(&[before], "FROM made", NO_COLUMN), "{before}");
        }
        for before in ["CREATE TEMP TABLE MADE AS SELECT 1", "ALTER TABLE t RENAME TO \"made\""] {
            assert!(!holds(&[before, "BEGIN"], "FROM made", NO_TABLE), "{before}");
        }
        let of_schema =
            "Catalog Error: Table with name \"s.t\" does not exist because schema \"s\" does not exist.";
        assert!(!holds(&["CREATE SCHEMA s"], "FROM s.t", of_schema));
    }

    #[test]
    fn what_says_where_names_are_looked_up_may_define_any() {
        for before in ["USE s", "SET search_path='s'", "SET schema = 's'", "LOAD spatial", "ATTACH 'a.db'"] {
            assert!(!holds(&[before], "FROM made", NO_TABLE), "{before}");
            assert!(!holds(&[before], "FROM made", NO_COLUMN), "{before}");
        }
    }

    #[test]
    fn types_of_variables_are_not_known() {
        let before = ["SET VARIABLE v = {'i': 1}"];
        assert!(holds(&before, "FROM made", NO_TABLE));
        assert!(!holds(&before, "FROM m()", NO_COLUMN));
        assert!(!holds(&before, "FROM query_table(GetVariable('v'))", NO_TABLE));
    }

    #[test]
    fn files_that_are_written_are_not_missed() {
        for before in ["COPY (SELECT 1) TO 'o.csv'", "SET file_search_path='a'", "CREATE SECRET (TYPE s3)"] {
            assert!(!holds(&[before], "FROM 'o.csv'", NO_FILE), "{before}");
        }
        assert!(holds(&["CREATE TABLE t (i INT)"], "FROM 'o.csv'", NO_FILE));
        assert!(holds(&["COPY t TO 'o.csv'"], "SELECT 1 // 0", "Conversion Error: no"));
    }
}
