//! The process of a worker, its pipes, and how it ends.

use std::io::{self, BufWriter, Read as _, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::frame;

/// Where what Python prints goes.
pub type Printed = Arc<Mutex<dyn Write + Send>>;

/// How much of what was printed last is kept, for messages.
const TAIL_BYTES: usize = 4_096;
/// How long a process may take to end by itself once its pipe is closed.
const GRACE: Duration = Duration::from_secs(3);
/// How long to wait for the rest of what it printed: its children may hold the pipe for ever.
const REST: Duration = Duration::from_millis(500);

/// A process. Dropping it leaves it alone.
#[derive(Debug)]
pub(crate) struct Process {
    child: Mutex<Child>,
    /// None once the pipe is to be closed.
    frames: Mutex<Option<mpsc::Sender<Vec<u8>>>>,
    printed: Arc<Mutex<Tail>>,
}

/// What the thread that reads hears.
pub(crate) trait Hear: Send + 'static {
    /// A frame arrived.
    fn frame(&mut self, frame: &[u8]);

    /// The process has ended.
    fn end(self, how: Ended);
}

/// How a process ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    /// `exit code 3`, `signal 9: SIGKILL`.
    pub(crate) how: String,
    /// The exit code, if it ended by itself.
    pub(crate) code: Option<i32>,
    /// What it printed last.
    pub(crate) tail: String,
}

#[derive(Debug, Default)]
struct Tail(Vec<u8>);

impl Process {
    /// Starts one; `hear` gives what listens to it, on a thread of its own.
    pub(crate) fn start<H: Hear>(
        command: &mut Command,
        folder: &Path,
        printed: Printed,
        hear: impl FnOnce(&Arc<Process>) -> H,
    ) -> io::Result<Arc<Self>> {
        command.current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
            return Err(io::Error::other("a pipe is missing"));
        };
        let (frames, to_write) = mpsc::channel();
        let process = Arc::new(Self {
            child: Mutex::new(child),
            frames: Mutex::new(Some(frames)),
            printed: Arc::default(),
        });
        let (at_end, ended) = mpsc::channel();
        let tail = Arc::clone(&process.printed);
        let sink = Arc::clone(&printed);
        spawn("python-print", move || {
            print(stderr, &sink, &tail);
            let _ = at_end.send(());
        })?;
        spawn("python-write", move || write(stdin, &to_write))?;
        let listener = hear(&process);
        let reading = Arc::clone(&process);
        spawn("python-read", move || reading.read(stdout, &printed, &ended, listener))?;
        Ok(process)
    }

    /// Sends a frame. One that is sent after the end is lost.
    pub(crate) fn send(&self, frame: Vec<u8>) {
        if let Some(frames) = &*self.frames.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = frames.send(frame);
        }
    }

    /// Closes the pipe once everything is sent, which ends a process that listens.
    pub(crate) fn close(&self) {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Ends the process, whatever it does.
    pub(crate) fn kill(&self) {
        // It fails if the process has ended, which is as good.
        let _ = self.child.lock().unwrap_or_else(PoisonError::into_inner).kill();
    }

    fn read(
        &self,
        stdout: ChildStdout,
        printed: &Printed,
        rest: &mpsc::Receiver<()>,
        mut listener: impl Hear,
    ) {
        if let Err(error) = self.read_frames(stdout, printed, &mut listener) {
            tracing::error!(%error, "the pipe of a Python worker process broke");
            self.kill();
        }
        self.close();
        let status = self.wait();
        let _ = rest.recv_timeout(REST);
        let code = status.as_ref().ok().and_then(ExitStatus::code);
        let how = status.map_or_else(|error| error.to_string(), describe);
        listener.end(Ended {
            how,
            code,
            tail: self.printed.lock().unwrap_or_else(PoisonError::into_inner).text(),
        });
    }

    fn read_frames(
        &self,
        stdout: ChildStdout,
        printed: &Printed,
        listener: &mut impl Hear,
    ) -> io::Result<()> {
        let mut pipe = io::BufReader::with_capacity(64 * 1024, stdout);
        match frame::skip_noise(&mut pipe) {
            Ok(noise) => forward(printed, &noise),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        }
        while let Some(frame) = frame::read(&mut pipe)? {
            listener.frame(&frame);
        }
        Ok(())
    }

    /// How it ended; after a while, it is made to.
    fn wait(&self) -> io::Result<ExitStatus> {
        let since = Instant::now();
        let mut pause = Duration::from_micros(200);
        loop {
            let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if since.elapsed() > GRACE {
                child.kill()?;
                return child.wait();
            }
            drop(child);
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

/// Writes frames until nobody has any more, or the process is gone: the thread that reads says so.
fn write(stdin: ChildStdin, frames: &mpsc::Receiver<Vec<u8>>) {
    let mut pipe = BufWriter::with_capacity(64 * 1024, stdin);
    for frame in frames {
        if frame::write(&mut pipe, &frame).is_err() {
            return;
        }
    }
}

/// Passes on what is printed, as it is.
fn print(mut stderr: ChildStderr, printed: &Printed, tail: &Mutex<Tail>) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match stderr.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => {
                let bytes = buffer.get(..length).unwrap_or_default();
                forward(printed, bytes);
                tail.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

fn forward(printed: &Printed, bytes: &[u8]) {
    let mut printed = printed.lock().unwrap_or_else(PoisonError::into_inner);
    // If nobody reads what is printed, the work goes on all the same.
    let _ = printed.write_all(bytes).and_then(|()| printed.flush());
}

impl Tail {
    fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes.get(bytes.len().saturating_sub(TAIL_BYTES)..).unwrap_or_default());
        let excess = self.0.len().saturating_sub(TAIL_BYTES);
        self.0.drain(..excess);
    }

    /// The last few lines.
    fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.0);
        let lines: Vec<&str> = text.trim_end().lines().collect();
        lines.get(lines.len().saturating_sub(8)..).unwrap_or_default().join("\n")
    }
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(number)) => match signal_name(number) {
            Some(name) => format!("signal {number}: {name}"),
            None => format!("signal {number}"),
        },
        (None, None) => status.to_string(),
    }
}

/// Names of signals that end processes and have the same number everywhere.
fn signal_name(number: i32) -> Option<&'static str> {
    Some(match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        _ => return None,
    })
}
