//! Running a tool that has to answer in time.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// Time between two looks at a tool that has said all it has to say and is about to end.
const PAUSE: Duration = Duration::from_millis(5);

/// What a tool came to.
pub(crate) struct Answer {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// Runs a tool without input. None if it is not done within `limit`, when it is ended.
///
/// # Errors
/// The tool can't be started or read from.
pub(crate) fn run(command: &mut Command, limit: Duration) -> io::Result<Option<Answer>> {
    let deadline = Instant::now() + limit;
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let answer = listen(&mut child, deadline);
    if !matches!(answer, Ok(Some(_))) {
        // It may have ended by itself meanwhile.
        let _ended = child.kill();
        child.wait()?;
    }
    answer
}

fn listen(child: &mut Child, deadline: Instant) -> io::Result<Option<Answer>> {
    let stdout = child.stdout.take().map(read);
    let stderr = child.stderr.take().map(read);
    let Some(stdout) = collect(stdout, deadline)? else { return Ok(None) };
    let Some(stderr) = collect(stderr, deadline)? else { return Ok(None) };
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(Answer { status, stdout, stderr }));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        thread::sleep(PAUSE);
    }
}

/// Reads to the end. The thread is left alone when time is up: what the tool has started itself may keep the pipe open.
fn read(mut pipe: impl Read + Send + 'static) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let whole = pipe.read_to_end(&mut bytes).map(|_| bytes);
        // Nobody listens any more when time was up.
        let _heard = sender.send(whole);
    });
    receiver
}

/// What was read; none if it is not whole by then.
fn collect(reader: Option<Receiver<io::Result<Vec<u8>>>>, deadline: Instant) -> io::Result<Option<Vec<u8>>> {
    let Some(reader) = reader else { return Ok(Some(Vec::new())) };
    let left = deadline.saturating_duration_since(Instant::now());
    reader.recv_timeout(left).ok().transpose()
}
