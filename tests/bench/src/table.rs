//! Aligned text.

use std::fmt;

/// A table: the first two columns are names when they hold no numbers, all others are right-aligned.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with its headings.
    pub(crate) fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|&heading| heading.to_owned()).collect()] }
    }

    /// One more row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether a column holds a number in its first row below the heading.
    fn is_numeric(&self, column: usize) -> bool {
        self.rows.get(1).and_then(|row| row.get(column)).is_some_and(|cell| cell.parse::<f64>().is_ok())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.first().map_or(0, Vec::len);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                self.rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0)
            })
            .collect();
        for row in &self.rows {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let cell = if self.is_numeric(column) {
                    format!("{cell:>width$}")
                } else {
                    format!("{cell:<width$}")
                };
                line.push_str(&cell);
                line.push_str("  ");
            }
            writeln!(formatter, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn aligns_names_left_and_numbers_right() {
        let mut table = Table::new(&["server", "ms"]);
        table.row(["a".to_owned(), "10.25".to_owned()]);
        table.row(["longer name".to_owned(), "1.00".to_owned()]);
        assert_eq!(table.to_string(), "server          ms\na            10.25\nlonger name   1.00\n");
    }
}
