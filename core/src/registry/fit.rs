//! Results within the limits of their endpoint.

use std::sync::Arc;

use super::reply::Finish;
use super::{Prepared, Reply, Success};
use crate::audit::Measure;
use crate::call::CallError;
use crate::delivery::{Complete, Kept, KeptRows, Outline, Part, ResultLimits, TooLarge, Whole};
use crate::types::{ContentPlan, Type};
use crate::value::Value;

/// Bytes of the brackets of a list.
const BRACKETS: u64 = 2;

impl Reply {
    /// Keeps to the limits of the endpoint: of a list as many first rows are left as fit, and of anything else that is too
    /// large an error. Gives the complete result if it is not shown, for the host to keep.
    pub fn fit(&mut self) -> Option<Complete> {
        let endpoint = self.facts.endpoint.clone()?;
        let limits = endpoint.delivery.limits?;
        let success = self.result.as_mut().ok()?;
        let bounds = Bounds::new(limits, endpoint.result_type());
        let rows = match &success.value {
            Value::Array(rows) => Some(rows),
            _ => None,
        };
        let sizes: Vec<u64> = rows.into_iter().flatten().map(|row| Measure::of(row).bytes).collect();
        let bytes = rows.map_or_else(|| Measure::of(&success.value).bytes, |_| bytes_of(&sizes));
        let rows = rows.map(|rows| rows.len() as u64);
        if bytes <= limits.most_bytes() && rows.is_none_or(|rows| rows <= limits.most_rows()) {
            return None;
        }
        let outline = Outline {
            rows,
            bytes,
            blocks: matches!(success.content.as_deref(), Some(ContentPlan::Blocks)),
            strict: endpoint.result_type().is_some_and(|ty| ty.schema_accepts(&success.value)),
        };
        let shown = match &success.value {
            Value::Array(rows) => bounds
                .count(&sizes, rows.len() as u64, 0)
                .and_then(|count| bounds.part(rows.iter().take(count).cloned().collect(), 0, &outline)),
            _ => Err(bounds.too_large(Whole::Result, bytes)),
        };
        match shown {
            Ok((value, part)) => {
                let value = std::mem::replace(&mut success.value, value);
                success.part = Some(Box::new(part));
                Some(Complete { value, outline })
            }
            Err(error) => {
                let refused = Err(CallError::TooLarge(error));
                let complete = std::mem::replace(&mut self.result, refused);
                complete.ok().map(|success| Complete { value: success.value, outline })
            }
        }
    }

    /// Says what the host keeps of a result that is not shown as a whole.
    pub fn keep(&mut self, kept: Kept) {
        match &mut self.result {
            Ok(Success { part: Some(part), .. }) => part.kept = Some(kept),
            Err(CallError::TooLarge(error)) => error.kept = Some(kept),
            _ => {}
        }
    }
}

impl Prepared {
    /// The reply to a call that asks for more rows of a result that an earlier reply to the same call had, for the same caller:
    /// the policies on that result and its validation have been, and its rows are what they left. Nothing is run.
    #[must_use]
    pub fn follow(self, rows: Result<KeptRows, CallError>) -> Reply {
        let Finish { endpoint, facts, .. } = self.into_finish();
        let returns = endpoint.result_type();
        let result = rows.and_then(|kept| {
            let KeptRows { outline, before, mut rows } = kept;
            let limits = endpoint
                .delivery
                .limits
                .ok_or_else(|| CallError::Internal { request_id: facts.context.request_id.clone() })?;
            let bounds = Bounds::new(limits, returns);
            let sizes: Vec<u64> = rows.iter().map(|row| Measure::of(row).bytes).collect();
            let left = outline.rows.unwrap_or_default().saturating_sub(before);
            let shown = bounds.count(&sizes, left, before).and_then(|count| {
                rows.truncate(count);
                bounds.part(rows, before, &outline)
            });
            let (value, part) = shown.map_err(CallError::TooLarge)?;
            let declared = returns.and_then(Type::content_plan).cloned();
            let content = if outline.blocks { Some(Arc::new(ContentPlan::Blocks)) } else { declared };
            Ok(Success { value, typed: returns.is_some(), content, part: Some(Box::new(part)) })
        });
        Reply::showing(result, facts)
    }
}

/// Limits, and what the type of the result asks for within them.
struct Bounds<'a> {
    limits: ResultLimits,
    returns: Option<&'a Type>,
    fewest: u64,
}

impl<'a> Bounds<'a> {
    fn new(limits: ResultLimits, returns: Option<&'a Type>) -> Self {
        Self { limits, returns, fewest: returns.map_or(0, Type::fewest_items) }
    }

    /// How many rows of these sizes are shown, where `left` of them are left and there are `before` before: as many as fit, but
    /// never so many that those after them would be fewer than a list may have.
    fn count(&self, sizes: &[u64], left: u64, before: u64) -> Result<usize, Box<TooLarge>> {
        let mut bytes = BRACKETS;
        let mut count: u64 = 0;
        for size in sizes {
            bytes = bytes.saturating_add(size + u64::from(count > 0));
            if count == self.limits.most_rows() || bytes > self.limits.most_bytes() {
                break;
            }
            count += 1;
        }
        let after = left.saturating_sub(count);
        if after > 0 && after < self.fewest {
            count = left.saturating_sub(self.fewest);
        }
        let least = self.fewest.max(1);
        if count >= least {
            return Ok(usize::try_from(count).unwrap_or(usize::MAX));
        }
        let needed: Vec<u64> =
            sizes.iter().take(usize::try_from(least).unwrap_or(usize::MAX)).copied().collect();
        let what = if least == 1 { Whole::Row(before + 1) } else { Whole::Fewest(least) };
        Err(self.too_large(what, bytes_of(&needed)))
    }

    /// The rows as they are shown.
    fn part(&self, rows: Vec<Value>, before: u64, outline: &Outline) -> Result<(Value, Part), Box<TooLarge>> {
        let count = rows.len() as u64;
        let value = Value::Array(rows);
        let size = Measure::of(&value);
        if outline.strict && self.returns.is_some_and(|returns| !returns.schema_accepts(&value)) {
            return Err(self.too_large(Whole::Fewest(outline.rows.unwrap_or_default()), outline.bytes));
        }
        let part = Part {
            before,
            rows: count,
            size,
            total_rows: outline.rows.unwrap_or_default(),
            total_size: Measure::of_bytes(outline.bytes),
            kept: None,
        };
        Ok((value, part))
    }

    fn too_large(&self, what: Whole, bytes: u64) -> Box<TooLarge> {
        Box::new(TooLarge { what, size: Measure::of_bytes(bytes), limits: self.limits, kept: None })
    }
}

/// The bytes of a list of rows of these sizes.
fn bytes_of(sizes: &[u64]) -> u64 {
    let commas = (sizes.len() as u64).saturating_sub(1);
    sizes.iter().sum::<u64>() + BRACKETS + commas
}

#[cfg(test)]
mod tests;
