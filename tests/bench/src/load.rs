//! Calls from a number of connections at once, for a time.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

use crate::client::Client;
use crate::contender::Call;
use crate::sample;

/// How much load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Connections; each has one call in flight.
    pub(crate) connections: usize,
    /// For how long new calls begin.
    pub(crate) duration: Duration,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Measured {
    elapsed: Duration,
    /// Seconds per call, in ascending order.
    latencies: Vec<f64>,
}

impl Measured {
    /// Calls per second.
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// How many calls were made.
    pub(crate) fn calls(&self) -> usize {
        self.latencies.len()
    }

    /// The latency in seconds below which this share of the calls lies.
    pub(crate) fn latency(&self, share: f64) -> f64 {
        sample::quantile(&self.latencies, share)
    }
}

/// Puts a server under load from one thread. A wrong answer, or none, is an error.
pub(crate) fn run(address: SocketAddr, call: &Call, load: Load) -> Result<Measured> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connections = JoinSet::new();
        let begin = Instant::now();
        for _ in 0..load.connections {
            let call = call.clone();
            connections.spawn(async move { call_until(address, &call, begin + load.duration).await });
        }
        let mut latencies = Vec::new();
        while let Some(outcome) = connections.join_next().await {
            latencies.extend(outcome??);
        }
        let elapsed = begin.elapsed();
        latencies.sort_by(f64::total_cmp);
        Ok(Measured { elapsed, latencies })
    })
}

async fn call_until(address: SocketAddr, call: &Call, deadline: Instant) -> Result<Vec<f64>> {
    let mut client = Client::connect(address, call).await?;
    let mut latencies = Vec::with_capacity(64 * 1024);
    loop {
        let begin = Instant::now();
        if begin >= deadline {
            return Ok(latencies);
        }
        client.call().await?;
        latencies.push(begin.elapsed().as_secs_f64());
    }
}
