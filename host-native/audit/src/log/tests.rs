use std::fs;

use mxcp_core::audit::Status;
use mxcp_core::value::Object;

use super::*;
use crate::clock::Clock;
use crate::medium::{Media, Medium};
use crate::reader::FolderReader;
use crate::testing::{options, record};
use crate::{Filter, SegmentState, Sync};

const PATIENCE: Duration = Duration::from_secs(20);

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

fn write(options: &Options, names: &[&str]) {
    let log = AuditLog::open(options).unwrap();
    runtime().block_on(async {
        for name in names {
            log.record(record(name), CallFacts::default()).await;
        }
    });
    assert_eq!(log.close(PATIENCE), 0);
}

fn names(options: &Options) -> Vec<String> {
    let found = FolderReader::new(&options.path).query(&Filter::default()).unwrap();
    assert!(found.malformed.is_empty(), "{found:?}");
    found.records.into_iter().rev().map(|record| record.operation_name).collect()
}

#[test]
fn a_record_is_in_the_file_when_its_answer_may_go_out() {
    let (_folder, mut options) = options();
    options.sync = Sync::EveryWrite;
    let log = AuditLog::open(&options).unwrap();
    runtime().block_on(async {
        for at in 0..50 {
            log.record(record(&at.to_string()), CallFacts::default()).await;
            assert_eq!(names(&options).len(), at + 1);
        }
    });
    assert_eq!(log.close(PATIENCE), 0);
}

#[test]
fn records_of_several_starts_are_one_chain() {
    let (_folder, options) = options();
    for start in ["a", "b", "c"] {
        write(&options, &[start, start]);
    }
    assert_eq!(names(&options), ["a", "a", "b", "b", "c", "c"]);
    let verified = FolderReader::new(&options.path).verify(&[]).unwrap();
    assert!(verified.is_intact(), "{verified:?}");
    assert_eq!((verified.records, verified.segments.len()), (6, 3));
    assert!(verified.segments.iter().all(|segment| segment.signed == 2), "{verified:?}");
}

#[test]
fn a_segment_that_is_long_enough_is_followed_by_another() {
    let (_folder, mut options) = options();
    options.max_file_size = 3000;
    let names: Vec<_> = (0..20).map(|at| at.to_string()).collect();
    write(&options, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let verified = FolderReader::new(&options.path).verify(&[]).unwrap();
    assert!(verified.is_intact() && verified.records == 20, "{verified:?}");
    assert!(verified.segments.len() > 4, "{verified:?}");
    assert!(verified.segments.iter().all(|segment| segment.records <= 4), "{verified:?}");
}

#[test]
fn a_log_of_nothing_leaves_no_segment() {
    let (_folder, options) = options();
    write(&options, &[]);
    let reader = FolderReader::new(&options.path);
    assert_eq!(reader.verify(&[]).unwrap().segments, []);
}

#[test]
fn a_torn_line_is_cut_off_and_the_chain_goes_on() {
    let (_folder, options) = options();
    // A server that was killed: its last head was signed before its last records, one of which is torn.
    let log = AuditLog::open(&options).unwrap();
    runtime().block_on(async {
        for name in ["a", "b"] {
            log.record(record(name), CallFacts::default()).await;
        }
    });
    let reader = FolderReader::new(&options.path);
    let path = reader.place.segments().unwrap().remove(0);
    let head = fs::read(path.with_extension("head")).unwrap();
    let text = fs::read(&path).unwrap();
    log.close(PATIENCE);
    fs::write(path.with_extension("head"), head).unwrap();
    fs::write(&path, [&text[..], b"{\"schema_name\":\"mx"].concat()).unwrap();
    assert!(!reader.verify(&[]).unwrap().is_intact());

    write(&options, &["c"]);
    assert_eq!(names(&options), ["a", "b", "c"]);
    assert_eq!(fs::read(&path).unwrap(), text);
    let verified = reader.verify(&[]).unwrap();
    assert!(verified.is_intact() && verified.records == 3, "{verified:?}");
}

#[test]
fn two_servers_in_one_folder_have_segments_of_their_own() {
    let (_folder, options) = options();
    write(&options, &["before"]);
    let (one, other) = (AuditLog::open(&options).unwrap(), AuditLog::open(&options).unwrap());
    runtime().block_on(async {
        for _ in 0..10 {
            one.record(record("one"), CallFacts::default()).await;
            other.record(record("other"), CallFacts::default()).await;
        }
    });
    let reader = FolderReader::new(&options.path);
    let open = reader.verify(&[]).unwrap();
    assert!(open.is_intact(), "{open:?}");
    assert_eq!(open.segments.iter().filter(|it| it.state == SegmentState::Open).count(), 2);
    assert_eq!((one.close(PATIENCE), other.close(PATIENCE)), (0, 0));
    write(&options, &["after"]);
    let verified = reader.verify(&[]).unwrap();
    assert!(verified.is_intact() && verified.records == 22, "{verified:?}");
}

#[test]
fn a_segment_that_somebody_removes_is_noticed_and_followed() {
    let (_folder, options) = options();
    let log = AuditLog::open(&options).unwrap();
    let runtime = runtime();
    runtime.block_on(log.record(record("lost"), CallFacts::default()));
    fs::remove_dir_all(options.path.parent().unwrap()).unwrap();
    runtime.block_on(log.record(record("kept"), CallFacts::default()));
    assert_eq!(log.close(PATIENCE), 0);
    assert_eq!(names(&options), ["kept"]);
    let verified = FolderReader::new(&options.path).verify(&[]);
    assert!(verified.is_err() || !verified.unwrap().is_intact());
}

#[test]
fn what_finds_no_room_is_dropped_and_counted_if_the_operator_wants_that() {
    let (_folder, mut options) = options();
    options.when_full = WhenFull::Drop;
    options.queue = 1;
    let log = AuditLog::open(&options).unwrap();
    runtime().block_on(async {
        for _ in 0..2000 {
            log.record(record("x"), CallFacts::default()).await;
        }
    });
    let dropped = log.dropped();
    assert_eq!(log.close(PATIENCE), 0);
    let found = FolderReader::new(&options.path).query(&Filter::default()).unwrap().records;
    let (told, kept): (Vec<_>, Vec<_>) = found.into_iter().partition(|it| it.operation_type == "server");
    let lost: u64 = told.iter().filter_map(|record| record.input_data["records"].as_u64()).sum();
    assert_eq!((kept.len() as u64 + dropped, lost), (2000, dropped));
}

#[test]
fn a_queue_with_one_place_makes_calls_wait_and_loses_nothing() {
    let (_folder, mut options) = options();
    options.queue = 1;
    let log = Arc::new(AuditLog::open(&options).unwrap());
    runtime().block_on(async {
        let calls: Vec<_> = (0..200)
            .map(|_| {
                let log = Arc::clone(&log);
                tokio::spawn(async move { log.record(record("x"), CallFacts::default()).await })
            })
            .collect();
        for call in calls {
            call.await.unwrap();
        }
    });
    assert_eq!(log.close(PATIENCE), 0);
    assert_eq!((names(&options).len(), log.dropped()), (200, 0));
}

#[test]
fn those_who_write_at_a_time_leave_no_record_behind() {
    let (_folder, mut options) = options();
    options.max_file_size = 100_000;
    let log = Arc::new(AuditLog::open(&options).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    runtime.block_on(async {
        let callers: Vec<_> = (0..16)
            .map(|_| {
                let log = Arc::clone(&log);
                // Each waits for the record before, so that one that is left behind would end this.
                tokio::spawn(async move {
                    for _ in 0..250 {
                        log.record(record("x"), CallFacts::default()).await;
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
    });
    assert_eq!(log.close(PATIENCE), 0);
    let verified = FolderReader::new(&options.path).verify(&[]).unwrap();
    assert!(verified.is_intact() && verified.records == 4000, "{:?}", verified.records);
}

#[test]
fn events_are_recorded_beside_calls() {
    let (_folder, options) = options();
    let log = AuditLog::open(&options).unwrap();
    log.event(AuditEvent {
        kind: EventKind::Server,
        name: "reload".to_owned(),
        status: Status::Success,
        user_id: None,
        error: None,
        details: Object::new(),
    });
    assert_eq!(log.close(PATIENCE), 0);
    assert_eq!(names(&options), ["reload"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_nothing_and_holds_nobody_up_as_long_as_there_is_room_in_the_queue() {
    // The limit on the size of files is the process's, so the test runs in one of its own.
    if std::env::var_os("MXCP_TEST_FULL_DISK").is_none() {
        let program = std::env::current_exe().unwrap();
        let name = std::thread::current().name().unwrap().to_owned();
        let mut command = std::process::Command::new("sh");
        // SIGXFSZ is ignored, so that writing fails instead. The unit is 512 bytes.
        command.args(["-c", "trap '' XFSZ; ulimit -S -f 40; exec \"$0\" --exact \"$1\" --nocapture"]);
        let output = command.arg(program).arg(name).env("MXCP_TEST_FULL_DISK", "1").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let (_folder, options) = options();
    let log = AuditLog::open(&options).unwrap();
    let runtime = runtime();
    runtime.block_on(async {
        for at in 0..100 {
            log.record(record(&at.to_string()), CallFacts::default()).await;
        }
    });
    let written = names(&options).len();
    assert!(written > 0 && written < 100, "{written}");
    lift_the_limit();
    assert_eq!(log.close(PATIENCE), 0);
    let all: Vec<_> = (0..100).map(|at: i32| at.to_string()).collect();
    assert_eq!(names(&options), all);
    let verified = FolderReader::new(&options.path).verify(&[]).unwrap();
    assert!(verified.is_intact() && verified.records == 100, "{verified:?}");
}

/// The soft limit may be raised as far as the hard one.
#[cfg(target_os = "linux")]
fn lift_the_limit() {
    let pid = std::process::id().to_string();
    let done =
        std::process::Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited:unlimited"]).status();
    assert!(done.unwrap().success());
}

/// A disk that takes nothing until it is let go, and says when it is asked to.
#[derive(Debug)]
struct Slow {
    file: fs::File,
    gate: Arc<Gate>,
}

#[derive(Debug, Default)]
struct Gate {
    asked: std::sync::atomic::AtomicBool,
    open: Mutex<bool>,
    opened: std::sync::Condvar,
}

impl Gate {
    /// A log whose files stand behind it.
    fn before(self: &Arc<Self>, options: &mut Options) {
        let gate = Arc::clone(self);
        options.medium = Media::new(move |file| Box::new(Slow { file, gate: Arc::clone(&gate) }));
    }

    fn wait_until_asked(&self) {
        while !self.asked.load(Ordering::SeqCst) {
            thread::yield_now();
        }
    }

    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

impl Medium for Slow {
    fn write_at(&mut self, bytes: &[u8], at: u64) -> std::io::Result<()> {
        self.gate.asked.store(true, Ordering::SeqCst);
        let open = self.gate.open.lock().unwrap();
        drop(self.gate.opened.wait_while(open, |open| !*open).unwrap());
        self.file.write_at(bytes, at)
    }

    fn cut(&mut self, at: u64) -> std::io::Result<()> {
        self.file.cut(at)
    }

    fn keep(&mut self) -> std::io::Result<()> {
        self.file.keep()
    }

    fn is_gone(&self) -> bool {
        Medium::is_gone(&self.file)
    }
}

#[test]
fn a_slow_disk_holds_answers_back_until_their_records_are_written() {
    let (_folder, mut options) = options();
    options.queue = 8;
    let gate = Arc::<Gate>::default();
    gate.before(&mut options);
    let log = Arc::new(AuditLog::open(&options).unwrap());
    let runtime = runtime();
    let calls: Vec<_> = (0..40)
        .map(|at: i32| {
            let log = Arc::clone(&log);
            runtime.spawn(async move { log.record(record(&at.to_string()), CallFacts::default()).await })
        })
        .collect();
    gate.wait_until_asked();
    assert!(calls.iter().all(|call| !call.is_finished()));
    assert_eq!(names(&options).len(), 0);
    gate.open();
    runtime.block_on(async {
        for call in calls {
            call.await.unwrap();
        }
    });
    assert_eq!((names(&options).len(), log.dropped()), (40, 0));
    assert_eq!(log.close(PATIENCE), 0);
}

#[test]
fn a_slow_disk_holds_nobody_up_if_the_operator_wants_that_and_what_is_lost_is_counted() {
    let (_folder, mut options) = options();
    (options.queue, options.when_full) = (8, WhenFull::Drop);
    let gate = Arc::<Gate>::default();
    gate.before(&mut options);
    let log = AuditLog::open(&options).unwrap();
    let runtime = runtime();
    // Each of these is answered while the disk takes nothing.
    runtime.block_on(log.record(record("x"), CallFacts::default()));
    gate.wait_until_asked();
    for _ in 0..99 {
        runtime.block_on(log.record(record("x"), CallFacts::default()));
    }
    assert_eq!(log.dropped(), 92);
    gate.open();
    assert_eq!(log.close(PATIENCE), 0);
    let (told, kept): (Vec<_>, Vec<_>) =
        names(&options).into_iter().partition(|name| name == "audit_records_dropped");
    assert_eq!((told.len(), kept.len()), (1, 8));
}

#[test]
fn a_clock_that_jumps_breaks_neither_the_chain_nor_what_is_found_or_kept() {
    let (_folder, mut options) = options();
    let time = Arc::new(std::sync::atomic::AtomicI64::new(0));
    let told = Arc::clone(&time);
    options.clock = Clock::new(move || {
        chrono::DateTime::from_timestamp(told.load(Ordering::SeqCst), 0).unwrap_or_default()
    });
    options.max_file_size = 1500;
    let days = |days: i64| 1_800_000_000 + days * 86_400;
    // Forwards by years, back again, and back before the first record; in one server and over several.
    let jumps = [0, 0, 2000, 0, 1, -300, 2];
    for starts in [&jumps[..4], &jumps[4..]] {
        time.store(days(starts[0]), Ordering::SeqCst);
        let log = AuditLog::open(&options).unwrap();
        for jump in starts {
            time.store(days(*jump), Ordering::SeqCst);
            runtime().block_on(log.record(record(&jump.to_string()), CallFacts::default()));
        }
        assert_eq!(log.close(PATIENCE), 0);
    }
    let reader = FolderReader::new(&options.path);
    let verified = reader.verify(&[]).unwrap();
    assert!(verified.is_intact() && verified.records == 7, "{verified:?}");
    assert!(verified.segments.len() > 2, "{verified:?}");
    assert_eq!(names(&options), ["-300", "0", "0", "0", "1", "2", "2000"]);
    let since = chrono::DateTime::from_timestamp(days(1), 0);
    let found = reader.query(&Filter { since, ..Filter::default() }).unwrap().records;
    assert_eq!(found.len(), 3, "{found:?}");
    // What is old goes; a segment with a record of the future stays.
    let now = chrono::DateTime::from_timestamp(days(200), 0).unwrap();
    reader.clean_up(None, now).unwrap();
    assert!(names(&options).contains(&"2000".to_owned()) && !names(&options).contains(&"-300".to_owned()));
    assert!(reader.verify(&[]).unwrap().is_intact());
}
