//! What every command prints, with which exit code: `tests/snapshots/<command>/<case>.yml` beside the `.out` expected
//! of it. `BLESS=1` rewrites these; read the difference before you commit it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use mxcp_core::diagnostic::Diagnostics;
use mxcp_core::source::SourceFile;
use mxcp_core::yaml::Document;
use mxcp_test_support::project::Project;
use mxcp_test_support::workspace_root;
use serde::Deserialize;

/// A project, and a command line for it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Snapshot {
    /// What it shows.
    about: String,
    /// Files by path, beside a site file unless one is given.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// Commands, one after the other, without `mxcp`.
    run: Vec<Vec<String>>,
    /// Variables of the environment.
    #[serde(default)]
    environment: BTreeMap<String, String>,
    /// Whether there is no site file, so no project.
    #[serde(default)]
    bare: bool,
}

fn cases() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in std::fs::read_dir(workspace_root().join("tests/snapshots")).unwrap() {
        let files = std::fs::read_dir(folder.unwrap().path()).unwrap().map(|file| file.unwrap().path());
        found.extend(files.filter(|file| file.extension().is_some_and(|extension| extension == "yml")));
    }
    found.sort();
    found
}

fn read(path: &Path) -> Snapshot {
    let file = SourceFile::new(path.display().to_string(), std::fs::read_to_string(path).unwrap());
    let mut findings = Diagnostics::new();
    let document = Document::parse(&file, &mut findings).unwrap_or_else(|| panic!("{findings:?}"));
    document.deserialize().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn transcript(snapshot: &Snapshot) -> String {
    let binary = env!("CARGO_BIN_EXE_mxcp");
    let project = if snapshot.bare { Project::bare(binary) } else { Project::new(binary) }.unwrap();
    for (path, content) in &snapshot.files {
        project.file(path, content).unwrap();
    }
    let mut text = String::new();
    for words in &snapshot.run {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = project.command(&words).envs(&snapshot.environment).output().unwrap();
        let code = output.status.code().map_or("none".to_owned(), |code| code.to_string());
        let shown = words
            .iter()
            .map(|word| if word.contains(' ') { format!("'{word}'") } else { (*word).to_owned() });
        writeln!(text, "$ mxcp {}", shown.collect::<Vec<_>>().join(" ")).unwrap();
        for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            let said = steady(&String::from_utf8_lossy(bytes), project.path());
            if !said.is_empty() {
                writeln!(text, "[{name}]\n{}", said.trim_end()).unwrap();
            }
        }
        writeln!(text, "[exit code {code}]\n").unwrap();
    }
    text
}

/// The text without what differs from run to run: where the project is, and how long things took.
fn steady(text: &str, project: &Path) -> String {
    let real = project.canonicalize().unwrap();
    let mut text = text.replace(&real.display().to_string(), "<project>");
    text = text.replace(&project.display().to_string(), "<project>");
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let mut line = line.trim_end().to_owned();
        // `"time": 0.01`, `"elapsed_time": 0.01,`
        if let Some(at) = line.find("time\": ") {
            line.replace_range(
                at..,
                if line.ends_with(',') { "time\": <seconds>," } else { "time\": <seconds>" },
            );
        }
        // `2024-02-29T13:14:15.123456+00:00`
        let is_part = |character: char| character.is_ascii_digit() || "-T:.+".contains(character);
        let moments: Vec<String> = line.split(|character| !is_part(character)).map(str::to_owned).collect();
        for moment in moments.iter().filter(|part| part.len() == 32 && part.ends_with("+00:00")) {
            line = line.replace(moment, "<moment>");
        }
        // `(0.01s)`, `0.01 s`, `in 0.01s`
        let words: Vec<String> = line
            .split(' ')
            .map(|word| {
                let bare = word.trim_start_matches('(').trim_end_matches(['.', ')']);
                let is_time = bare
                    .strip_suffix('s')
                    .is_some_and(|number| number.contains('.') && number.parse::<f64>().is_ok());
                if is_time { word.replace(bare, "<seconds>") } else { word.to_owned() }
            })
            .collect();
        lines.push(words.join(" "));
    }
    lines.join("\n")
}

#[test]
fn every_command_says_what_it_said() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for path in cases() {
        let snapshot = read(&path);
        let said = format!("{}\n\n{}", snapshot.about, transcript(&snapshot));
        let expected = path.with_extension("out");
        if bless {
            std::fs::write(&expected, &said).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != said {
            wrong.push(format!("{}:\n{said}", expected.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every command of the help has a snapshot of its result, of its JSON, of an error and of an error in JSON.
#[test]
fn every_command_has_snapshots() {
    let project = Project::bare(env!("CARGO_BIN_EXE_mxcp")).unwrap();
    let help = project.run(&["--help"]).unwrap().stdout;
    let commands =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for command in commands.map(|line| line.trim().split(' ').next().unwrap()) {
        let folder = workspace_root().join("tests/snapshots").join(command);
        let names: Vec<String> = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        // What is built differs with the program, what a server says with its state, what the doctor finds with the machine,
        // and what is completed with every command: `edge.rs`, `administration.rs`, `doctor.rs` and `manual.rs` look at those.
        let differs = ["admin", "build", "completions", "doctor", "edge"].contains(&command);
        let needed: &[&str] = if differs { &["error"] } else { &["result", "error"] };
        for name in needed {
            assert!(names.contains(&format!("{name}.yml")), "{command} has no snapshot `{name}`");
        }
        let mut help = project.run(&[command, "--help"]).unwrap().stdout;
        // A group of commands leaves its options to them.
        let group: Vec<String> = help
            .lines()
            .skip_while(|line| *line != "Commands:")
            .skip(1)
            .take_while(|line| !line.is_empty())
            .map(|line| line.trim().split(' ').next().unwrap().to_owned())
            .collect();
        for member in group.iter().filter(|member| *member != "help") {
            help += &project.run(&[command, member, "--help"]).unwrap().stdout;
        }
        let takes_json = help.contains("--json-output");
        let words: Vec<Vec<String>> =
            cases().iter().filter(|case| case.starts_with(&folder)).flat_map(|case| read(case).run).collect();
        let uses_json = words.iter().any(|words| words.iter().any(|word| word == "--json-output"));
        assert_eq!(takes_json, uses_json, "{command} and --json-output");
    }
}
