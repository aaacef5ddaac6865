//! Metrics as text that Prometheus reads (exposition format 0.0.4).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use opentelemetry::{Key, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, HistogramDataPoint, Metric, MetricData, ResourceMetrics,
};

/// Everything that was measured.
pub(crate) fn text(metrics: &ResourceMetrics) -> String {
    let mut page = Page::default();
    page.target(metrics.resource());
    for metric in metrics.scope_metrics().flat_map(|scope| scope.metrics()) {
        match metric.data() {
            AggregatedMetrics::F64(data) => page.metric(metric, data, |value| value),
            // Counts are far below what a float can't hold exactly.
            AggregatedMetrics::U64(data) => page.metric(metric, data, |value| value as f64),
            AggregatedMetrics::I64(data) => page.metric(metric, data, |value| value as f64),
        }
    }
    page.text
}

#[derive(Debug, Default)]
struct Page {
    text: String,
    /// Names that are taken: a reader refuses a page with one name twice.
    families: BTreeSet<String>,
}

impl Page {
    /// What the numbers are of.
    fn target(&mut self, resource: &Resource) {
        let labels = labels_of(resource.iter());
        if self.begin("target_info", "gauge", "What the metrics are of") {
            self.sample("target_info", &labels, None, 1.0);
        }
    }

    fn metric<T: Copy>(&mut self, metric: &Metric, data: &MetricData<T>, number: fn(T) -> f64) {
        let name = name(metric.name());
        let unit = unit(metric.unit());
        let name = if unit.is_empty() || name.ends_with(unit) { name } else { format!("{name}{unit}") };
        let about = metric.description();
        match data {
            MetricData::Sum(sum) => {
                let (name, kind) = if sum.is_monotonic() {
                    (if name.ends_with("_total") { name } else { format!("{name}_total") }, "counter")
                } else {
                    (name, "gauge")
                };
                if self.begin(&name, kind, about) {
                    for point in sum.data_points() {
                        self.sample(&name, &labels(point.attributes()), None, number(point.value()));
                    }
                }
            }
            MetricData::Gauge(gauge) => {
                if self.begin(&name, "gauge", about) {
                    for point in gauge.data_points() {
                        self.sample(&name, &labels(point.attributes()), None, number(point.value()));
                    }
                }
            }
            MetricData::Histogram(histogram) => {
                if self.begin(&name, "histogram", about) {
                    for point in histogram.data_points() {
                        self.distribution(&name, point, number);
                    }
                }
            }
            // Nobody asks for such ones.
            MetricData::ExponentialHistogram(_) => {}
        }
    }

    fn distribution<T: Copy>(&mut self, name: &str, point: &HistogramDataPoint<T>, number: fn(T) -> f64) {
        let labels = labels(point.attributes());
        let bucket = format!("{name}_bucket");
        let mut below = 0;
        let mut counts = point.bucket_counts();
        for (bound, count) in point.bounds().zip(counts.by_ref()) {
            below += count;
            self.sample(&bucket, &labels, Some(&float(bound)), below as f64);
        }
        self.sample(&bucket, &labels, Some("+Inf"), point.count() as f64);
        self.sample(&format!("{name}_sum"), &labels, None, number(point.sum()));
        self.sample(&format!("{name}_count"), &labels, None, point.count() as f64);
    }

    /// Begins a metric, unless its name is taken.
    fn begin(&mut self, name: &str, kind: &str, about: &str) -> bool {
        if !self.families.insert(name.to_owned()) {
            return false;
        }
        // Writing to a text never fails.
        if !about.is_empty() {
            let about = about.replace('\\', "\\\\").replace('\n', "\\n");
            let _ = writeln!(self.text, "# HELP {name} {about}");
        }
        let _ = writeln!(self.text, "# TYPE {name} {kind}");
        true
    }

    fn sample(&mut self, name: &str, labels: &BTreeMap<String, String>, bucket: Option<&str>, value: f64) {
        self.text.push_str(name);
        let bucket = bucket.map(|bound| ("le", bound));
        let labels = labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).chain(bucket);
        let mut open = false;
        for (key, value) in labels {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.text, "{}{key}=\"{value}\"", if open { "," } else { "{" });
            open = true;
        }
        if open {
            self.text.push('}');
        }
        let _ = writeln!(self.text, " {}", float(value));
    }
}

fn labels<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> BTreeMap<String, String> {
    labels_of(attributes.map(|pair| (&pair.key, &pair.value)))
}

/// Labels by name. Where two names become one, both values are told.
fn labels_of<'a>(attributes: impl Iterator<Item = (&'a Key, &'a Value)>) -> BTreeMap<String, String> {
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    for (key, value) in attributes {
        let mut key = name(key.as_str());
        // `le` is the bound of a bucket, and two underscores are what Prometheus marks its own labels with.
        if key == "le" || key.starts_with("__") {
            key.insert_str(0, "label_");
        }
        let value: Cow<'_, str> = value.as_str();
        labels
            .entry(key)
            .and_modify(|told| {
                told.push(';');
                told.push_str(&value);
            })
            .or_insert_with(|| value.clone().into_owned());
    }
    labels
}

/// A name with nothing in it that names can't have.
fn name(name: &str) -> String {
    let fit = |character: char| if character.is_ascii_alphanumeric() { character } else { '_' };
    let name: String = name.chars().map(fit).collect();
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// What is added to the name of a metric in a unit.
fn unit(unit: &str) -> &'static str {
    match unit {
        "s" => "_seconds",
        "ms" => "_milliseconds",
        "us" => "_microseconds",
        "ns" => "_nanoseconds",
        "By" => "_bytes",
        _ => "",
    }
}

fn float(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_only_what_names_can_have() {
        assert_eq!(name("mxcp.endpoint.requests_total"), "mxcp_endpoint_requests_total");
        assert_eq!(name("2 é"), "_2__");
        assert_eq!((float(0.5), float(3.0), float(f64::INFINITY)), ("0.5".into(), "3".into(), "+Inf".into()));
    }

    #[test]
    fn names_that_become_one_keep_both_values() {
        let pairs = [KeyValue::new("a.b", "1"), KeyValue::new("a-b", "2"), KeyValue::new("le", "x")];
        let labels = labels(pairs.iter());
        assert_eq!(labels.get("a_b").map(String::as_str), Some("1;2"));
        assert_eq!(labels.get("label_le").map(String::as_str), Some("x"));
    }
}
