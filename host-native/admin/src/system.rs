//! How the machine is, as Linux tells it in `/proc`. Nothing here blocks the threads that answer.

mod disk;
mod memory;
mod network;
mod process;
mod processors;

use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use self::process::Usage;
use self::processors::Times;
use crate::answers::{
    CPUStatsResponse, DiskStatsResponse, MemoryStatsResponse, NetworkStatsResponse, ProcessStatsResponse,
    SystemInfoResponse,
};

/// Over which time it is looked how busy something is.
const SAMPLE: Duration = Duration::from_millis(100);

/// What the machine is.
pub(crate) async fn info() -> io::Result<SystemInfoResponse> {
    blocking(|| {
        let (stat, cpuinfo) = (read("/proc/stat")?, read("/proc/cpuinfo")?);
        let logical = Times::of(&stat).each.len();
        Ok(SystemInfoResponse {
            boot_time_seconds: processors::boot_time(&stat).unwrap_or_default(),
            cpu_count_physical: processors::cores(&cpuinfo).unwrap_or(logical),
            cpu_count_logical: logical,
            memory_total_bytes: memory::figures(&read("/proc/meminfo")?, "").total_bytes,
        })
    })
    .await
}

/// How busy the processors are.
pub(crate) async fn cpu() -> io::Result<CPUStatsResponse> {
    let before = blocking(|| read("/proc/stat")).await?;
    sleep(SAMPLE).await;
    blocking(move || {
        let (before, after) = (Times::of(&before), Times::of(&read("/proc/stat")?));
        let load = processors::load(&read("/proc/loadavg")?);
        Ok(CPUStatsResponse {
            percent: after.all.busy_since(before.all),
            per_cpu_percent: after
                .each
                .iter()
                .zip(&before.each)
                .map(|(now, then)| now.busy_since(*then))
                .collect(),
            load_avg_1min: load[0],
            load_avg_5min: load[1],
            load_avg_15min: load[2],
        })
    })
    .await
}

/// How full the memory is.
pub(crate) async fn memory() -> io::Result<MemoryStatsResponse> {
    blocking(|| Ok(memory::figures(&read("/proc/meminfo")?, &read("/proc/self/status")?))).await
}

/// How full the disk is.
pub(crate) async fn disk() -> io::Result<DiskStatsResponse> {
    blocking(disk::figures).await
}

/// What the network has done.
pub(crate) async fn network() -> io::Result<NetworkStatsResponse> {
    blocking(|| Ok(network::figures(&read("/proc/self/net/dev")?))).await
}

/// What this process needs.
pub(crate) async fn process() -> io::Result<ProcessStatsResponse> {
    let (before, begun) = (blocking(Usage::now).await?, Instant::now());
    sleep(SAMPLE).await;
    blocking(move || {
        let now = Usage::now()?;
        process::figures(
            &now,
            percent((now.seconds - before.seconds).max(0.0), begun.elapsed().as_secs_f64()),
        )
    })
    .await
}

/// Reads files where that holds nobody up.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await?
}

fn read(path: &str) -> io::Result<String> {
    std::fs::read_to_string(path).map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")))
}

/// One tenth of a percent is as exact as it gets.
fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole * 1000.0).round() / 10.0 } else { 0.0 }
}

/// As [`percent`], of sizes.
fn percent_of(part: u64, whole: u64) -> f64 {
    percent(part as f64, whole as f64)
}
