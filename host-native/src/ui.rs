//! Everything the program prints. Standard output is data, standard error is everything else.

mod diagnostics;
mod json;
mod output;
mod progress;
mod question;
mod table;
mod text;
mod value;

use std::fmt::Display;
use std::io::{self, BufWriter, Stdout, Write};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::value::Value;
use serde::Serialize;

pub(crate) use json::ResultDocument;
pub(crate) use output::Output;
pub(crate) use progress::Progress;
pub(crate) use question::confirm;
pub(crate) use text::{cut, printable, printable_line};

use crate::advice;
use crate::cli;
use crate::failure::{Failure, Outcome};

/// What is said of a project without endpoints.
pub(crate) const NO_ENDPOINTS: &str = "No endpoints found";

/// Most characters of a value that a table or a list of parameters shows.
pub(crate) const CELL_WIDTH: usize = 50;

/// The program's voice.
#[derive(Debug)]
pub(crate) struct Ui {
    output: Output,
    out: BufWriter<Stdout>,
    coloured_out: bool,
    coloured_err: bool,
}

impl Ui {
    /// Speaks as `output` says.
    pub(crate) fn new(output: Output) -> Self {
        Self {
            output,
            out: BufWriter::new(io::stdout()),
            coloured_out: AutoStream::choice(&io::stdout()) != ColorChoice::Never,
            coloured_err: AutoStream::choice(&io::stderr()) != ColorChoice::Never,
        }
    }

    /// For whom the result is.
    pub(crate) fn output(&self) -> Output {
        self.output
    }

    /// A line of the result, for people.
    pub(crate) fn line(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// Tells people that a project has no endpoints, and where they would be.
    pub(crate) fn no_endpoints(&mut self) -> io::Result<()> {
        self.line(NO_ENDPOINTS)?;
        self.remark(
            "  = help: endpoints are defined by `.yml` files in the project's folders of tools, resources and prompts; \
             `mxcp init --bootstrap` adds a first one",
        )
    }

    /// A heading within the result, for people.
    pub(crate) fn heading(&mut self, text: impl Display) -> io::Result<()> {
        if !self.coloured_out {
            return self.line(text);
        }
        let bold = anstyle::Style::new().bold();
        writeln!(self.out, "{bold}{text}{bold:#}")
    }

    /// The result of an endpoint or query, for people.
    pub(crate) fn value(&mut self, value: &Value) -> io::Result<()> {
        value::write(&mut self.out, value)
    }

    /// The messages of a prompt, for people.
    pub(crate) fn messages(&mut self, messages: &Value) -> io::Result<()> {
        value::write_messages(&mut self.out, messages)
    }

    /// The result as one JSON document, for programs.
    pub(crate) fn document(&mut self, document: &impl Serialize) -> io::Result<()> {
        writeln!(self.out, "{}", json::text(document)?)
    }

    /// A remark beside the result.
    pub(crate) fn remark(&mut self, text: impl Display) -> io::Result<()> {
        self.flush()?;
        writeln!(io::stderr(), "{text}")
    }

    /// Findings, each with its place in the text.
    pub(crate) fn findings(&mut self, findings: &Diagnostics) -> io::Result<()> {
        self.flush()?;
        let mut err = io::stderr().lock();
        for finding in findings {
            writeln!(err, "{}\n", diagnostics::render(finding, self.coloured_err))?;
        }
        Ok(())
    }

    /// Shows how far a piece of work of so many steps is, to people at a terminal.
    pub(crate) fn progress(&self, steps: usize) -> Progress {
        Progress::new(steps, self.output == Output::Human)
    }

    /// Asks a question that is answered with no unless somebody says yes.
    pub(crate) fn confirm(&mut self, question: &str) -> io::Result<bool> {
        self.flush()?;
        confirm(question)
    }

    /// Hands on what is still held back, so that a terminal shows both streams in the order of what is said.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Says how `command` ended, and gives the exit code for it.
    pub(crate) fn conclude(
        &mut self,
        command: &str,
        ended: Result<Outcome, Failure>,
        debug: bool,
    ) -> ExitCode {
        let ended = ended.and_then(|outcome| self.flush().map(|()| outcome).map_err(Failure::from));
        let failure = match ended {
            Ok(Outcome::Fine) => return ExitCode::SUCCESS,
            Ok(Outcome::Findings) => return ExitCode::from(1),
            Ok(Outcome::Program(code)) => return ExitCode::from(code),
            Err(failure) if failure.is_broken_pipe() => return ExitCode::SUCCESS,
            Err(failure) => failure,
        };
        // Nothing is left to be done about an error that can't be printed.
        let _ = self.failure(command, &failure, debug);
        match failure {
            Failure::Usage(_) => ExitCode::from(2),
            Failure::Project { .. } | Failure::Other(_) => ExitCode::from(1),
        }
    }

    fn failure(&mut self, command: &str, failure: &Failure, debug: bool) -> io::Result<()> {
        // A reader that has gone away misses nothing of what standard error says.
        let _ = self.flush();
        let (message, kind) = match failure {
            Failure::Usage(message) => {
                cli::usage_error(command, message).print()?;
                (message.clone(), "UsageError")
            }
            Failure::Project { message, findings } => {
                self.findings(findings)?;
                (message.clone(), "ProjectError")
            }
            Failure::Other(error) => (format!("{error:#}"), "Error"),
        };
        match self.output {
            Output::Json => {
                let details = debug.then(|| json::Details { traceback: causes(failure), kind });
                self.document(&json::ErrorDocument::new(&message, details))?;
                self.flush()
            }
            Output::Human if matches!(failure, Failure::Usage(_)) => Ok(()),
            Output::Human => {
                let red = if self.coloured_err {
                    anstyle::AnsiColor::Red.on_default().bold()
                } else {
                    anstyle::Style::new()
                };
                writeln!(io::stderr(), "{red}Error:{red:#} {}", printable(&message))?;
                if let Failure::Other(error) = failure
                    && let Some(help) = advice::on(error)
                {
                    writeln!(io::stderr(), "  = help: {}", printable(&help))?;
                }
                if debug { writeln!(io::stderr(), "{}", causes(failure)) } else { Ok(()) }
            }
        }
    }
}

/// Prints what clap has to say about a command line it does not run: help, the version, or an error.
pub(crate) fn refuse(refusal: &clap::Error, json: bool) -> ExitCode {
    let mut printed = refusal.print();
    if json && refusal.use_stderr() {
        let message = problem(&refusal.to_string());
        let document = json::ErrorDocument::new(&message, None);
        printed = printed.and(json::text(&document)).and_then(|text| writeln!(io::stdout(), "{text}"));
    }
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(2),
        _ => u8::try_from(refusal.exit_code()).map_or(ExitCode::from(2), ExitCode::from),
    }
}

/// The problem alone, on one line, of an error that clap has written: what follows an empty line is advice.
fn problem(text: &str) -> String {
    let lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ").trim_start_matches("error: ").to_owned()
}

fn causes(failure: &Failure) -> String {
    match failure {
        Failure::Other(error) => {
            error.chain().map(|cause| format!("caused by: {cause}")).collect::<Vec<_>>().join("\n")
        }
        Failure::Usage(message) | Failure::Project { message, .. } => message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_problem_names_everything_that_is_missing() {
        let text =
            "error: the following required arguments were not provided:\n  <KIND>\n  <NAME>\n\nUsage: mxcp\n";
        assert_eq!(problem(text), "the following required arguments were not provided: <KIND> <NAME>");
        assert_eq!(
            problem("error: unexpected argument '--x' found\n\nUsage: mxcp"),
            "unexpected argument '--x' found"
        );
    }
}
