use super::*;

fn digest(byte: u8) -> Digest {
    Digest::new([byte; 32])
}

fn lock(files: &[(&str, u8)]) -> Lock {
    Lock::of(files.iter().map(|(path, byte)| ((*path).to_owned(), digest(*byte))).collect())
}

fn parse(text: &str) -> Result<Lock, Vec<String>> {
    Lock::parse(&SourceFile::new("mxcp.lock", text))
        .map_err(|findings| findings.iter().map(|finding| finding.summary()).collect())
}

fn changes(before: &Lock, now: &Lock) -> Vec<String> {
    before.compare(now).iter().map(|change| format!("{} {}", change.change, change.path)).collect()
}

#[test]
fn a_lock_is_one_line_per_file_in_the_order_of_paths() {
    let text = lock(&[("tools/b.yml", 2), ("mxcp-site.yml", 1)]).to_text();
    let lines: Vec<_> = text.lines().skip(1).collect();
    let one = format!("  mxcp-site.yml: sha256:{}", "01".repeat(32));
    let two = format!("  tools/b.yml: sha256:{}", "02".repeat(32));
    assert_eq!(lines, ["version: 1", "files:", &one, &two]);
}

#[test]
fn what_is_written_is_read_back() {
    let odd = [
        "a b/c.yml",
        "tools/\"quoted\".yml",
        "tools/back\\slash.yml",
        "true",
        "1.5",
        "1e5.yml",
        "~/x",
        "#x.yml",
        "tools/ünïcode/日本.yml",
        "tools/\u{202e}lmy.yml",
        "tools/\u{1F600}.yml",
        "tools/a\nb: c.yml",
        "tools/a: b.yml",
        "tools/a:",
        "- x.yml",
        "y.n",
        "null",
        "",
    ];
    let files: Vec<_> = odd.iter().map(|path| (*path, 7)).collect();
    let mut written = lock(&files);
    let reference = "127.0.0.1:5000/acme/text:1.2.0@sha256:abc".to_owned();
    written.pulled("tools/x.wasm", Origin { reference, digest: digest(3) });
    assert_eq!(parse(&written.to_text()).unwrap(), written);
    assert_eq!(parse(&lock(&[]).to_text()).unwrap(), lock(&[]));
}

#[test]
fn characters_that_deceive_a_reader_are_escaped() {
    let text = lock(&[("tools/\u{202e}lmy.yml", 1)]).to_text();
    assert!(text.contains("\"tools/\\U0000202Elmy.yml\""), "{text}");
}

#[test]
fn every_kind_of_difference_is_told() {
    let before = lock(&[("a", 1), ("b", 1), ("c", 1)]);
    assert_eq!(changes(&before, &before), Vec::<String>::new());
    let now = lock(&[("0", 9), ("b", 2), ("c", 1), ("d", 1)]);
    assert_eq!(changes(&before, &now), ["added 0", "removed a", "changed b", "added d"]);
}

#[test]
fn where_a_file_came_from_is_no_difference() {
    let before = lock(&[("x.wasm", 1)]);
    let mut now = before.clone();
    now.pulled("x.wasm", Origin { reference: "r/x".to_owned(), digest: digest(1) });
    assert!(before.compare(&now).is_empty());
}

#[test]
fn a_pulled_file_is_locked_anew_only_if_it_was_locked() {
    let origin = Origin { reference: "r/x".to_owned(), digest: digest(2) };
    let mut locked = lock(&[("x.wasm", 1)]);
    locked.pulled("x.wasm", origin.clone());
    assert_eq!(locked.files()["x.wasm"], digest(2));
    let mut other = lock(&[]);
    other.pulled("x.wasm", origin);
    assert!(other.files().is_empty() && other.origins().contains_key("x.wasm"));
}

#[test]
fn an_origin_is_forgotten_once_the_file_is_another() {
    let mut earlier = lock(&[("x.wasm", 1), ("y.wasm", 1)]);
    for path in ["x.wasm", "y.wasm", "z.wasm"] {
        earlier.pulled(path, Origin { reference: format!("r/{path}"), digest: digest(1) });
    }
    let now = lock(&[("x.wasm", 1), ("y.wasm", 2)]).with_origins_of(&earlier);
    assert_eq!(now.origins().keys().collect::<Vec<_>>(), ["x.wasm"]);
}

#[test]
fn what_is_no_lock_is_refused_with_every_problem() {
    let problem = "a digest is `sha256:` and 64 hexadecimal digits in lower case";
    let (upper, short) = ("AB".repeat(32), "ab".repeat(31));
    let text =
        format!("version: 1\nfiles:\n  a.yml: sha256:{upper}\n  b.yml: sha256:{short}\n  c.yml: md5:00\n");
    let expected = ["a.yml", "b.yml", "c.yml"].map(|path| format!("files.{path}: {problem}"));
    assert_eq!(parse(&text).unwrap_err(), expected);
    assert!(!parse("").unwrap_err().is_empty());
    assert!(!parse("files: {}\n").unwrap_err().is_empty());
    assert!(!parse("version: 1\n").unwrap_err().is_empty());
    assert!(!parse("version: 1\nfiles: {}\nother: 1\n").unwrap_err().is_empty());
    assert!(!parse("version: 1\nfiles: [a]\n").unwrap_err().is_empty());
    assert!(!parse("version: 1\nfiles:\n<<<<<<< ours\n").unwrap_err().is_empty());
}

#[test]
fn a_path_can_not_be_locked_twice() {
    let digest = digest(1);
    assert!(parse(&format!("version: 1\nfiles:\n  a.yml: {digest}\n  a.yml: {digest}\n")).is_err());
}

#[test]
fn a_newer_format_is_named_and_not_judged() {
    let problems = parse("version: 2\nfoo: bar\n").unwrap_err();
    assert_eq!(problems, ["version: format 2 of the lock is not known"]);
}
