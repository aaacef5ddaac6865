//! Deleting what is too old: whole segments, when the newest record in them is.

use chrono::{DateTime, Utc};
use sqlx::{Connection as _, PgConnection};

use super::{Segment, Table, patiently};
use crate::error::Error;
use crate::head::{Head, Signed, State};
use crate::key::SigningKey;
use crate::retention::{CleanUp, days};
use crate::schema::{self, NAME, VERSION};

impl Table {
    /// Deletes segments without a record that is still to be kept, and signs that they are gone.
    pub(crate) fn clean_up(&self, key: Option<&SigningKey>, now: DateTime<Utc>) -> Result<CleanUp, Error> {
        let key = match key {
            Some(key) => Some(key.clone()),
            None => SigningKey::existing(&self.place)?,
        };
        let key =
            key.ok_or_else(|| Error::Key("there is none to sign that something is deleted".to_owned()))?;
        self.go_through(Some(&key), now)
    }

    /// What [`Table::clean_up`] would delete.
    pub(crate) fn would_clean_up(&self, now: DateTime<Utc>) -> Result<CleanUp, Error> {
        self.go_through(None, now)
    }

    /// Deletes if there is a key.
    fn go_through(&self, key: Option<&SigningKey>, now: DateTime<Utc>) -> Result<CleanUp, Error> {
        let schemas = schema::read(&self.place)?;
        let kept = schemas.get(&(NAME.to_owned(), VERSION)).and_then(|schema| schema.retention_days);
        let Some(kept) = kept else { return Ok(CleanUp::default()) };
        self.read(async |connection| {
            let mut done = CleanUp::default();
            for Segment { name, head, .. } in self.segments(connection).await? {
                let Some(signed) = head else { continue };
                let is_old = signed.head.newest.is_some_and(|newest| now - newest > days(kept));
                if signed.head.state == State::Deleted
                    || !is_old
                    || self.is_written(connection, &name).await?
                {
                    continue;
                }
                if let Some(key) = key {
                    self.delete(connection, &signed, key, now).await?;
                }
                *done.deleted.entry(format!("{NAME}:v{VERSION}")).or_default() += signed.head.records;
                done.segments.push(name);
            }
            Ok(done)
        })
    }

    async fn delete(
        &self,
        connection: &mut PgConnection,
        signed: &Signed,
        key: &SigningKey,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let segment = &signed.head.segment;
        // What another key says to be gone would only look like a gap.
        if signed.signer() != Some(key.public()) {
            return Err(Error::Key(format!(
                "the head of {segment} was signed by another, which has to sign that it is deleted"
            )));
        }
        let head = Head { state: State::Deleted, signed_at: now, ..signed.head.clone() };
        let text = Signed::of(&head, key).text();
        patiently(async {
            let mut transaction = connection.begin().await?;
            sqlx::query("DELETE FROM mxcp_audit_records WHERE log = $1 AND segment = $2")
                .bind(&self.log)
                .bind(segment)
                .execute(&mut *transaction)
                .await?;
            sqlx::query("UPDATE mxcp_audit_segments SET head = $3 WHERE log = $1 AND segment = $2")
                .bind(&self.log)
                .bind(segment)
                .bind(text)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await
        })
        .await
    }
}
