//! Where complete results are kept of which callers are shown a part.

use std::sync::Arc;

use anyhow::Context as _;
use mxcp_auth::store::Shared;
use mxcp_duckdb::FileExporter;
use mxcp_results::{Options, Results};
use mxcp_runtime::Pipeline;

use crate::failure::Failure;
use crate::project::Project;

/// Most bytes of all that is kept.
const MOST_BYTES: u64 = 1 << 30;

/// The same pipeline, which keeps results. What leads to them is sealed with the key that servers share, if they do.
///
/// # Errors
/// There is no randomness to make a key of.
pub(crate) fn keeping_results(
    pipeline: Pipeline,
    project: &Project,
    shared: Option<&Shared>,
) -> Result<Pipeline, Failure> {
    let Some(folder) = project.results_folder() else {
        tracing::info!("there is no folder for complete results: set MXCP_RESULTS_FOLDER to keep them");
        return Ok(pipeline);
    };
    let given = project.state_key().map(|key| key.reveal().as_bytes());
    let common = shared.map(|shared| shared.state_key().as_slice());
    let key = given.or(common).map(<[u8]>::to_vec);
    let options = Options { folder, key, most_bytes: MOST_BYTES };
    let results = Results::new(options, Arc::new(FileExporter)).context("results can't be kept")?;
    Ok(pipeline.with_results(Arc::new(results)))
}
