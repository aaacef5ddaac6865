//! What is asked of lists.

use std::collections::BTreeSet;

use super::super::super::choices::canonical;
use super::super::super::place::Place;
use super::super::JsonSchema;
use super::super::node::{Keyword, NodeId};
use super::{Run, Seen, size};
use crate::value::Value;

impl JsonSchema {
    pub(super) fn array<'v>(
        &self,
        keyword: &Keyword,
        items: &'v [Value],
        place: &Place<'_>,
        run: &mut Run<'_>,
        seen: Option<&mut Seen<'v>>,
    ) -> bool {
        let count = items.len() as u64;
        match keyword {
            Keyword::MinItems(least) => {
                run.require(count >= *least, place, || format!("Array must have at least {least} items"))
            }
            Keyword::MaxItems(most) => {
                run.require(count <= *most, place, || format!("Array must have at most {most} items"))
            }
            Keyword::UniqueItems => {
                let mut known = BTreeSet::new();
                let unique = items.iter().all(|item| run.spend(size(item)) && known.insert(canonical(item)));
                run.require(unique, place, || "Array must contain unique items".to_owned())
            }
            Keyword::Items { prefix, rest } => self.items(prefix, *rest, items, place, run, seen),
            Keyword::Contains { node, least, most } => {
                let fitting: Vec<usize> = items
                    .iter()
                    .enumerate()
                    .filter(|(index, item)| self.tries(*node, item, &place.item(*index, false), run, None))
                    .map(|(index, _)| index)
                    .collect();
                let found = fitting.len() as u64;
                if let Some(seen) = seen {
                    seen.items.extend(fitting);
                }
                run.require(found >= *least, place, || {
                    format!("Array must contain at least {least} items that fit `contains`")
                }) && most.is_none_or(|most| {
                    run.require(found <= most, place, || {
                        format!("Array must contain at most {most} items that fit `contains`")
                    })
                })
            }
            Keyword::UnevaluatedItems(node) => {
                let Some(seen) = seen.filter(|seen| !seen.every_item) else { return true };
                let left = items.iter().enumerate().filter(|(index, _)| !seen.items.contains(index));
                let fits = left.fold(true, |fits, (index, item)| {
                    self.judge(*node, item, &place.item(index, false), run, None) && fits
                });
                seen.every_item = true;
                fits
            }
            _ => true,
        }
    }

    fn items<'v>(
        &self,
        prefix: &[NodeId],
        rest: Option<NodeId>,
        items: &'v [Value],
        place: &Place<'_>,
        run: &mut Run<'_>,
        seen: Option<&mut Seen<'v>>,
    ) -> bool {
        let mut fits = true;
        for (index, item) in items.iter().enumerate() {
            let Some(node) = prefix.get(index).copied().or(rest) else { break };
            fits &= self.judge(node, item, &place.item(index, false), run, None);
            if run.exhausted || (!fits && run.quiet > 0) {
                return false;
            }
        }
        if let Some(seen) = seen {
            seen.every_item |= rest.is_some();
            seen.items.extend(0..prefix.len().min(items.len()));
        }
        fits
    }
}
