//! Figures drawn from a set of measurements.

/// The middle one; NaN of none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, 0.5)
}

/// The least; NaN of none.
pub(crate) fn least(values: &[f64]) -> f64 {
    values.iter().copied().min_by(f64::total_cmp).unwrap_or(f64::NAN)
}

/// The value below which a share of the sorted values lies; NaN of none.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let place = (last as f64 * share).round() as usize;
    sorted.get(place.min(last)).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::{least, median, quantile};

    #[test]
    fn draws_the_middle_and_the_edges() {
        let values = [5.0, 1.0, 3.0];
        assert_eq!((median(&values), least(&values)), (3.0, 1.0));
        let sorted: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!((quantile(&sorted, 0.95), quantile(&sorted, 1.0)), (95.0, 100.0));
    }

    #[test]
    fn says_that_there_is_nothing() {
        assert!(median(&[]).is_nan() && least(&[]).is_nan());
    }
}
