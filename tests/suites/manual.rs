//! What the program says of itself to shells and manuals.

use std::fs;
use std::process::Command;

use mxcp_test_support::project::Project;

fn nowhere() -> Project {
    Project::bare(env!("CARGO_BIN_EXE_mxcp")).unwrap()
}

/// The names of all commands.
fn commands(project: &Project) -> Vec<String> {
    let help = project.run(&["--help"]).unwrap().stdout;
    let lines =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    lines.map(|line| line.trim().split(' ').next().unwrap().to_owned()).collect()
}

/// Whether a program can be started here.
fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

#[test]
fn every_shell_completes_every_command() {
    let project = nowhere();
    let commands = commands(&project);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = project.run(&["completions", shell]).unwrap();
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{shell}");
        for command in &commands {
            assert!(ran.stdout.contains(command), "{shell} does not know {command}");
        }
    }
}

#[test]
fn bash_reads_its_script_and_completes_with_it() {
    if !has("bash") {
        return;
    }
    let project = nowhere();
    let script = project.run(&["completions", "bash"]).unwrap().stdout;
    project.file("mxcp.bash", &script).unwrap();
    let read = Command::new("bash").arg("-n").arg(project.path().join("mxcp.bash")).output().unwrap();
    assert!(read.status.success() && read.stderr.is_empty(), "{read:?}");
    let ask =
        "source ./mxcp.bash; COMP_WORDS=(mxcp doc); COMP_CWORD=1; _mxcp mxcp doc mxcp; echo ${COMPREPLY[@]}";
    let answer = Command::new("bash").args(["-c", ask]).current_dir(project.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&answer.stdout).trim(), "docs doctor", "{answer:?}");
}

#[test]
fn the_manual_is_a_page_that_names_every_command() {
    let project = nowhere();
    let page = project.run(&["man"]).unwrap();
    assert_eq!((page.code, page.stderr.as_str()), (Some(0), ""));
    assert!(page.stdout.contains(".TH mxcp 1"), "{}", page.stdout);
    for heading in [".SH NAME", ".SH SYNOPSIS", ".SH SUBCOMMANDS"] {
        assert!(page.stdout.contains(heading), "{heading}");
    }
    for command in commands(&project) {
        assert!(page.stdout.contains(&command.replace('-', "\\-")), "{command}");
    }
}

#[test]
fn each_command_has_a_page_of_its_own() {
    let project = nowhere();
    let ran = project.run(&["man", "--dir", "share/man1"]).unwrap();
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), "", ""));
    let folder = project.path().join("share/man1");
    for command in commands(&project) {
        let page = fs::read_to_string(folder.join(format!("mxcp-{command}.1"))).unwrap();
        assert!(page.contains(".SH SYNOPSIS"), "{command}");
    }
    for page in ["mxcp.1", "mxcp-component-inspect.1"] {
        assert!(folder.join(page).is_file(), "{page}");
    }
    if has("groff") {
        let pages: Vec<_> = fs::read_dir(folder).unwrap().map(|page| page.unwrap().path()).collect();
        let set =
            Command::new("groff").args(["-K", "utf8", "-man", "-Tutf8", "-ww"]).args(pages).output().unwrap();
        assert!(set.status.success() && set.stderr.is_empty(), "{}", String::from_utf8_lossy(&set.stderr));
    }
}
