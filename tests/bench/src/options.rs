//! What is measured, and for how long.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// The command line of the bench.
#[derive(Debug)]
pub(crate) struct Options {
    /// Folder of the binaries.
    pub(crate) binaries: PathBuf,
    /// Root of the workspace.
    pub(crate) workspace: PathBuf,
    /// How many connections call at once, one measurement each.
    pub(crate) connections: Vec<usize>,
    /// How often every contender has its turn.
    pub(crate) rounds: usize,
    /// How long a turn is.
    pub(crate) turn: Duration,
    /// How long a contender is called before its first turn.
    pub(crate) warm_up: Duration,
    /// How often each server is started.
    pub(crate) starts: usize,
    /// How often each command is run.
    pub(crate) runs: usize,
    /// The folder of the package for Python: Python is measured in place of SQL.
    pub(crate) python: Option<PathBuf>,
    /// The folder of the components that the edge is measured with: WebAssembly is measured in place of SQL.
    pub(crate) edge: Option<PathBuf>,
    /// Who calls is measured in place of SQL.
    pub(crate) identity: bool,
    /// So many people log in and call in place of measuring.
    pub(crate) people: Option<People>,
    /// A folder of DuckDB's extensions: several servers on shared data are measured in place of SQL.
    pub(crate) replicas: Option<PathBuf>,
    /// Auditing is measured in place of SQL, with a log of so many records.
    pub(crate) audit: Option<u64>,
    /// For so long mixed calls of Python are made in place of measuring.
    pub(crate) soak: Option<Duration>,
    /// For so long everything is done at once in place of measuring.
    pub(crate) soak_all: Option<Duration>,
    /// An interpreter with the package `duckdb`, whose functions are measured beside those of plug-ins.
    pub(crate) duckdb: Option<PathBuf>,
    /// Where to write a page of all targets, in place of everything else.
    pub(crate) performance: Option<PathBuf>,
    /// A stage of a call that is gone through so often, in place of measuring: for those who count instructions.
    pub(crate) stage: Option<Repeated>,
    /// An interpreter with the package `fastmcp`, if that framework takes part.
    pub(crate) fastmcp: Option<PathBuf>,
    /// The folder of packages of the TypeScript SDK, if that takes part.
    pub(crate) sdk: Option<PathBuf>,
    /// The virtual environment of the reference implementation, if it takes part.
    pub(crate) reference: Option<PathBuf>,
    /// Only contenders whose name contains this.
    pub(crate) only: Option<String>,
}

/// Something that is done again and again.
#[derive(Clone, Debug)]
pub(crate) struct Repeated {
    /// What.
    pub(crate) name: String,
    /// How often.
    pub(crate) times: usize,
}

/// People who log in at once, and how often each of them calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct People {
    /// How many.
    pub(crate) users: usize,
    /// How many calls each.
    pub(crate) calls: usize,
}

impl Options {
    /// Reads `--binaries DIR --workspace DIR [--quick] [--rounds N] [--seconds S] [--only NAME]
    /// [--python DIR] [--edge DIR] [--identity] [--users N] [--calls N] [--replicas DIR] [--audit RECORDS]
    /// [--reference DIR] [--duckdb PYTHON] [--soak S] [--soak-all S] [--performance PAGE] [--stage NAME TIMES]
    /// [--fastmcp PYTHON] [--sdk DIR]`.
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            binaries: PathBuf::new(),
            workspace: PathBuf::new(),
            connections: vec![1, 16],
            rounds: 7,
            turn: Duration::from_secs(2),
            warm_up: Duration::from_secs(1),
            starts: 20,
            runs: 30,
            python: None,
            edge: None,
            identity: false,
            people: None,
            replicas: None,
            audit: None,
            soak: None,
            performance: None,
            stage: None,
            fastmcp: None,
            sdk: None,
            soak_all: None,
            duckdb: None,
            reference: None,
            only: None,
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("`{word}` needs a value"));
            match word.as_str() {
                "--binaries" => options.binaries = value()?.into(),
                "--workspace" => options.workspace = value()?.into(),
                "--rounds" => options.rounds = value()?.parse::<usize>()?.clamp(1, 1000),
                "--seconds" => options.turn = Duration::try_from_secs_f64(value()?.parse()?)?,
                "--python" => options.python = Some(value()?.into()),
                "--edge" => options.edge = Some(value()?.into()),
                "--audit" => options.audit = Some(value()?.parse::<u64>()?.clamp(1, 100_000_000)),
                "--replicas" => options.replicas = Some(value()?.into()),
                "--duckdb" => options.duckdb = Some(value()?.into()),
                "--soak" => options.soak = Some(Duration::try_from_secs_f64(value()?.parse()?)?),
                "--performance" => options.performance = Some(value()?.into()),
                "--stage" => options.stage = Some(Repeated { name: value()?, times: value()?.parse()? }),
                "--fastmcp" => options.fastmcp = Some(value()?.into()),
                "--sdk" => options.sdk = Some(value()?.into()),
                "--soak-all" => options.soak_all = Some(Duration::try_from_secs_f64(value()?.parse()?)?),
                "--reference" => options.reference = Some(value()?.into()),
                "--identity" => options.identity = true,
                "--users" => options.people_mut().users = value()?.parse::<usize>()?.max(1),
                "--calls" => options.people_mut().calls = value()?.parse()?,
                "--only" => options.only = Some(value()?),
                "--quick" => {
                    options.rounds = 1;
                    options.turn = Duration::from_millis(300);
                    options.warm_up = Duration::from_millis(100);
                    options.starts = 3;
                    options.runs = 3;
                }
                _ => bail!("unexpected argument `{word}`"),
            }
        }
        if options.binaries.as_os_str().is_empty() || options.workspace.as_os_str().is_empty() {
            bail!("`--binaries` and `--workspace` are needed; `cargo xtask bench` gives them");
        }
        Ok(options)
    }

    /// The people that there are to be, which are 1,000 with 100 calls each unless something else is said.
    fn people_mut(&mut self) -> &mut People {
        self.people.get_or_insert(People { users: 1000, calls: 100 })
    }

    /// Whether something of this name is to be measured.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|part| name.contains(part.as_str()))
    }
}
