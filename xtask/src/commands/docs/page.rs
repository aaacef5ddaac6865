//! A page, tried: its steps are done in order, as a reader would do them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use super::console::{alike, entries, serves};
use super::markdown::{Block, Step, What};
use super::note::framed;
use super::shell::{Ran, Shell};
use crate::folder;

/// The site file of a project that a page says nothing about.
const SITE: &str = "mxcp: 1\nproject: shop\nprofile: default\n";

/// A tool for projects that a page shows none of: `mxcp validate` wants something to look at.
const TOOL: &str =
    "mxcp: 1\ntool: {name: one, description: One, return: {type: integer}, source: {code: SELECT 1}}\n";

/// What was done with the blocks of a page, and what was not.
#[derive(Debug, Default)]
pub(super) struct Tally {
    blocks: usize,
    commands: usize,
    compared: usize,
    files: usize,
    parsed: usize,
    shown: usize,
    validated: usize,
    /// Lines of blocks that weren't run, and the reasons.
    skipped: Vec<(usize, String)>,
}

impl Tally {
    /// Why blocks weren't tried, and the lines that they are in.
    pub(super) fn reasons(&self) -> BTreeMap<&str, String> {
        let mut reasons: BTreeMap<&str, String> = BTreeMap::new();
        for (line, reason) in &self.skipped {
            let lines = reasons.entry(reason).or_default();
            lines.push_str(if lines.is_empty() { "line " } else { ", " });
            lines.push_str(&line.to_string());
        }
        reasons
    }

    /// Adds what was done with another page.
    pub(super) fn add(&mut self, other: &Self) {
        self.blocks += other.blocks;
        self.commands += other.commands;
        self.compared += other.compared;
        self.files += other.files;
        self.parsed += other.parsed;
        self.shown += other.shown;
        self.validated += other.validated;
        self.skipped.extend(other.skipped.iter().cloned());
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} blocks: {} commands run, {} outputs compared",
            self.blocks, self.commands, self.compared
        )?;
        write!(f, ", {} files written, {} projects validated", self.files, self.validated)?;
        write!(f, ", {} parsed, {} only shown, {} skipped", self.parsed, self.shown, self.skipped.len())
    }
}

/// Somebody who does what a page says.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    root: &'a Path,
    shell: Shell,
    /// Whether blocks are run that need a network.
    network: bool,
    tally: Tally,
    /// Folders of projects that files were written to since the last validation.
    touched: BTreeSet<PathBuf>,
}

impl<'a> Reader<'a> {
    /// A reader of the workspace at `root`.
    pub(super) fn new(root: &'a Path, shell: Shell, network: bool) -> Self {
        Self { root, shell, network, tally: Tally::default(), touched: BTreeSet::new() }
    }

    /// Does what a page says, from the folder that the page is about, if it is about one.
    pub(super) fn read(mut self, steps: &[Step], about: Option<&str>) -> Result<Tally> {
        if let Some(folder) = about {
            self.begin(Some(folder))?;
        }
        for step in steps {
            let done = match &step.what {
                What::Block(block) => self.block(block, step.line),
                What::Run(script) => self.quietly(script),
                What::Project(folder) => self.finish().and_then(|()| self.begin(folder.as_deref())),
            };
            done.with_context(|| format!("line {}", step.line))?;
        }
        self.finish()?;
        Ok(self.tally)
    }

    /// Begins a project: a copy of a folder, or an empty one.
    fn begin(&mut self, folder: Option<&str>) -> Result<()> {
        let target = self.shell.enter_new()?;
        match folder {
            None => fs::write(target.join("mxcp-site.yml"), SITE)?,
            Some(folder) => folder::copy(&self.root.join(folder), &target)?,
        }
        Ok(())
    }

    /// Ends what serves, and has the projects validated that files were written to.
    fn finish(&mut self) -> Result<()> {
        self.shell.end_servers()?;
        for folder in std::mem::take(&mut self.touched) {
            if ["tools", "resources", "prompts"].iter().all(|kind| !folder.join(kind).exists()) {
                fs::create_dir(folder.join("tools"))?;
                fs::write(folder.join("tools/one.yml"), TOOL)?;
            }
            let ran = self.shell.run(&format!("(cd -- '{}' && mxcp validate)\n", folder.display()))?;
            ensure!(
                ran.code == Some(0),
                "the files that the page shows are no good project:\n{}",
                ran.printed
            );
            self.tally.validated += 1;
        }
        Ok(())
    }

    fn block(&mut self, block: &Block, line: usize) -> Result<()> {
        self.tally.blocks += 1;
        if let Some(reason) = &block.skip {
            self.tally.skipped.push((line, reason.clone()));
            return Ok(());
        }
        if let Some(reason) = block.network.as_ref().filter(|_| !self.network) {
            self.tally.skipped.push((line, format!("needs `--network`: {reason}")));
            return Ok(());
        }
        match (block.language.as_str(), &block.file) {
            ("console", _) => self.console(block),
            ("sh" | "bash", _) => {
                let ran = self.shell.run(&format!("set -e\n{}", block.text))?;
                self.tally.commands += 1;
                expect(block.exit, &ran)
            }
            ("text", _) => {
                self.tally.shown += 1;
                Ok(())
            }
            (_, Some(file)) => self.write(block, file),
            ("json", None) => {
                serde_json::from_str::<serde_json::Value>(&block.text)?;
                self.tally.parsed += 1;
                Ok(())
            }
            (language, None) => bail!(
                "no file is named for this `{language}`; name it in the text before, in the first line, or in a comment: \
                 `<!-- docs: file=… -->`, or say why it isn't tried: `<!-- docs: skip: … -->`"
            ),
        }
    }

    fn console(&mut self, block: &Block) -> Result<()> {
        let entries = entries(&block.text);
        ensure!(!entries.is_empty(), "no line begins with `$ `");
        let last = entries.len() - 1;
        for (place, entry) in entries.iter().enumerate() {
            let exit = if place == last { block.exit } else { 0 };
            self.tally.commands += 1;
            let ran = if serves(&entry.command) {
                self.shell.serve(&entry.command)
            } else {
                self.shell.run(&format!("{}\n", entry.command))
            };
            let ran = ran.and_then(|ran| expect(exit, &ran).map(|()| ran));
            let ran = ran.with_context(|| format!("`{}`", entry.command))?;
            if entry.printed.is_empty() {
                continue;
            }
            self.tally.compared += 1;
            ensure!(
                alike(&entry.printed, &ran.printed, block.varying_numbers),
                "`{}` prints something else:\n{}",
                entry.command,
                ran.printed
            );
        }
        Ok(())
    }

    fn write(&mut self, block: &Block, file: &str) -> Result<()> {
        let folder = self.shell.folder()?;
        let path = folder.join(file);
        let mut text = match &block.frame {
            Some(frame) => framed(frame, &block.text)?,
            None => block.text.clone(),
        };
        if block.append {
            text.insert_str(0, &fs::read_to_string(&path).with_context(|| format!("`{file}`"))?);
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, text)?;
        self.tally.files += 1;
        match block.language.as_str() {
            "python" => self
                .quietly(&format!("python3 -c 'compile(open(\"{file}\").read(), \"{file}\", \"exec\")'\n"))?,
            "json" => self.quietly(&format!("python3 -m json.tool '{file}' > /dev/null\n"))?,
            _ => {}
        }
        if folder.join("mxcp-site.yml").exists() {
            self.touched.insert(folder);
        }
        Ok(())
    }

    /// Runs commands that aren't on the page.
    fn quietly(&mut self, script: &str) -> Result<()> {
        let ran = self.shell.run(&format!("set -e\n{script}"))?;
        expect(0, &ran)
    }
}

fn expect(exit: i32, ran: &Ran) -> Result<()> {
    ensure!(
        ran.code == Some(exit),
        "ends with {} in place of {exit}; it printed:\n{}",
        ran.code.map_or_else(|| "a signal".to_owned(), |code| code.to_string()),
        ran.printed
    );
    Ok(())
}
