//! What a call costs a whole server.

use anyhow::{Context, Result};

use super::instructions::{FEW, MANY, counted, counting};
use crate::client::Client;
use crate::contender::Contender;
use crate::process::ServerProcess;

/// Instructions of one call of a server, the first of its calls, over a connection that stays.
pub(crate) fn of_server(contender: &Contender) -> Result<f64> {
    let scratch = tempfile::tempdir()?;
    let run = |times: usize| -> Result<f64> {
        let log = scratch.path().join(times.to_string());
        let mut arguments = counting(&log)?;
        arguments.push(contender.program.to_str().context("a path")?.to_owned());
        arguments.extend(contender.arguments.iter().cloned());
        let counted_one = Contender {
            name: contender.name,
            program: "valgrind".into(),
            arguments,
            variables: contender.variables.clone(),
            folder: contender.folder.clone(),
            calls: contender.calls.clone(),
        };
        let server = ServerProcess::start(&counted_one)?;
        let call = counted_one.first_call().context("a contender without calls")?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut client = Client::connect(server.address(), call).await?;
            for _ in 0..times {
                client.call().await?;
            }
            anyhow::Ok(())
        })?;
        server.end()?;
        counted(&log)
    };
    // What a start has to do after an end that was not in order, such as reading a long audit log again, is done once.
    run(1)?;
    Ok((run(MANY)? - run(FEW)?) / (MANY - FEW) as f64)
}
