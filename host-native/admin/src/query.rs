//! The parameters of questions about what was recorded.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde_json::json;
use url::form_urlencoded;

use crate::audit::AuditFilter;
use crate::problem::{InvalidParameter, Problem};

/// How many records are given unless it is said.
pub(crate) const LIMIT: i64 = 100;

/// How many are given at most.
pub(crate) const MOST: i64 = 1000;

/// The parameters of an address. The last of several with one name counts.
#[derive(Debug)]
pub(crate) struct Parameters {
    values: BTreeMap<String, String>,
    problems: Vec<InvalidParameter>,
}

/// From when and until when; without an end where there is none.
pub(crate) type Period = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

impl Parameters {
    /// The parameters in the query part of an address.
    pub(crate) fn of(query: &str) -> Self {
        let values = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { values, problems: Vec::new() }
    }

    /// Which records are asked for.
    pub(crate) fn filter(mut self) -> Result<AuditFilter, Problem> {
        let filter = AuditFilter {
            schema_name: self.text("schema_name"),
            start: self.moment("start_time"),
            end: self.moment("end_time"),
            operation_type: self.text("operation_type"),
            operation_name: self.text("operation_name"),
            operation_status: self.text("operation_status"),
            user_id: self.text("user_id"),
            trace_id: self.text("trace_id"),
            limit: self.number("limit", LIMIT, 1, MOST),
            offset: self.number("offset", 0, 0, i64::MAX),
        };
        self.checked(filter)
    }

    /// Of which time records are counted.
    pub(crate) fn period(mut self) -> Result<Period, Problem> {
        let period = (self.moment("start_time"), self.moment("end_time"));
        self.checked(period)
    }

    fn checked<T>(self, read: T) -> Result<T, Problem> {
        if self.problems.is_empty() { Ok(read) } else { Err(Problem::Parameters(self.problems)) }
    }

    fn text(&mut self, name: &str) -> Option<String> {
        self.values.remove(name)
    }

    fn moment(&mut self, name: &'static str) -> Option<DateTime<Utc>> {
        let written = self.text(name)?;
        let moment = moment(&written);
        if moment.is_none() {
            let msg = "Input should be a valid datetime or date".to_owned();
            let loc = ["query", name];
            self.problems.push(InvalidParameter {
                kind: "datetime_from_date_parsing",
                loc,
                msg,
                input: written,
                ctx: None,
            });
        }
        moment
    }

    fn number(&mut self, name: &'static str, default: i64, least: i64, most: i64) -> usize {
        let Some(written) = self.text(name) else { return usize::try_from(default).unwrap_or_default() };
        let loc = ["query", name];
        let (kind, msg, ctx) = match written.trim().parse::<i64>() {
            Ok(number) if number < least => {
                let msg = format!("Input should be greater than or equal to {least}");
                ("greater_than_equal", msg, Some(json!({ "ge": least })))
            }
            Ok(number) if number > most => {
                let msg = format!("Input should be less than or equal to {most}");
                ("less_than_equal", msg, Some(json!({ "le": most })))
            }
            Ok(number) => return usize::try_from(number).unwrap_or_default(),
            Err(_) => {
                let msg = "Input should be a valid integer, unable to parse string as an integer";
                ("int_parsing", msg.to_owned(), None)
            }
        };
        self.problems.push(InvalidParameter { kind, loc, msg, input: written, ctx });
        0
    }
}

/// A moment as ISO 8601 writes it, in UTC unless it says otherwise; a date is its first moment.
fn moment(written: &str) -> Option<DateTime<Utc>> {
    let written = written.trim();
    // A plus sign that nobody has encoded is a blank.
    let joined = match written.rsplit_once(' ') {
        Some((time, zone)) if zone.len() == 5 && time.contains(['T', ' ']) => format!("{time}+{zone}"),
        _ => written.to_owned(),
    };
    if let Ok(moment) = DateTime::parse_from_rfc3339(&joined) {
        return Some(moment.with_timezone(&Utc));
    }
    let local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let local = local.iter().find_map(|form| NaiveDateTime::parse_from_str(written, form).ok());
    let date =
        || NaiveDate::parse_from_str(written, "%Y-%m-%d").ok().map(|date| date.and_time(NaiveTime::MIN));
    local.or_else(date).map(|local| local.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(query: &str) -> Vec<InvalidParameter> {
        match Parameters::of(query).filter() {
            Err(Problem::Parameters(problems)) => problems,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_filter_has_what_is_asked_for_and_defaults() {
        let filter =
            Parameters::of("operation_name=x%20y&user_id=a&user_id=b&limit=5&other=1").filter().unwrap();
        let expected = AuditFilter {
            operation_name: Some("x y".to_owned()),
            user_id: Some("b".to_owned()),
            limit: 5,
            ..AuditFilter::default()
        };
        assert_eq!(filter, expected);
        assert_eq!(Parameters::of("").filter().unwrap().limit, 100);
    }

    #[test]
    fn bounds_are_kept() {
        let problem = problems("limit=0").remove(0);
        assert_eq!((problem.kind, problem.loc), ("greater_than_equal", ["query", "limit"]));
        assert_eq!(problem.msg, "Input should be greater than or equal to 1");
        assert_eq!((problem.input.as_str(), problem.ctx), ("0", Some(json!({ "ge": 1 }))));
        let kinds: Vec<_> =
            problems("limit=1001&offset=-1&start_time=soon").into_iter().map(|it| it.kind).collect();
        assert_eq!(kinds, ["datetime_from_date_parsing", "less_than_equal", "greater_than_equal"]);
        assert_eq!(problems("limit=many").remove(0).kind, "int_parsing");
    }

    #[test]
    fn moments_are_in_utc_unless_they_say_otherwise() {
        let read = |text: &str| moment(text).map(|moment| moment.to_rfc3339());
        let noon = Some("2026-01-15T12:00:00+00:00".to_owned());
        for text in [
            "2026-01-15T12:00:00Z",
            "2026-01-15T13:00:00+01:00",
            "2026-01-15T13:00:00 01:00",
            "2026-01-15T12:00:00",
            "2026-01-15 12:00:00.000",
            "2026-01-15T12:00",
        ] {
            assert_eq!(read(text), noon, "{text}");
        }
        assert_eq!(read("2026-01-15"), Some("2026-01-15T00:00:00+00:00".to_owned()));
        assert_eq!(read("15.1.2026"), None);
    }
}
