//! TOON, Token-Oriented Object Notation, as version 4.4 of its specification has it (<https://github.com/toon-format/spec>), with commas and
//! two spaces for a level.

mod columns;
mod scalar;

use mxcp_core::value::{Object, Value};

use self::columns::Column;
use self::scalar::{key, scalar};

/// A value as a document. The last line has no end; an empty object is no line at all.
pub(super) fn of(value: &Value) -> String {
    let mut document = Document::default();
    match value {
        Value::Array(items) => document.list(Line { level: 0, is_item: false }, "", items),
        Value::Object(object) => document.root(object),
        other => document.write(Line { level: 0, is_item: false }, &scalar(other)),
    }
    document.text
}

#[derive(Debug, Default)]
struct Document {
    text: String,
}

/// Where a line begins.
#[derive(Clone, Copy, Debug)]
struct Line {
    /// How many levels deep its content is.
    level: usize,
    /// Whether it begins an item of a list: a hyphen stands in the last level.
    is_item: bool,
}

impl Line {
    fn at(level: usize) -> Self {
        Self { level, is_item: false }
    }
}

impl Document {
    fn write(&mut self, line: Line, content: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let levels = if line.is_item { line.level.saturating_sub(1) } else { line.level };
        (0..levels).for_each(|_| self.text.push_str("  "));
        match (line.is_item, content.is_empty()) {
            (false, _) => {}
            (true, true) => self.text.push('-'),
            (true, false) => self.text.push_str("- "),
        }
        self.text.push_str(content);
    }

    fn root(&mut self, object: &Object) {
        match entries(object) {
            Some(columns) => self.keyed(Line::at(0), "", object, &columns),
            None => self.fields(Line::at(0), object),
        }
    }

    /// The fields of an object, the first of them on a line that may begin an item.
    fn fields(&mut self, first: Line, object: &Object) {
        for (index, (name, value)) in object.iter().enumerate() {
            let line = if index == 0 { first } else { Line::at(first.level) };
            self.field(line, &key(name), value);
        }
    }

    fn field(&mut self, line: Line, name: &str, value: &Value) {
        match value {
            Value::Array(items) if items.is_empty() => self.write(line, &format!("{name}: []")),
            Value::Array(items) => self.list(line, name, items),
            Value::Object(object) => match entries(object) {
                Some(columns) => self.keyed(line, name, object, &columns),
                None => {
                    self.write(line, &format!("{name}:"));
                    self.fields(Line::at(line.level + 1), object);
                }
            },
            other => self.write(line, &format!("{name}: {}", scalar(other))),
        }
    }

    /// A list that has a name, or is the whole document.
    fn list(&mut self, line: Line, name: &str, items: &[Value]) {
        if items.is_empty() {
            return self.write(line, "[]");
        }
        match rows(items) {
            Some((objects, columns)) => {
                self.write(line, &format!("{name}[{}]{{{}}}:", items.len(), columns::header(&columns)));
                for object in objects {
                    let mut cells = Vec::new();
                    columns::cells(&columns, object, &mut cells);
                    self.write(Line::at(line.level + 1), &cells.join(","));
                }
            }
            None => self.items(line, name, items, line.level + 1),
        }
    }

    /// A list whose items are values on one line, or have lines of their own at a level.
    fn items(&mut self, line: Line, name: &str, items: &[Value], level: usize) {
        let count = items.len();
        if items.iter().all(is_scalar) {
            let values: Vec<_> = items.iter().map(scalar).collect();
            let separator = if values.is_empty() { "" } else { " " };
            return self.write(line, &format!("{name}[{count}]:{separator}{}", values.join(",")));
        }
        self.write(line, &format!("{name}[{count}]:"));
        for item in items {
            // What stands behind the hyphen is one level deeper than it.
            let line = Line { level: level + 1, is_item: true };
            match item {
                // Its own items are as deep as what is behind the hyphen.
                Value::Array(items) => self.items(line, "", items, line.level),
                Value::Object(object) if object.is_empty() => self.write(line, ""),
                Value::Object(object) => self.fields(line, object),
                other => self.write(line, &scalar(other)),
            }
        }
    }

    /// An object whose values are rows.
    fn keyed(&mut self, line: Line, name: &str, object: &Object, columns: &[Column]) {
        self.write(line, &format!("{name}[{}:]{{{}}}:", object.len(), columns::header(columns)));
        for (name, row) in object.iter() {
            let mut cells = Vec::new();
            if let Some(row) = row.as_object() {
                columns::cells(columns, row, &mut cells);
            }
            self.write(Line::at(line.level + 1), &format!("{}: {}", key(name), cells.join(",")));
        }
    }
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}

/// The items of a list and their columns, if it is one of alike objects.
fn rows(items: &[Value]) -> Option<(Vec<&Object>, Vec<Column>)> {
    let objects: Vec<&Object> = items.iter().map(Value::as_object).collect::<Option<_>>()?;
    let columns = columns::of(&objects)?;
    Some((objects, columns))
}

/// The columns of an object's values, if these are several alike objects.
fn entries(object: &Object) -> Option<Vec<Column>> {
    let values: Vec<&Object> = object.iter().map(|(_, value)| value.as_object()).collect::<Option<_>>()?;
    if values.len() < 2 { None } else { columns::of(&values) }
}

#[cfg(test)]
mod tests;
