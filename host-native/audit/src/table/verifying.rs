//! Proving that nothing was changed or removed.

use sqlx::PgConnection;

use super::{Segment, Table, exists, patiently};
use crate::error::Error;
use crate::head::{Read, Signed, State};
use crate::key::PublicKey;
use crate::verify::{Checking, Reading, Verification};

impl Table {
    /// Verifies all segments. Heads have to be signed by one of `keys`; by the key whose public half is in the folder if there
    /// are none.
    pub(crate) fn verify(&self, keys: &[PublicKey]) -> Result<Verification, Error> {
        let keys = PublicKey::trusted(keys, &self.place)?;
        self.read(async |connection| {
            let segments = self.segments(connection).await?;
            let mut readings = Vec::new();
            for segment in &segments {
                readings.extend(self.check(connection, segment, &keys).await?);
            }
            for name in self.headless(connection).await? {
                let mut checking = Checking::new(name.clone(), Read::Absent, false);
                self.lines(connection, &name, &mut checking).await?;
                readings.push(checking.end());
            }
            Ok(Verification::of(readings))
        })
    }

    async fn check(
        &self,
        connection: &mut PgConnection,
        segment: &Segment,
        keys: &[PublicKey],
    ) -> Result<Option<Reading>, Error> {
        let trusted = |head: Option<Signed>| match head {
            // Rows can be copied from one segment to another, but not what is signed of them.
            Some(signed) if signed.head.segment != segment.name => {
                Read::Untrusted("its head is that of another segment")
            }
            Some(signed) => signed.checked(keys),
            None => Read::Untrusted("its head can't be read"),
        };
        let is_deleted = segment.head.as_ref().is_some_and(|signed| signed.head.state == State::Deleted);
        let is_written = !is_deleted && self.is_written(connection, &segment.name).await?;
        let mut checking = Checking::new(segment.name.clone(), trusted(segment.head.clone()), is_written);
        if self.lines(connection, &segment.name, &mut checking).await? == 0 {
            return Ok(Reading::missing(segment.name.clone(), trusted(segment.head.clone())));
        }
        Ok(Some(checking.end()))
    }

    /// Checks the lines of a segment; gives how many there are.
    async fn lines(
        &self,
        connection: &mut PgConnection,
        segment: &str,
        checking: &mut Checking,
    ) -> Result<u64, Error> {
        let (mut behind, mut count) = (0, 0);
        loop {
            let page = self.page(connection, segment, behind).await?;
            let Some((last, _)) = page.last() else { return Ok(count) };
            behind = *last;
            count += page.len() as u64;
            page.iter().for_each(|(_, line)| checking.line(line.as_bytes()));
        }
    }

    /// Segments that have records and no head.
    async fn headless(&self, connection: &mut PgConnection) -> Result<Vec<String>, Error> {
        if !exists(connection).await? {
            return Ok(Vec::new());
        }
        patiently(
            sqlx::query_scalar(
                "SELECT DISTINCT segment FROM mxcp_audit_records records WHERE log = $1 AND NOT EXISTS (SELECT 1 FROM \
                 mxcp_audit_segments heads WHERE heads.log = records.log AND heads.segment = records.segment)",
            )
            .bind(&self.log)
            .fetch_all(connection),
        )
        .await
    }

    /// Whether a server lives that writes a segment.
    pub(super) async fn is_written(
        &self,
        connection: &mut PgConnection,
        segment: &str,
    ) -> Result<bool, Error> {
        let lock = self.lock(segment);
        let free: bool = patiently(
            sqlx::query_scalar("SELECT pg_try_advisory_lock_shared(hashtextextended($1, 0))")
                .bind(&lock)
                .fetch_one(&mut *connection),
        )
        .await?;
        if free {
            let unlock = sqlx::query("SELECT pg_advisory_unlock_shared(hashtextextended($1, 0))").bind(&lock);
            patiently(unlock.execute(connection)).await?;
        }
        Ok(!free)
    }
}
