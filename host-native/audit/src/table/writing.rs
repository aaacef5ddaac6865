//! Adding records.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use sqlx::{Connection as _, PgConnection};
use tokio::runtime::Runtime;

use super::{TABLES, Table, patiently, runtime};
use crate::chain::Hash;
use crate::destination::{Destination, said};
use crate::error::Error;
use crate::head::{Head, Signed, State};
use crate::ids::Ids;
use crate::key::SigningKey;
use crate::segment::Extent;

/// The segments of one server in a table.
#[derive(Debug)]
pub(crate) struct Writing {
    table: Table,
    key: SigningKey,
    max_size: u64,
    runtime: Runtime,
    /// None until the next attempt, after one has failed.
    connection: Option<PgConnection>,
    segment: String,
    follows: Hash,
    /// What is in the segment, as far as the database has said so.
    extent: Extent,
    /// Whether the last answer did not come, so that nobody knows whether its records are there.
    unsure: bool,
}

/// What of a line has a column.
#[derive(Deserialize)]
struct Columns<'a> {
    timestamp: DateTime<Utc>,
    #[serde(borrow)]
    operation_name: Cow<'a, str>,
}

/// Rows by their columns.
#[derive(Debug, Default)]
struct Rows<'a> {
    numbers: Vec<i64>,
    times: Vec<String>,
    names: Vec<String>,
    lines: Vec<&'a str>,
}

impl Writing {
    /// Makes the tables if they are not there, and begins a segment that follows the newest one.
    ///
    /// # Errors
    /// The database can't be used.
    pub(super) fn open(
        table: Table,
        key: SigningKey,
        max_size: u64,
        now: DateTime<Utc>,
    ) -> Result<Self, Error> {
        let runtime = runtime()?;
        let (connection, follows) = runtime.block_on(async {
            let mut connection = table.connect().await?;
            let mut transaction = connection.begin().await?;
            // Two servers that start at a time would both make the tables.
            sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
                .bind(table.lock(""))
                .execute(&mut *transaction)
                .await?;
            sqlx::raw_sql(TABLES).execute(&mut *transaction).await?;
            let follows = newest(&table.segments(&mut transaction).await?);
            transaction.commit().await?;
            Ok::<_, Error>((connection, follows))
        })?;
        let mut writing = Self {
            table,
            key,
            max_size,
            runtime,
            connection: Some(connection),
            segment: name(now),
            follows,
            extent: Extent::empty(follows),
            unsure: false,
        };
        writing.hold()?;
        Ok(writing)
    }

    /// Has everybody know that somebody writes the segment, as long as the connection lives.
    fn hold(&mut self) -> Result<(), Error> {
        let (lock, Some(connection)) = (self.table.lock(&self.segment), &mut self.connection) else {
            return Ok(());
        };
        let held =
            sqlx::query("SELECT pg_advisory_lock(hashtextextended($1, 0))").bind(lock).execute(connection);
        self.runtime.block_on(patiently(held)).map(drop)
    }

    /// Has everybody know that nobody writes the segment any more. The database takes its time to notice that a connection
    /// was closed.
    fn release(&mut self) {
        let (lock, Some(connection)) = (self.table.lock(&self.segment), &mut self.connection) else { return };
        let released =
            sqlx::query("SELECT pg_advisory_unlock(hashtextextended($1, 0))").bind(lock).execute(connection);
        if self.runtime.block_on(patiently(released)).is_err() {
            self.connection = None;
        }
    }

    /// Connects again, if that is needed. Gives how many records the segment has, which may be more than was answered.
    fn reconnect(&mut self) -> Result<u64, Error> {
        if self.connection.is_none() {
            self.connection = Some(self.runtime.block_on(self.table.connect())?);
            self.hold()?;
        }
        if !self.unsure {
            return Ok(self.extent.records);
        }
        let Some(connection) = &mut self.connection else { return Ok(self.extent.records) };
        let segments = self.runtime.block_on(self.table.segments(connection))?;
        let own = segments.into_iter().find(|segment| segment.name == self.segment);
        let records = own.and_then(|segment| segment.head).map_or(0, |signed| signed.head.records);
        self.unsure = false;
        Ok(records.max(self.extent.records))
    }

    /// As if the last answer had not come.
    #[cfg(test)]
    pub(super) fn forget_answer(&mut self) {
        (self.connection, self.unsure) = (None, true);
        self.extent = Extent::empty(self.follows);
    }

    /// Adds rows but for those that are there, and signs how far the segment has come, both or neither.
    fn add(&mut self, text: &[u8], there: u64, extent: Extent, now: DateTime<Utc>) -> Result<(), Error> {
        let (mut numbers, mut times, mut names, mut lines) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let written = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        for (number, line) in (self.extent.records + 1..).zip(written).filter(|(number, _)| *number > there) {
            let Ok(line) = std::str::from_utf8(line) else { continue };
            let columns = serde_json::from_str::<Columns<'_>>(line).ok();
            let (time, name) =
                columns.map_or((now, Cow::Borrowed("")), |it| (it.timestamp, it.operation_name));
            times.push(text_of(time));
            // A text of the database has no such character.
            names.push(name.replace('\0', ""));
            lines.push(line);
            numbers.push(number.cast_signed());
        }
        let rows = Rows { numbers, times, names, lines };
        self.put(&rows, extent, State::Open, now)
    }

    fn put(
        &mut self,
        rows: &Rows<'_>,
        extent: Extent,
        state: State,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let Rows { numbers, times, names, lines } = rows;
        let head = extent.head(self.segment.clone(), state, self.follows, now);
        let signed = Signed::of(&head, &self.key).text();
        let newest = head.newest.map(text_of);
        let (table, segment) = (&self.table, &self.segment);
        let Some(connection) = &mut self.connection else {
            return Err(Error::Database("there is no connection".to_owned()));
        };
        self.runtime.block_on(patiently(async {
            let mut transaction = connection.begin().await?;
            if !lines.is_empty() {
                sqlx::query(
                    "INSERT INTO mxcp_audit_records (log, segment, number, time, name, line) SELECT $1, $2, number, \
                     time::timestamptz, name, line FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[]) \
                     AS rows (number, time, name, line)",
                )
                .bind(&table.log)
                .bind(segment)
                .bind(numbers)
                .bind(times)
                .bind(names)
                .bind(lines)
                .execute(&mut *transaction)
                .await?;
            }
            sqlx::query(
                "INSERT INTO mxcp_audit_segments (log, segment, records, newest, head) VALUES ($1, $2, $3, $4::timestamptz, $5) \
                 ON CONFLICT (log, segment) DO UPDATE SET records = excluded.records, newest = excluded.newest, \
                 head = excluded.head",
            )
            .bind(&table.log)
            .bind(segment)
            .bind(extent.records.cast_signed())
            .bind(newest)
            .bind(signed)
            .execute(&mut *transaction)
            .await?;
            transaction.commit().await
        }))
    }

    /// Signs that the segment gets no more records.
    fn close(&mut self, now: DateTime<Utc>) {
        if self.extent.records == 0 {
            return;
        }
        if let Err(error) = self.put(&Rows::default(), self.extent, State::Closed, now) {
            self.connection = None;
            said(&error, "it is not signed that a segment has come to its end");
        }
    }
}

impl Destination for Writing {
    fn extent(&self) -> Extent {
        self.extent
    }

    fn is_full(&self) -> bool {
        self.extent.bytes >= self.max_size
    }

    fn is_quick(&self) -> bool {
        false
    }

    fn is_gone(&self) -> bool {
        false
    }

    fn begin(&mut self, now: DateTime<Utc>) -> Result<(), Error> {
        self.close(now);
        self.release();
        self.segment = name(now);
        self.follows = self.extent.hash;
        self.extent = Extent::empty(self.follows);
        // A new connection holds what it has not.
        if self.hold().is_err() {
            self.connection = None;
        }
        Ok(())
    }

    fn append(&mut self, text: &[u8], extent: Extent, now: DateTime<Utc>) -> Result<(), Error> {
        match self.reconnect().and_then(|there| self.add(text, there, extent, now)) {
            Ok(()) => {
                self.extent = extent;
                Ok(())
            }
            Err(error) => {
                self.connection = None;
                self.unsure = true;
                Err(error)
            }
        }
    }

    fn beat(&mut self, _now: DateTime<Utc>) {}

    fn end(&mut self, now: DateTime<Utc>) {
        if self.connection.is_some() {
            self.close(now);
        }
        self.release();
        if let Some(connection) = self.connection.take() {
            drop(self.runtime.block_on(patiently(connection.close())));
        }
    }
}

/// The name of a new segment: no other server has it, however many begin one at a time.
fn name(now: DateTime<Utc>) -> String {
    format!("{}-{}", now.format("%Y%m%dT%H%M%S"), Ids::default().next())
}

fn text_of(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The end of the newest segment that has come to its end and that nobody follows. What another server still writes has no
/// end yet; and nobody knows of one whose connection is gone whether it comes back.
fn newest(segments: &[super::Segment]) -> Hash {
    let heads: Vec<&Head> = segments.iter().filter_map(|it| it.head.as_ref()).map(|it| &it.head).collect();
    let is_followed = |hash: &str| heads.iter().any(|head| head.follows == hash && head.hash != hash);
    let ends = heads.iter().rev().filter(|head| head.records > 0 && head.state == State::Closed);
    ends.filter(|head| !is_followed(&head.hash)).find_map(|head| head.last()).unwrap_or(Hash::ORIGIN)
}
