//! What can be asked, and how a server understands it.

use clap::{Subcommand, ValueEnum};

use super::Asking;

/// A question to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// The path with its parameters.
    pub(super) path: String,
    /// What of the answer is for people; all of it if none.
    pub(super) within: Option<&'static str>,
}

impl Question {
    pub(super) fn at(path: impl Into<String>) -> Self {
        Self { path: path.into(), within: None }
    }

    pub(super) fn within(self, name: &'static str) -> Self {
        Self { within: Some(name), ..self }
    }
}

/// Arguments of `mxcp admin system`.
#[derive(Debug, clap::Args)]
pub(super) struct System {
    /// What of the machine
    #[arg(value_enum)]
    part: Part,
    #[command(flatten)]
    pub(super) asking: Asking,
}

/// A part of a machine.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Part {
    Info,
    Cpu,
    Memory,
    Disk,
    Network,
    Process,
}

impl System {
    pub(super) fn question(&self) -> Question {
        let part = match self.part {
            Part::Info => "info",
            Part::Cpu => "cpu",
            Part::Memory => "memory",
            Part::Disk => "disk",
            Part::Network => "network",
            Part::Process => "process",
        };
        Question::at(format!("/system/{part}"))
    }
}

/// What is asked of the record of calls.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Show records, newest first.
    Query(Query),
    /// Count records.
    Stats(Stats),
}

/// Arguments of `mxcp admin audit query`.
#[derive(Debug, clap::Args)]
pub(super) struct Query {
    /// Name of the schema
    #[arg(long, value_name = "NAME")]
    schema_name: Option<String>,
    /// Kind of the operation
    #[arg(long, value_name = "KIND")]
    operation_type: Option<String>,
    /// Name of the operation
    #[arg(long, value_name = "NAME")]
    operation_name: Option<String>,
    /// How the operation ended
    #[arg(long, value_name = "STATUS")]
    operation_status: Option<String>,
    /// Whose operation it was
    #[arg(long, value_name = "ID")]
    user_id: Option<String>,
    /// The trace that the operation was part of
    #[arg(long, value_name = "ID")]
    trace_id: Option<String>,
    /// At most so many, up to 1000 [default: 100]
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Without so many of the newest
    #[arg(long, value_name = "N")]
    offset: Option<u64>,
    #[command(flatten)]
    period: Period,
    #[command(flatten)]
    asking: Asking,
}

/// Arguments of `mxcp admin audit stats`.
#[derive(Debug, clap::Args)]
pub(super) struct Stats {
    #[command(flatten)]
    period: Period,
    #[command(flatten)]
    asking: Asking,
}

/// Of which time.
#[derive(Debug, clap::Args)]
struct Period {
    /// Made then or later: ISO 8601, or a date
    #[arg(long, value_name = "TIME")]
    start_time: Option<String>,
    /// Made then or before
    #[arg(long, value_name = "TIME")]
    end_time: Option<String>,
}

impl Audit {
    pub(super) fn asking(&self) -> &Asking {
        match self {
            Self::Query(query) => &query.asking,
            Self::Stats(stats) => &stats.asking,
        }
    }

    pub(super) fn question(&self) -> Question {
        match self {
            Self::Query(query) => {
                let (limit, offset) =
                    (query.limit.map(|it| it.to_string()), query.offset.map(|it| it.to_string()));
                let parameters = [
                    ("schema_name", &query.schema_name),
                    ("operation_type", &query.operation_type),
                    ("operation_name", &query.operation_name),
                    ("operation_status", &query.operation_status),
                    ("user_id", &query.user_id),
                    ("trace_id", &query.trace_id),
                    ("limit", &limit),
                    ("offset", &offset),
                    ("start_time", &query.period.start_time),
                    ("end_time", &query.period.end_time),
                ];
                Question::at(address("/audit/query", &parameters)).within("records")
            }
            Self::Stats(stats) => {
                let period = &stats.period;
                let parameters = [("start_time", &period.start_time), ("end_time", &period.end_time)];
                Question::at(address("/audit/stats", &parameters))
            }
        }
    }
}

/// A path with those parameters that are given.
fn address(path: &str, parameters: &[(&str, &Option<String>)]) -> String {
    let given = parameters.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
    let query = given.map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&");
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// A text as it may stand in an address.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_given_as_addresses_have_them() {
        let (name, none) = (Some("a b&c=ü/+".to_owned()), None);
        assert_eq!(
            address("/audit/query", &[("name", &name), ("other", &none)]),
            "/audit/query?name=a%20b%26c%3D%C3%BC%2F%2B"
        );
        assert_eq!(address("/audit/stats", &[("name", &none)]), "/audit/stats");
    }
}
