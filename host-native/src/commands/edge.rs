//! `mxcp edge`: what `mxcp build` made, on a host of our own.

use std::path::PathBuf;
use std::time::Duration;

use crate::cli::Common;
use crate::compose;
use crate::environment;
use crate::failure::{Failure, Outcome};
use crate::signals;
use crate::ui::Ui;

/// Variables that a deployed component reads.
const PREFIX: &str = "MXCP_EDGE_";

/// Arguments of `mxcp edge`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

impl Args {
    /// What every command takes.
    pub(crate) fn common(&self) -> &Common {
        let Command::Serve(args) = &self.command;
        &args.common
    }
}

/// What to do with a component.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Serve a component over HTTP.
    Serve(ServeArgs),
}

/// Arguments of `mxcp edge serve`.
#[derive(Debug, clap::Args)]
struct ServeArgs {
    /// The component, as `mxcp build --target wasi` wrote it
    file: PathBuf,
    /// Host name or address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Port; 0 for any free one
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Variable for the component, beside the MXCP_EDGE_... of the environment
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    variables: Vec<(String, String)>,
    /// Host it may send requests to, beside its origin and the issuer of its keys
    #[arg(long = "allow-host", value_name = "HOST[:PORT]")]
    hosts: Vec<String>,
    /// Most requests at a time; others wait
    #[arg(long, value_name = "NUMBER", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    concurrency: u32,
    /// Longest time of a request in seconds
    #[arg(long, default_value_t = 60)]
    timeout: u64,
    /// Most memory of a request in MiB
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    memory: usize,
    #[command(flatten)]
    common: Common,
}

fn variable(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE is expected")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Serves until a signal.
///
/// # Errors
/// The component or the address can't be used.
pub(crate) fn run(args: Args, ui: &mut Ui) -> Result<Outcome, Failure> {
    let Command::Serve(args) = args.command;
    let mut variables = environment::beginning(PREFIX);
    for (name, value) in args.variables {
        variables.retain(|(known, _)| *known != name);
        variables.push((name, value));
    }
    let options = mxcp_edge::Options {
        file: args.file,
        host: args.host,
        port: args.port,
        variables,
        hosts: args.hosts,
        concurrency: args.concurrency,
        timeout: Duration::from_secs(args.timeout),
        memory: args.memory.saturating_mul(1 << 20),
    };
    let shown = options.file.display().to_string();
    let runtime = compose::server_runtime()?;
    runtime.block_on(async {
        let shutdown = async {
            if let Err(error) = signals::end_requested().await {
                tracing::warn!(%error, "signals can't be awaited");
                std::future::pending().await
            }
        };
        let ready = |address| {
            // A reader that has gone away doesn't stop the server.
            let _ =
                ui.line(format_args!("Serving {shown} on http://{address}/mcp")).and_then(|()| ui.flush());
        };
        mxcp_edge::serve(options, shutdown, ready).await
    })?;
    Ok(Outcome::Fine)
}
