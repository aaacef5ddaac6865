//! How the machine is.

use schemars::JsonSchema;
use serde::Serialize;

/// What the machine is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SystemInfoResponse {
    /// When it was started, in seconds since 1970.
    pub(crate) boot_time_seconds: u64,
    /// How many cores its processors have.
    pub(crate) cpu_count_physical: usize,
    /// How many threads they run at a time.
    pub(crate) cpu_count_logical: usize,
    /// How much memory it has.
    pub(crate) memory_total_bytes: u64,
}

/// How busy the processors are.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CPUStatsResponse {
    /// All of them together, over a tenth of a second.
    pub(crate) percent: f64,
    /// Each of them.
    pub(crate) per_cpu_percent: Vec<f64>,
    /// How many threads ran or waited for a processor, over a minute.
    pub(crate) load_avg_1min: f64,
    /// Over five minutes.
    pub(crate) load_avg_5min: f64,
    /// Over fifteen minutes.
    pub(crate) load_avg_15min: f64,
}

/// How full the memory is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct MemoryStatsResponse {
    /// How much there is.
    pub(crate) total_bytes: u64,
    /// How much programs could still get.
    pub(crate) available_bytes: u64,
    /// How much is in use.
    pub(crate) used_bytes: u64,
    /// How much has no use at all.
    pub(crate) free_bytes: u64,
    /// How much of it programs could not get any more.
    pub(crate) percent: f64,
    /// How much swap space there is.
    pub(crate) swap_total_bytes: u64,
    /// How much of it is in use.
    pub(crate) swap_used_bytes: u64,
    /// How much is not.
    pub(crate) swap_free_bytes: u64,
    /// How full it is.
    pub(crate) swap_percent: f64,
    /// How much memory the server occupies.
    pub(crate) mxcp_process_rss_bytes: u64,
    /// How much it has asked for.
    pub(crate) mxcp_process_vms_bytes: u64,
}

/// How full the file system at `/` is, and what all disks have done since the start of the machine.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DiskStatsResponse {
    /// How much it holds.
    pub(crate) total_bytes: u64,
    /// How much is in use.
    pub(crate) used_bytes: u64,
    /// How much more the server could write.
    pub(crate) free_bytes: u64,
    /// How full it is.
    pub(crate) percent: f64,
    /// What was read.
    pub(crate) read_bytes: u64,
    /// What was written.
    pub(crate) write_bytes: u64,
    /// How often something was read.
    pub(crate) read_count: u64,
    /// How often something was written.
    pub(crate) write_count: u64,
}

/// What all network interfaces have done since the start of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct NetworkStatsResponse {
    /// What was sent.
    pub(crate) bytes_sent: u64,
    /// What was received.
    pub(crate) bytes_recv: u64,
    /// In how many packets it was sent.
    pub(crate) packets_sent: u64,
    /// In how many packets it was received.
    pub(crate) packets_recv: u64,
    /// How many could not be received.
    pub(crate) errin: u64,
    /// How many could not be sent.
    pub(crate) errout: u64,
    /// How many that came in were dropped.
    pub(crate) dropin: u64,
    /// How many that were to go out were dropped.
    pub(crate) dropout: u64,
}

/// What the server needs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ProcessStatsResponse {
    /// Its process id.
    pub(crate) pid: u32,
    /// What it does: `running`, `sleeping`, ….
    pub(crate) status: &'static str,
    /// How busy it keeps one processor, over a tenth of a second.
    pub(crate) cpu_percent: f64,
    /// How much memory it occupies.
    pub(crate) memory_rss_bytes: u64,
    /// How much it has asked for.
    pub(crate) memory_vms_bytes: u64,
    /// How many threads it has.
    pub(crate) num_threads: usize,
    /// How many files and connections it has open.
    pub(crate) num_fds: usize,
}
