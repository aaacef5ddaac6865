//! How many calls there may be. The core knows what is declared; hosts count.

mod rate;

pub use rate::{Rate, RateError};

use std::time::Duration;

use crate::diagnostic::{Code, Diagnostic};
use crate::schema;
use crate::yaml::{DocPath, Report};

/// The longest time of a call whose definition says nothing, and of any that its client waits for.
pub const CALL_TIME: Duration = Duration::from_secs(300);

/// How many calls there may be: of all users together, and of each of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Of all together.
    pub everybody: Limit,
    /// Of each.
    pub each: Limit,
}

/// How many calls there may be of whoever it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// Most in a time; none: any number.
    pub rate: Option<Rate>,
    /// Most at once; none: any number.
    pub concurrency: Option<u32>,
}

impl Limits {
    /// Whether there may be any number of calls.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.everybody.is_none() && self.each.is_none()
    }

    /// Gives what is written at `path` its meaning; what has none is reported.
    pub(crate) fn lower(written: Option<&schema::Limits>, path: &DocPath, report: &mut Report<'_>) -> Self {
        let Some(written) = written else { return Self::default() };
        let each = written.per_user.as_ref();
        let path_of_each = path.key("per_user");
        Self {
            everybody: Limit::lower((written.rate.as_deref(), written.concurrency), path, report),
            each: Limit::lower(
                (each.and_then(|each| each.rate.as_deref()), each.and_then(|each| each.concurrency)),
                &path_of_each,
                report,
            ),
        }
    }
}

impl Limit {
    /// Whether there may be any number of calls.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.rate.is_none() && self.concurrency.is_none()
    }

    fn lower(
        (rate, concurrency): (Option<&str>, Option<u32>),
        path: &DocPath,
        report: &mut Report<'_>,
    ) -> Self {
        let rate = rate.and_then(|text| match Rate::parse(text) {
            Ok(rate) => Some(rate),
            Err(error) => {
                let help = "write the number of calls and a time, as in `60/minute`, `5/10s` or `1000/day`";
                let diagnostic = Diagnostic::error(Code::InvalidValue, error.to_string()).help(help);
                report.add(&path.key("rate"), diagnostic);
                None
            }
        });
        if concurrency == Some(0) {
            let problem = "Input should be greater than or equal to 1";
            report.error(Code::InvalidValue, &path.key("concurrency"), problem);
        }
        Self { rate, concurrency }
    }
}
