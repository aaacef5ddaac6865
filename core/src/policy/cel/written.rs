//! Parts of a condition in the words of its author.

use cel_interpreter::IdedExpr;
use cel_interpreter::common::ast::{EntryExpr, Expr};

use super::parse::Parsed;
use crate::policy::limits;

impl Parsed {
    /// What the author wrote for a part of the tree; all of it where nobody can say.
    pub(in crate::policy) fn text(&self, part: &IdedExpr) -> &str {
        let whole = self.source.trim();
        let Some((mut start, mut end)) = self.extent(part) else { return whole };
        // The tree knows nothing of brackets, but their pairs stay together.
        let pairs = limits::brackets(&self.source);
        loop {
            let before = (start, end);
            for &(open, close) in &pairs {
                let inside = |at: usize| (start..end).contains(&at);
                if inside(open) != inside(close) {
                    (start, end) = (start.min(open), end.max(close + 1));
                }
            }
            if before == (start, end) {
                return self.source.get(start..end).map_or(whole, str::trim);
            }
        }
    }

    /// The first and the last byte that the tokens of a part are known to stand at.
    fn extent(&self, part: &IdedExpr) -> Option<(usize, usize)> {
        let mut extent = self.token(part.id);
        let mut add = |inner: &IdedExpr| {
            extent = match (extent, self.extent(inner)) {
                (Some((start, end)), Some((first, last))) => Some((start.min(first), end.max(last))),
                (known, other) => known.or(other),
            };
        };
        match &part.expr {
            Expr::Select(select) => add(&select.operand),
            Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).for_each(add),
            Expr::List(list) => list.elements.iter().for_each(add),
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        add(&entry.key);
                        add(&entry.value);
                    }
                }
            }
            Expr::Ident(_)
            | Expr::Literal(_)
            | Expr::Comprehension(_)
            | Expr::Struct(_)
            | Expr::Unspecified => {}
        }
        extent
    }
}
