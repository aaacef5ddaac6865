//! The table of everything that is no call over HTTP.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use mxcp_wasm::EngineConfig;

use crate::sample::quantile;
use crate::table::Table;

/// Figures with their units, in two tables: times and sizes.
#[derive(Debug)]
pub(crate) struct Figures {
    times: Table,
    sizes: Table,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            times: Table::new(&["time of", "p50 us", "p95 us", "number"]),
            sizes: Table::new(&["size of", "bytes", "compiled bytes"]),
        }
    }
}

impl Figures {
    /// What something took, in seconds, a number of times.
    pub(super) fn times(&mut self, of: &str, times: &[f64]) {
        let mut sorted = times.to_vec();
        sorted.sort_by(f64::total_cmp);
        let micros = |share| format!("{:.1}", quantile(&sorted, share) * 1e6);
        self.times.row([of.to_owned(), micros(0.50), micros(0.95), sorted.len().to_string()]);
    }

    /// How large files are, and the code that is compiled from them.
    pub(super) fn sizes(&mut self, files: &[(&str, PathBuf)]) -> Result<()> {
        let engine = EngineConfig::default().engine()?;
        for (of, file) in files {
            let bytes = fs::read(file).with_context(|| file.display().to_string())?;
            let compiled =
                engine.precompile_component(&bytes).or_else(|_| engine.precompile_module(&bytes))?;
            self.sizes.row([(*of).to_owned(), bytes.len().to_string(), compiled.len().to_string()]);
        }
        Ok(())
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}\n{}", self.times, self.sizes)
    }
}
