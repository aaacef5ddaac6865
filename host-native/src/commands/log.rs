//! `mxcp log`: what was recorded of calls. Creates nothing but what it is asked to export.

mod export;
mod follow;
mod line;
mod since;
mod verify;

use chrono::Utc;
use clap::{Subcommand, ValueEnum};
use mxcp_audit::{AuditReader, Decision, Filter, Malformed};
use serde::Serialize;

use self::export::Export;
use self::line::Shown;
use crate::cli::Common;
use crate::compose;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::project::Project;
use crate::ui::{Output, ResultDocument, Ui};

/// Arguments of `mxcp log`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Records of this tool. Several of --tool, --resource and --prompt find the records of each
    #[arg(long, value_name = "NAME")]
    tool: Vec<String>,
    /// Records of this resource, by its URI template
    #[arg(long, value_name = "URI")]
    resource: Vec<String>,
    /// Records of this prompt
    #[arg(long, value_name = "NAME")]
    prompt: Vec<String>,
    /// Records of this kind
    #[arg(long = "type", value_enum)]
    kind: Option<Kind>,
    /// Records of calls that ended so
    #[arg(long, value_enum)]
    status: Option<Status>,
    /// Records of calls that policies decided so; n/a: of calls without policies
    #[arg(long, value_enum)]
    policy: Option<Policy>,
    /// Records of this user
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// Records of this trace
    #[arg(long, value_name = "ID")]
    trace: Option<String>,
    /// Records of the last seconds, minutes, hours or days: 10m, 2h, 1d
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Most records to show, the newest; exports have all
    #[arg(long, value_name = "NUMBER", default_value_t = 100, allow_negative_numbers = true)]
    limit: i64,
    /// Go on showing records as they are written
    #[arg(long, conflicts_with_all = ["export_csv", "export_duckdb", "export_parquet", "export_ocsf"])]
    follow: bool,
    #[command(flatten)]
    export: Export,
    /// Print one JSON document; one in each line with --follow
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

/// What else can be done with the log.
#[derive(Debug, Subcommand)]
enum Command {
    /// Prove that no record was changed or removed.
    Verify(verify::Args),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Tool,
    Resource,
    Prompt,
    Authentication,
    Admin,
    Server,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Status {
    Success,
    Error,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Policy {
    Allow,
    Deny,
    Warn,
    Ask,
    #[value(name = "n/a")]
    None,
}

/// The records that were asked for.
#[derive(Debug, Serialize)]
struct Listing<'a> {
    count: usize,
    records: Vec<Shown<'a>>,
}

impl Args {
    /// Whether the result is printed for programs.
    pub(crate) fn json(&self) -> bool {
        match &self.command {
            Some(Command::Verify(args)) => args.json,
            None => self.json,
        }
    }

    /// What every command takes.
    pub(crate) fn common(&self) -> &Common {
        match &self.command {
            Some(Command::Verify(args)) => &args.common,
            None => &self.common,
        }
    }

    fn filter(&self) -> Result<Filter, Failure> {
        // Whatever is given stands for all of its kind.
        let text = |value: &dyn Fn() -> Option<clap::builder::PossibleValue>| {
            value().map(|it| it.get_name().to_owned())
        };
        let since = self.since.as_deref().map(since::parse).transpose()?;
        Ok(Filter {
            schema_name: None,
            since: since.and_then(|ago| Utc::now().checked_sub_signed(ago)),
            until: None,
            operation_type: text(&|| self.kind?.to_possible_value()),
            operation_names: [&self.tool, &self.resource, &self.prompt]
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
            operation_status: text(&|| self.status?.to_possible_value()),
            decision: self.policy.map(|policy| match policy {
                Policy::None => Decision::None,
                policy => Decision::Is(
                    policy.to_possible_value().map(|it| it.get_name().to_owned()).unwrap_or_default(),
                ),
            }),
            user_id: self.user.clone(),
            session_id: None,
            trace_id: self.trace.clone(),
            offset: 0,
            limit: Some(usize::try_from(self.limit).unwrap_or(0)),
        })
    }
}

/// Shows records, exports them, or verifies the log.
///
/// # Errors
/// The options can't be used, there is no project, calls are not recorded, or the log can't be read.
pub(crate) fn run(args: &Args, environment: &Environment, ui: &mut Ui) -> Result<Outcome, Failure> {
    let project = Project::find_without_user(args.common(), environment)?;
    ui.findings(&project.warnings)?;
    let reader = reader(&project)?;
    if let Some(Command::Verify(args)) = &args.command {
        return verify::run(args, &project, &reader, ui);
    }
    let filter = args.filter()?;
    if let Some((path, format)) = args.export.target() {
        return export::run(&reader, &Filter { limit: None, ..filter }, path, format, ui);
    }
    if args.follow {
        return follow::run(reader, filter, ui);
    }
    let found = reader.query(&filter)?;
    warn(&found.malformed, ui)?;
    match ui.output() {
        Output::Json => {
            let records: Vec<_> = found.records.iter().map(Shown::of).collect();
            ui.document(&ResultDocument::new(Listing { count: records.len(), records }))?;
        }
        Output::Human if found.records.is_empty() => {
            ui.line("No audit records found matching the criteria.")?;
        }
        Output::Human => {
            ui.heading("Audit Log")?;
            ui.line(line::RULE)?;
            for record in &found.records {
                line::show(record, args.common.debug, ui)?;
            }
            ui.line(line::RULE)?;
            ui.line(format_args!("Total records: {}", found.records.len()))?;
        }
    }
    Ok(Outcome::Fine)
}

/// Reads the log of the profile.
fn reader(project: &Project) -> Result<AuditReader, Failure> {
    let Project { profile, site, .. } = project;
    match compose::audit_reader(project)? {
        Some(reader) => Ok(reader),
        None if !site.mentions(profile) => Err(unknown_profile(profile)),
        None => Err(Failure::message(format!(
            "Audit logging is not enabled for profile '{profile}'. Enable it in mxcp-site.yml under profiles.{profile}.audit.enabled"
        ))),
    }
}

/// Nothing is recorded of a profile that there isn't.
pub(super) fn unknown_profile(profile: &str) -> Failure {
    Failure::advised(
        format!("Profile '{profile}' not found in configuration"),
        "mxcp-site.yml has no such profile: correct `--profile` or `MXCP_PROFILE`, or declare it under `profiles`",
    )
}

/// Says which lines were passed over.
fn warn(malformed: &[Malformed], ui: &mut Ui) -> Result<(), Failure> {
    for Malformed { file, line } in malformed {
        ui.remark(format_args!("Warning: {}, line {line}: no audit record", file.display()))?;
    }
    Ok(())
}
