//! Leaving out rows that would be dropped anyway.
//!
//! Rules about rows are expressions of CEL, which has the last word. A query that yields many rows of which few are let
//! out is wrapped, so that DuckDB only yields those that may be: `SELECT * FROM (<query>) WHERE <predicate>`. The
//! predicate is true for every row that CEL would keep, and for every row on which it would fail, since that is
//! counted. So wherever SQL and CEL may disagree, nothing is asked: about columns of other types than those of
//! [`ColumnType`], about values of other kinds than the column's, about numbers that a double can't tell apart.
//!
//! Values are bound, never written into the text.

mod column;
mod predicate;

use std::sync::Arc;

use mxcp_core::policy::{Comparison, RowTest};
use mxcp_core::value::Value;

pub(crate) use self::column::{Column, ColumnType};
use self::predicate::Predicate;

/// Start of the names of the values that are bound besides the query's own.
const PREFIX: &str = "mxcp_row_";

/// Most comparisons in a predicate: beyond, it costs more than it saves.
const LARGEST: usize = 500;

/// A query with a predicate around it.
#[derive(Debug)]
pub(crate) struct Wrapped {
    /// The text.
    pub(crate) text: String,
    /// What is bound besides the query's own values, by name.
    pub(crate) values: Vec<(Arc<str>, Value)>,
}

/// What a test may come to, as predicates that are true for the rows on which it may.
struct Outcomes {
    yes: Predicate,
    no: Predicate,
    fails: Predicate,
}

/// Wraps a query; none if every row of it may be wanted. `tests` are asked one after the other.
pub(crate) fn wrap(query: &str, columns: &[Column], tests: &[RowTest]) -> Option<Wrapped> {
    let mut writer = Writer { columns, values: Vec::new() };
    let mut wanted = Predicate::True;
    for test in tests.iter().rev() {
        let Outcomes { yes, fails, .. } = writer.test(test);
        wanted = Predicate::or(fails, Predicate::and(yes, wanted));
    }
    if wanted == Predicate::True || wanted.size() > LARGEST {
        return None;
    }
    let names = (0..columns.len()).map(name_of).collect::<Vec<_>>().join(", ");
    // The query may end with a comment.
    let text = format!("SELECT * FROM (\n{query}\n) AS mxcp_rows({names}) WHERE {wanted}");
    let used = |(name, _): &(Arc<str>, Value)| wanted.mentions(name);
    Some(Wrapped { values: writer.values.into_iter().filter(used).collect(), text })
}

/// What a column is called around the query, where its own name need not be unique.
fn name_of(index: usize) -> String {
    format!("c{index}")
}

struct Writer<'a> {
    columns: &'a [Column],
    values: Vec<(Arc<str>, Value)>,
}

impl Writer<'_> {
    fn test(&mut self, test: &RowTest) -> Outcomes {
        match test {
            RowTest::Known(Some(value)) => Outcomes::always(*value),
            RowTest::Known(None) => Outcomes::failing(),
            RowTest::Opaque => Outcomes::any(),
            RowTest::Not(inner) => self.test(inner).negated(),
            RowTest::All(parts) => self.all(parts),
            // As De Morgan has it.
            RowTest::Any(parts) => {
                let mut any = Outcomes::always(false);
                for part in parts {
                    let part = self.test(part);
                    any = any.negated().and(part.negated()).negated().within_reason();
                }
                any
            }
            RowTest::Choice(parts) => {
                let [condition, then, otherwise] = &**parts;
                let [condition, then, otherwise] = [condition, then, otherwise].map(|part| self.test(part));
                condition.choose(then, otherwise).within_reason()
            }
            RowTest::Compare { column, by, to } => match self.column(column) {
                Some((name, kind)) => self.compare(&name, kind, *by, to),
                None => Outcomes::failing(),
            },
            RowTest::In { column, of } => match self.column(column) {
                Some((name, kind)) => of.iter().fold(Outcomes::always(false), |any, value| {
                    let part = self.compare(&name, kind, Comparison::Equal, value);
                    any.negated().and(part.negated()).negated()
                }),
                None => Outcomes::failing(),
            },
            RowTest::Column(column) => match self.column(column) {
                Some((name, ColumnType::Boolean)) => Outcomes {
                    yes: Predicate::leaf(name.clone()),
                    no: Predicate::leaf(format!("NOT {name}")),
                    fails: Predicate::leaf(format!("{name} IS NULL")),
                },
                Some((_, ColumnType::Other)) => Outcomes::any(),
                Some(_) | None => Outcomes::failing(),
            },
        }
    }

    fn all(&mut self, parts: &[RowTest]) -> Outcomes {
        let mut all = Outcomes::always(true);
        for part in parts {
            all = all.and(self.test(part)).within_reason();
        }
        all
    }

    /// A column by the name that rows have it under.
    fn column(&self, name: &str) -> Option<(String, ColumnType)> {
        let index = self.columns.iter().position(|column| &*column.name == name)?;
        self.columns.get(index).map(|column| (name_of(index), column.kind))
    }

    fn compare(&mut self, name: &str, kind: ColumnType, by: Comparison, to: &Value) -> Outcomes {
        let is_equality = matches!(by, Comparison::Equal | Comparison::NotEqual);
        let equal = match kind.pair(to) {
            column::Pair::Unsure => return Outcomes::any(),
            column::Pair::Different if !is_equality => return Outcomes::failing(),
            column::Pair::Different => Outcomes::always(false),
            column::Pair::Null if !is_equality => return Outcomes::failing(),
            column::Pair::Null => Outcomes {
                yes: Predicate::leaf(kind.is_null(name)),
                no: Predicate::leaf(format!("NOT ({})", kind.is_null(name))),
                fails: Predicate::False,
            },
            column::Pair::Comparable { column, bound, cast } => {
                let column = column.replace('#', name);
                let value = format!("${}::{cast}", self.bind(bound));
                if !is_equality {
                    return ordered(&column, by, &value, kind.is_null(name));
                }
                Outcomes {
                    yes: Predicate::leaf(format!("{column} = {value}")),
                    no: Predicate::leaf(format!("{column} IS DISTINCT FROM {value}")),
                    fails: Predicate::False,
                }
            }
        };
        if by == Comparison::Equal { equal } else { equal.negated() }
    }

    fn bind(&mut self, value: Value) -> Arc<str> {
        let name: Arc<str> = format!("{PREFIX}{}_", self.values.len()).into();
        self.values.push((Arc::clone(&name), value));
        name
    }
}

/// `<` and its kin, which fail on null.
fn ordered(column: &str, by: Comparison, value: &str, is_null: String) -> Outcomes {
    let (yes, no) = match by {
        Comparison::Less => ("<", ">="),
        Comparison::LessOrEqual => ("<=", ">"),
        Comparison::Greater => (">", "<="),
        _ => (">=", "<"),
    };
    Outcomes {
        yes: Predicate::leaf(format!("{column} {yes} {value}")),
        no: Predicate::leaf(format!("{column} {no} {value}")),
        fails: Predicate::leaf(is_null),
    }
}

impl Outcomes {
    fn always(value: bool) -> Self {
        let (yes, no) =
            if value { (Predicate::True, Predicate::False) } else { (Predicate::False, Predicate::True) };
        Self { yes, no, fails: Predicate::False }
    }

    fn failing() -> Self {
        Self { yes: Predicate::False, no: Predicate::False, fails: Predicate::True }
    }

    fn any() -> Self {
        Self { yes: Predicate::True, no: Predicate::True, fails: Predicate::True }
    }

    /// The same, unless that is so much that it is better not to ask: parts stand in it several times, so it may grow faster
    /// than the expression.
    fn within_reason(self) -> Self {
        let size: usize = [&self.yes, &self.no, &self.fails].map(Predicate::size).into_iter().sum();
        if size > LARGEST { Self::any() } else { self }
    }

    fn negated(self) -> Self {
        Self { yes: self.no, no: self.yes, fails: self.fails }
    }

    /// Both: false on one side decides, whatever is on the other; otherwise an error stays one.
    fn and(self, other: Self) -> Self {
        let fails = Predicate::or(
            Predicate::and(self.fails.clone(), Predicate::or(other.yes.clone(), other.fails.clone())),
            Predicate::and(self.yes.clone(), other.fails),
        );
        Self { yes: Predicate::and(self.yes, other.yes), no: Predicate::or(self.no, other.no), fails }
    }

    /// `self ? then : otherwise`.
    fn choose(self, then: Self, otherwise: Self) -> Self {
        let either = |then, otherwise| {
            Predicate::or(Predicate::and(self.yes.clone(), then), Predicate::and(self.no.clone(), otherwise))
        };
        Self {
            yes: either(then.yes, otherwise.yes),
            no: either(then.no, otherwise.no),
            fails: Predicate::or(self.fails.clone(), either(then.fails, otherwise.fails)),
        }
    }
}

#[cfg(test)]
mod tests;
