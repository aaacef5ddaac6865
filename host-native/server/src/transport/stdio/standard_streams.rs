//! Keeping the protocol apart from what else is read and printed in this process.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;

/// Turns standard output to standard error, and takes standard input away: programs that a tool starts inherit both, and would
/// write into the protocol or read from it. To be called when the protocol has pipes opened for itself, which it has where
/// both streams are pipes; others stay as they are.
///
/// # Errors
/// The system refuses.
pub(super) fn leave() -> io::Result<()> {
    if is_pipe(io::stdin())? && is_pipe(io::stdout())? {
        rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
        rustix::stdio::dup2_stdout(io::stderr())?;
    }
    Ok(())
}

fn is_pipe(stream: impl AsFd) -> io::Result<bool> {
    let file = File::from(stream.as_fd().try_clone_to_owned()?);
    Ok(file.metadata()?.file_type().is_fifo())
}
