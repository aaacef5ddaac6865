//! What models use and cost.

use std::ops::AddAssign;

use serde::Serialize;

use crate::model::Price;

/// What requests used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Usage {
    /// How many answers were given.
    pub requests: u64,
    /// Tokens sent, as the service counts them.
    pub input_tokens: u64,
    /// Tokens written by the model.
    pub output_tokens: u64,
    /// What that costs; none unless the user file has a price for everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
}

impl Usage {
    /// One answer.
    pub(crate) fn of_answer(input_tokens: u64, output_tokens: u64, price: Option<Price>) -> Self {
        let cost = price.map(|price| price.of(input_tokens, output_tokens));
        Self { requests: 1, input_tokens, output_tokens, cost }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.cost = match (self.requests, other.requests) {
            (0, _) => other.cost,
            (_, 0) => self.cost,
            // A sum of which a part is not known would be taken for the whole.
            _ => self.cost.zip(other.cost).map(|(one, other)| one + other),
        };
        self.requests += other.requests;
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_price_makes_the_sum_unknown() {
        let price = Some(Price { input: 2.0, output: 10.0 });
        let mut sum = Usage::default();
        sum += Usage::of_answer(500_000, 100_000, price);
        sum += Usage::of_answer(500_000, 0, price);
        assert_eq!(
            sum,
            Usage { requests: 2, input_tokens: 1_000_000, output_tokens: 100_000, cost: Some(3.0) }
        );
        sum += Usage::default();
        assert_eq!(sum.cost, Some(3.0));
        sum += Usage::of_answer(1, 1, None);
        assert_eq!((sum.requests, sum.cost), (3, None));
    }
}
