//! Instruments of a project's own code.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use mxcp_runtime::ports::{Instrument, Measurement};
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, UpDownCounter};

use super::SECONDS;
use crate::attribute;

/// Most instruments. Names that are made of data would fill the memory.
const MOST: usize = 500;

/// Instruments by name. What is measured under the name of another instrument is lost.
pub(super) struct Custom {
    meter: Meter,
    /// None for a name that can't be used.
    instruments: Mutex<BTreeMap<String, Option<Made>>>,
}

#[derive(Clone)]
enum Made {
    Counter(Counter<f64>),
    Histogram(Histogram<f64>),
    Gauge(Gauge<f64>),
    UpDownCounter(UpDownCounter<f64>),
}

impl fmt::Debug for Custom {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Custom").finish_non_exhaustive()
    }
}

impl Custom {
    pub(super) fn new(meter: Meter) -> Self {
        Self { meter, instruments: Mutex::default() }
    }

    /// Adds to the instrument of a name, which is made when it is first used.
    pub(super) fn measure(&self, measurement: Measurement) {
        let Measurement { instrument, name, value, attributes, description, unit } = measurement;
        if !value.is_finite() {
            return;
        }
        let made = {
            let mut instruments = self.instruments.lock().unwrap_or_else(PoisonError::into_inner);
            let room = instruments.len() < MOST;
            match instruments.entry(name) {
                Entry::Occupied(known) => known.get().clone(),
                Entry::Vacant(_) if !room => None,
                Entry::Vacant(new) => {
                    let made = is_free(new.key())
                        .then(|| Made::new(&self.meter, instrument, (new.key(), description, unit)));
                    if made.is_none() {
                        tracing::warn!(name = ?new.key(), "metrics can't have this name: what is measured under it is lost");
                    }
                    new.insert(made).clone()
                }
            }
        };
        let attributes = attribute::convert(attributes);
        match (made, instrument) {
            (Some(Made::Counter(counter)), Instrument::Counter) if value >= 0.0 => {
                counter.add(value, &attributes);
            }
            (Some(Made::Histogram(histogram)), Instrument::Histogram) => histogram.record(value, &attributes),
            (Some(Made::Gauge(gauge)), Instrument::Gauge) => gauge.record(value, &attributes),
            (Some(Made::UpDownCounter(counter)), Instrument::UpDownCounter) => {
                counter.add(value, &attributes);
            }
            _ => {}
        }
    }
}

impl Made {
    fn new(meter: &Meter, instrument: Instrument, (name, about, unit): (&str, String, String)) -> Self {
        let name = name.to_owned();
        match instrument {
            Instrument::Counter => {
                let counter = meter.f64_counter(name).with_description(about).with_unit(unit);
                Self::Counter(counter.build())
            }
            Instrument::Histogram => {
                let mut histogram = meter.f64_histogram(name).with_description(about);
                if unit == "s" {
                    histogram = histogram.with_boundaries(SECONDS.to_vec());
                }
                Self::Histogram(histogram.with_unit(unit).build())
            }
            Instrument::Gauge => {
                Self::Gauge(meter.f64_gauge(name).with_description(about).with_unit(unit).build())
            }
            Instrument::UpDownCounter => {
                let counter = meter.f64_up_down_counter(name).with_description(about).with_unit(unit);
                Self::UpDownCounter(counter.build())
            }
        }
    }
}

/// Whether code may use a name: one of the form that OpenTelemetry asks for, and none of the program's own.
fn is_free(name: &str) -> bool {
    let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte);
    let own = ["mxcp.", "mcp.server.", "mcp.client."];
    name.len() <= 255
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(fit)
        && !own.iter().any(|own| name.to_ascii_lowercase().starts_with(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_program_are_not_free() {
        assert!(is_free("orders.loaded") && is_free("a-b/c_1"));
        for taken in ["mxcp.up", "MXCP.up", "mcp.server.operation.duration", "", "1a", "a b", "é"] {
            assert!(!is_free(taken), "{taken}");
        }
    }
}
