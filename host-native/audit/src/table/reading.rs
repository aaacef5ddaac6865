//! Finding records again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::thread;

use chrono::{DateTime, SecondsFormat, Utc};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use super::{Table, patiently};
use crate::error::Error;
use crate::filter::{Filter, Sieve};
use crate::reader::{Found, Malformed};
use crate::record::Record;
use crate::stats::{Counted, Stats};

/// Rows that are read at a time.
const PAGE: i64 = 2000;
/// Records that wait for whoever takes them one by one.
const WAITING: usize = 1024;

/// A row of a record.
#[derive(Debug)]
struct Line {
    segment: String,
    number: i64,
    text: String,
}

impl Line {
    fn of(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            segment: row.try_get("segment")?,
            number: row.try_get("number")?,
            text: row.try_get("line")?,
        })
    }

    /// The record, if it is wanted.
    fn read(&self, sieve: &Sieve<'_>) -> Result<Option<Record>, Malformed> {
        if !sieve.passes(self.text.as_bytes(), None) {
            return Ok(None);
        }
        sieve
            .read(self.text.as_bytes())
            .map_err(|_| Malformed { file: PathBuf::from(&self.segment), line: self.number.cast_unsigned() })
    }
}

impl Table {
    /// The records that a filter wants, newest first.
    pub(crate) fn query(&self, filter: &Filter) -> Result<Found, Error> {
        let most = filter.most();
        let (sieve, mut found) = (filter.sieve(), Found::default());
        if most == filter.offset {
            return Ok(found);
        }
        self.read(async |connection| {
            self.newest_first(connection, filter, |line| {
                match line.read(&sieve) {
                    Ok(record) => found.records.extend(record),
                    Err(malformed) => found.malformed.push(malformed),
                }
                found.records.len() < most
            })
            .await
        })?;
        Ok(found.page(filter))
    }

    /// Hands over all records that a filter wants, whatever its limit, newest first, until `take` has enough.
    pub(crate) fn each(
        &self,
        filter: &Filter,
        mut take: impl FnMut(Record) -> bool,
    ) -> Result<Vec<Malformed>, Error> {
        let (give, taken) = sync_channel(WAITING);
        let (sieve, mut malformed) = (filter.sieve(), Vec::new());
        let read = thread::scope(|scope| {
            let reading = scope.spawn(|| {
                let give = give;
                self.read(async |connection| {
                    self.newest_first(connection, filter, |line| match line.read(&sieve) {
                        Ok(Some(record)) => give.send(record).is_ok(),
                        Ok(None) => true,
                        Err(line) => {
                            malformed.push(line);
                            true
                        }
                    })
                    .await
                })
            });
            // Who has enough hears no more, and whoever speaks then notices.
            for record in taken {
                if !take(record) {
                    break;
                }
            }
            reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        read.map(|()| malformed)
    }

    /// Counts the records from one time to another, both included.
    pub(crate) fn stats(
        &self,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
    ) -> Result<Stats, Error> {
        let (filter, mut stats) = (Filter { since, until, ..Filter::default() }, Stats::default());
        self.read(async |connection| {
            self.newest_first(connection, &filter, |line| {
                if let Ok(record) = serde_json::from_str::<Counted>(&line.text) {
                    stats.count_within(record, since, until);
                }
                true
            })
            .await
        })?;
        Ok(stats)
    }

    /// Hands over rows, as long as `take` wants more. The database leaves out most that the filter does not want.
    async fn newest_first(
        &self,
        connection: &mut PgConnection,
        filter: &Filter,
        mut take: impl FnMut(&Line) -> bool,
    ) -> Result<(), Error> {
        if self.segments(connection).await?.is_empty() {
            return Ok(());
        }
        // Records are as exact as the database.
        let time = |time: Option<DateTime<Utc>>, none: &str| {
            time.map_or_else(|| none.to_owned(), |time| time.to_rfc3339_opts(SecondsFormat::Micros, true))
        };
        let (since, until) = (time(filter.since, "-infinity"), time(filter.until, "infinity"));
        let mut last = ("infinity".to_owned(), String::new(), 0);
        loop {
            let rows = patiently(
                sqlx::query(
                    "SELECT segment, number, time::text AS time, line FROM mxcp_audit_records WHERE log = $1 \
                     AND time >= $2::timestamptz AND time <= $3::timestamptz \
                     AND (cardinality($4::text[]) = 0 OR name = ANY ($4)) \
                     AND (time, segment, number) < ($5::timestamptz, $6, $7) \
                     ORDER BY time DESC, segment DESC, number DESC LIMIT $8",
                )
                .bind(&self.log)
                .bind(&since)
                .bind(&until)
                .bind(&filter.operation_names)
                .bind(&last.0)
                .bind(&last.1)
                .bind(last.2)
                .bind(PAGE)
                .fetch_all(&mut *connection),
            )
            .await?;
            for row in &rows {
                if !take(&Line::of(row)?) {
                    return Ok(());
                }
            }
            match rows.last() {
                Some(row) if rows.len() as i64 == PAGE => {
                    let line = Line::of(row)?;
                    last = (row.try_get("time")?, line.segment, line.number);
                }
                _ => return Ok(()),
            }
        }
    }

    /// The lines of a segment behind a number, in order: a page of them.
    pub(super) async fn page(
        &self,
        connection: &mut PgConnection,
        segment: &str,
        behind: i64,
    ) -> Result<Vec<(i64, String)>, Error> {
        let rows = sqlx::query(
            "SELECT segment, number, line FROM mxcp_audit_records WHERE log = $1 AND segment = $2 AND number > $3 \
             ORDER BY number LIMIT $4",
        )
        .bind(&self.log)
        .bind(segment)
        .bind(behind)
        .bind(PAGE)
        .fetch_all(connection);
        let lines = patiently(rows).await?;
        let lines = lines.iter().map(|row| Line::of(row).map(|line| (line.number, line.text)));
        Ok(lines.collect::<Result<_, _>>()?)
    }
}

/// Gives the records that came since it was last asked.
#[derive(Debug)]
pub(crate) struct TableTail {
    table: Table,
    filter: Filter,
    /// How many records of each segment have been read.
    read: BTreeMap<String, i64>,
}

impl TableTail {
    pub(crate) fn new(table: Table, filter: Filter) -> Self {
        Self { table, filter, read: BTreeMap::new() }
    }

    /// The records that came, oldest first.
    pub(crate) fn read_on(&mut self) -> Result<Found, Error> {
        let Self { table, filter, read } = self;
        let (sieve, mut found) = (filter.sieve(), Found::default());
        table.read(async |connection| {
            for segment in table.segments(connection).await? {
                let behind = read.entry(segment.name.clone()).or_default();
                while *behind < segment.records {
                    let page = table.page(connection, &segment.name, *behind).await?;
                    for (number, text) in &page {
                        let line =
                            Line { segment: segment.name.clone(), number: *number, text: text.clone() };
                        match line.read(&sieve) {
                            Ok(record) => found.records.extend(record),
                            Err(malformed) => found.malformed.push(malformed),
                        }
                    }
                    // Of a segment that was deleted there is nothing left to read.
                    *behind = page.last().map_or(segment.records, |(number, _)| *number);
                }
            }
            Ok(())
        })?;
        found.records.sort_by_key(|record| record.timestamp);
        Ok(found)
    }
}
