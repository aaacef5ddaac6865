//! Rates of all servers together, by the generic cell rate algorithm: all there is to remember of a party is when its calls so
//! far will have had their time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mxcp_core::call::ExceededLimit;
use mxcp_core::limits::{Limit, Rate};
use mxcp_runtime::ProcessLimiter;
use mxcp_runtime::ports::{BoxFuture, Demand, Exceeded, Limiter, Party, Place, Scope};
use sqlx::{AnyConnection, Row as _};
use tokio::time::timeout;

use super::PATIENCE;
use crate::recent::Recent;
use crate::store::database::Database;
use crate::store::{Digest, StoreError};

/// The time of the database in nanoseconds since 1970, so that servers whose clocks differ count alike.
macro_rules! now {
    () => {
        "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000000)::bigint"
    };
}

/// Counts a call of `$1` that takes `$3` of the time `$2`, if there is room for it: nothing comes back if there is not.
const COUNT: &str = concat!(
    "INSERT INTO mxcp_rates AS known (what, settled) VALUES ($1, ",
    now!(),
    " + $3) ON CONFLICT (what) DO UPDATE SET settled = GREATEST(known.settled + $3, excluded.settled) \
     WHERE known.settled + $3 <= excluded.settled - $3 + $2 RETURNING settled"
);

/// How long there will be no room.
const WAIT: &str =
    concat!("SELECT settled + $3 - $2 - ", now!(), " AS nanoseconds FROM mxcp_rates WHERE what = $1");

/// Forgets parties whose calls have had their time. Those whose calls are being counted are left alone: who counts locks more
/// than one row, and must not wait for one while it is waited for.
const SWEEP: &str = concat!(
    "DELETE FROM mxcp_rates WHERE what IN (SELECT what FROM mxcp_rates WHERE settled <= ",
    now!(),
    " FOR UPDATE SKIP LOCKED)"
);

/// Most parties of which the database is to remember the calls. If there are more, those that come under ever new addresses
/// share counts: what is held for them has an end, and they gain nothing.
const PARTIES: i64 = 200_000;

/// Most refusals that are remembered here, so that floods don't reach the database.
const REFUSED: usize = 10_000;

/// What is told to a caller whose calls can't be counted.
const SOON: Duration = Duration::from_secs(1);

/// Counts rates in the database, and calls at once in this process.
#[derive(Debug)]
pub(super) struct SharedLimiter {
    database: Database,
    project: String,
    here: ProcessLimiter,
    crowded: AtomicBool,
    begun: Instant,
    /// When there will be room again, in nanoseconds since `begun`, for those who had none: time alone makes it.
    refused: Recent<i64>,
}

/// A rate that a call is under.
#[derive(Clone, Copy)]
struct Counted {
    /// Whether it is everybody's, which comes last: its row is locked for the shortest time, and always after the others.
    is_everybodys: bool,
    what: Digest,
    /// The time of the rate and a call's share of it, in nanoseconds.
    period: i64,
    share: i64,
}

impl Counted {
    /// What a refusal is remembered by: another rate, after a reload, is refused for itself.
    fn refusal(&self) -> Digest {
        Digest::of(&format!("{}:{}:{}", self.what.hex(), self.period, self.share))
    }
}

impl SharedLimiter {
    /// Counts calls of a project.
    pub(super) fn new(database: Database, project: &str) -> Self {
        Self {
            database,
            project: project.to_owned(),
            here: ProcessLimiter::new(),
            crowded: AtomicBool::new(false),
            begun: Instant::now(),
            refused: Recent::new(REFUSED),
        }
    }

    /// Forgets parties whose calls have had their time, and says of how many.
    pub(super) async fn sweep(&self) -> Result<u64, StoreError> {
        let swept = sqlx::query(SWEEP).execute(self.database.writers()).await?;
        let left = sqlx::query("SELECT COUNT(*) AS parties FROM mxcp_rates")
            .fetch_one(self.database.readers())
            .await?;
        self.crowded.store(left.try_get::<i64, _>("parties")? > PARTIES, Ordering::Relaxed);
        Ok(swept.rows_affected())
    }

    async fn take(&self, demands: &[Demand<'_>]) -> Result<Place, Exceeded> {
        let place = self.enter_here(demands).await?;
        let mut rates: Vec<Counted> = demands.iter().filter_map(|demand| self.counted(demand)).collect();
        // All servers lock rows in this order.
        rates.sort_by_key(|rate| (rate.is_everybodys, rate.what));
        let now = self.elapsed();
        if let Some(until) = rates.iter().filter_map(|rate| self.refused.get(&rate.refusal(), now)).max() {
            return Err(exceeded(until.saturating_sub(now)));
        }
        if rates.is_empty() {
            return Ok(place);
        }
        match timeout(PATIENCE, self.count(&rates)).await {
            Ok(Ok(None)) => Ok(place),
            Ok(Ok(Some((rate, nanoseconds)))) => {
                let until = self.elapsed().saturating_add(nanoseconds);
                self.refused.put(rate.refusal(), until, until);
                Err(exceeded(nanoseconds))
            }
            Ok(Err(error)) => Err(uncounted(&error)),
            Err(_) => Err(uncounted(&"no answer in time")),
        }
    }

    /// Takes a place among the calls that run here.
    async fn enter_here(&self, demands: &[Demand<'_>]) -> Result<Place, Exceeded> {
        let limits: Vec<Limit> =
            demands.iter().map(|demand| Limit { rate: None, ..demand.limit.clone() }).collect();
        let demands: Vec<Demand<'_>> = demands
            .iter()
            .zip(&limits)
            .filter(|(_, limit)| !limit.is_none())
            .map(|(demand, limit)| Demand { limit, ..*demand })
            .collect();
        if demands.is_empty() { Ok(Place::unlimited()) } else { self.here.enter(&demands).await }
    }

    /// Counts a call under all of some rates, or under none: then it gives for which there is no room, and how long.
    async fn count(&self, rates: &[Counted]) -> Result<Option<(Counted, i64)>, StoreError> {
        if let [rate] = rates {
            let mut connection = self.database.writers().acquire().await?;
            return count_one(&mut connection, *rate).await;
        }
        let mut transaction = self.database.begin().await?;
        for rate in rates {
            if let Some(refusal) = count_one(&mut transaction, *rate).await? {
                transaction.rollback().await?;
                return Ok(Some(refusal));
            }
        }
        transaction.commit().await?;
        Ok(None)
    }

    fn counted(&self, demand: &Demand<'_>) -> Option<Counted> {
        let (period, share) = nanoseconds(demand.limit.rate?);
        let scope = match demand.scope {
            Scope::Server => "server".to_owned(),
            Scope::Endpoint(kind, name) => format!("{}:{name}", kind.as_str()),
            Scope::Registrations => "registrations".to_owned(),
            Scope::Documents => "documents".to_owned(),
        };
        let what = |who: &str| {
            let (project, scope) = (&self.project, &scope);
            Digest::of(&format!("{}:{project}{}:{scope}{who}", project.len(), scope.len()))
        };
        let what = match demand.party {
            None => what("everybody"),
            Some(Party::Local) => what("local"),
            Some(Party::User { provider, id }) => what(&format!("user:{}:{provider}{id}", provider.len())),
            Some(Party::Address(address)) if self.crowded.load(Ordering::Relaxed) => {
                let [bucket, ..] = Digest::of(&address.to_string()).0;
                what(&format!("others:{bucket}"))
            }
            Some(Party::Address(address)) => what(&format!("address:{address}")),
        };
        Some(Counted { is_everybodys: demand.party.is_none(), what, period, share })
    }

    fn elapsed(&self) -> i64 {
        i64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(i64::MAX)
    }
}

impl Limiter for SharedLimiter {
    fn enter<'a>(&'a self, demands: &'a [Demand<'a>]) -> BoxFuture<'a, Result<Place, Exceeded>> {
        Box::pin(self.take(demands))
    }
}

/// Counts a call under a rate; gives how long there will be no room if there is none.
async fn count_one(
    connection: &mut AnyConnection,
    rate: Counted,
) -> Result<Option<(Counted, i64)>, StoreError> {
    let counted = sqlx::query(COUNT).bind(rate.what.hex()).bind(rate.period).bind(rate.share);
    if !counted.fetch_all(&mut *connection).await?.is_empty() {
        return Ok(None);
    }
    let wait = sqlx::query(WAIT).bind(rate.what.hex()).bind(rate.period).bind(rate.share);
    let row = wait.fetch_optional(connection).await?;
    let nanoseconds = row.map(|row| row.try_get::<i64, _>("nanoseconds")).transpose()?;
    Ok(Some((rate, nanoseconds.unwrap_or_default().max(0))))
}

/// The time of a rate, and one call's share of it. A share is rounded down, so that all the calls fit into the time.
fn nanoseconds(rate: Rate) -> (i64, i64) {
    let period = rate.time().as_nanos();
    let share = period / u128::from(rate.calls().max(1));
    (i64::try_from(period).unwrap_or(i64::MAX / 4), i64::try_from(share).unwrap_or(i64::MAX / 4))
}

fn exceeded(nanoseconds: i64) -> Exceeded {
    let retry_after = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or_default());
    Exceeded { limit: ExceededLimit::Rate, retry_after }
}

/// Nobody knows whether there is room.
fn uncounted(problem: &dyn std::fmt::Display) -> Exceeded {
    tracing::error!(%problem, "a call can't be counted under its rate, and is refused");
    Exceeded { limit: ExceededLimit::Rate, retry_after: SOON }
}
