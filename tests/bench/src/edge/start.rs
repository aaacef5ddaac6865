//! How long it takes from opening the files of a built project to its first answer.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use mxcp_edge::Options;
use tokio::sync::oneshot;

use super::contenders::readability;
use super::figures::Figures;
use crate::client::Client;

/// Measures it in this process, so that the start of a program is no part of it. The code is in the cache.
pub(super) fn measure(figures: &mut Figures, count: usize, file: &Path) -> Result<()> {
    // Compiles it, if nobody has.
    let _first = first_answer(file)?;
    let times: Vec<f64> = (0..count).map(|_| first_answer(file)).collect::<Result<_>>()?;
    figures.times("a built project, from opening its files to its first answer", &times);
    Ok(())
}

fn first_answer(file: &Path) -> Result<f64> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let options = Options {
        file: file.to_owned(),
        host: "127.0.0.1".to_owned(),
        port: 0,
        variables: vec![("MXCP_EDGE_ANONYMOUS".to_owned(), "true".to_owned())],
        hosts: Vec::new(),
        concurrency: 1024,
        timeout: Duration::from_secs(60),
        memory: 256 << 20,
    };
    let call = readability();
    runtime.block_on(async {
        let (end, ended) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let begin = Instant::now();
        let serving = tokio::spawn(mxcp_edge::serve(options, async { drop(ended.await) }, |address| {
            let _ = tell.send(address);
        }));
        let address = match told.await {
            Ok(address) => address,
            Err(_) => return Err(serving.await?.err().context("it ended without an error")?.into()),
        };
        Client::connect(address, &call).await?.call().await?;
        let elapsed = begin.elapsed().as_secs_f64();
        let _ = end.send(());
        serving.await??;
        Ok(elapsed)
    })
}
