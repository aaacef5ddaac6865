use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use mxcp_runtime::ports::{AuditSink as _, CallFacts};

use super::*;
use crate::log::AuditLog;
use crate::options::Options;
use crate::testing::{options, record};

/// Three segments of four records.
fn written() -> (tempfile::TempDir, Options, Vec<PathBuf>) {
    let (folder, options) = options();
    for _ in 0..3 {
        let log = AuditLog::open(&options).unwrap();
        for at in 0..4 {
            let _kept = log.record(record(&at.to_string()), CallFacts::default());
        }
        assert_eq!(log.close(Duration::from_secs(20)), 0);
    }
    let segments = FolderReader::new(&options.path).place.segments().unwrap();
    (folder, options, segments)
}

fn problems(options: &Options) -> Vec<(String, String)> {
    let verified = FolderReader::new(&options.path).verify(&[]).unwrap();
    let named = |segment: SegmentReport| {
        segment.problems.into_iter().map(move |problem| (segment.name.clone(), problem))
    };
    verified.segments.into_iter().flat_map(named).collect()
}

fn lines(path: &PathBuf) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

fn put(path: &PathBuf, lines: &[String]) {
    fs::write(path, lines.join("\n") + "\n").unwrap();
}

#[test]
fn whatever_is_done_to_records_shows() {
    type Harm = fn(&mut Vec<String>);
    let harms: [(&str, Harm); 8] = [
        ("changed", |lines| lines[1] = lines[1].replace("ann", "eve")),
        ("removed in between", |lines| drop(lines.remove(1))),
        ("removed at the beginning", |lines| drop(lines.remove(0))),
        ("removed at the end", |lines| drop(lines.pop())),
        ("in another order", |lines| lines.swap(1, 2)),
        ("twice", |lines| lines.push(lines[3].clone())),
        ("put in", |lines| {
            let mut text = br#"{"forged":1"#.to_vec();
            let last = chain::check(lines[3].as_bytes()).unwrap().hash;
            chain::seal(&mut text, 0, last);
            lines.push(String::from_utf8(text).unwrap().trim().to_owned());
        }),
        ("without a chain", |lines| lines[1] = "{\"record_hash\":null}".to_owned()),
    ];
    for (what, harm) in harms {
        for segment in 0..3 {
            let (_folder, options, segments) = written();
            let mut lines = lines(&segments[segment]);
            harm(&mut lines);
            put(&segments[segment], &lines);
            let found = problems(&options);
            let name = place::name(&segments[segment]);
            assert!(found.iter().any(|(segment, _)| *segment == name), "{what}: {found:?}");
        }
    }
}

#[test]
fn a_removed_segment_shows_with_and_without_its_head() {
    for segment in 0..3 {
        let (_folder, options, segments) = written();
        fs::remove_file(&segments[segment]).unwrap();
        assert!(!problems(&options).is_empty(), "segment {segment}");
        if segment < 2 {
            fs::remove_file(segments[segment].with_extension("head")).unwrap();
            assert!(!problems(&options).is_empty(), "segment {segment} with its head");
        }
    }
}

#[test]
fn a_head_can_be_neither_removed_nor_forged_nor_borrowed() {
    let (_folder, options, segments) = written();
    let head = segments[2].with_extension("head");
    let text = fs::read_to_string(&head).unwrap();
    fs::remove_file(&head).unwrap();
    assert_eq!(problems(&options).len(), 1);
    fs::write(&head, text.replace("\"records\":4", "\"records\":3")).unwrap();
    assert!(problems(&options)[0].1.contains("signature"));
    fs::copy(segments[1].with_extension("head"), &head).unwrap();
    assert!(problems(&options)[0].1.contains("another segment"));
    // A whole new chain, signed by somebody else.
    fs::write(&head, text).unwrap();
    let other = PublicKey::parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    let verified = FolderReader::new(&options.path).verify(&[other]).unwrap();
    assert!(verified.segments.iter().all(|segment| segment.state == SegmentState::Broken));
}

#[test]
fn segments_that_were_exchanged_show_with_and_without_their_heads() {
    for with_heads in [false, true] {
        let (folder, options, segments) = written();
        let exchange = |one: &PathBuf, other: &PathBuf| {
            let aside = folder.path().join("aside");
            fs::rename(one, &aside).unwrap();
            fs::rename(other, one).unwrap();
            fs::rename(&aside, other).unwrap();
        };
        exchange(&segments[0], &segments[1]);
        if with_heads {
            exchange(&segments[0].with_extension("head"), &segments[1].with_extension("head"));
        }
        let found = problems(&options);
        for segment in &segments[..2] {
            assert!(found.iter().any(|(name, _)| *name == place::name(segment)), "{found:?}");
        }
    }
}

#[test]
fn a_segment_without_its_middle_shows() {
    let (_folder, options, segments) = written();
    let bytes = fs::read(&segments[1]).unwrap();
    let (third, rest) = (bytes.len() / 3, bytes.len() * 2 / 3);
    fs::write(&segments[1], [&bytes[..third], &bytes[rest..]].concat()).unwrap();
    assert!(problems(&options).iter().any(|(name, _)| *name == place::name(&segments[1])));
}

#[test]
fn segments_of_other_programs_can_not_be_verified_and_are_no_problem() {
    let (_folder, options, _segments) = written();
    fs::write(&options.path, "{\"prev_hash\": null, \"record_hash\": null, \"signature\": null}\n").unwrap();
    let verified = FolderReader::new(&options.path).verify(&[]).unwrap();
    assert!(verified.is_intact(), "{verified:?}");
    let unchained =
        verified.segments.iter().find(|segment| segment.state == SegmentState::Unchained).unwrap();
    assert_eq!((unchained.name.as_str(), verified.records), ("logs.jsonl", 12));
}

#[test]
fn a_key_that_is_replaced_goes_on_with_the_chain_and_deletes_nothing_of_the_other() {
    let (_folder, mut options, _segments) = written();
    let key = crate::SigningKey::parse("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=").unwrap();
    options.key = Some(key.clone());
    let log = AuditLog::open(&options).unwrap();
    let _kept = log.record(record("new"), CallFacts::default());
    assert_eq!(log.close(Duration::from_secs(20)), 0);
    let reader = FolderReader::new(&options.path);
    let old = PublicKey::of(&reader.place).unwrap().unwrap();
    let verified = reader.verify(&[old, key.public()]).unwrap();
    assert!(verified.is_intact() && verified.records == 13, "{verified:?}");
    assert!(!reader.verify(&[key.public()]).unwrap().is_intact());
    let later = Utc::now() + TimeDelta::days(91);
    assert!(matches!(reader.clean_up(Some(&key), later), Err(Error::Key(_))));
    assert!(reader.verify(&[old, key.public()]).unwrap().is_intact());
}

#[test]
fn what_is_cleaned_up_is_no_problem() {
    let (_folder, options, segments) = written();
    let reader = FolderReader::new(&options.path);
    let now = Utc::now();
    let later = now + TimeDelta::days(91);
    assert_eq!(reader.would_clean_up(now).unwrap().segments, [""; 0]);
    // Of the last segment, somebody has seen to it that it is not old.
    let would = reader.would_clean_up(later).unwrap();
    assert_eq!((would.deleted["mxcp.endpoints:v2"], would.segments.len()), (12, 3));
    let log = AuditLog::open(&options).unwrap();
    let _kept = log.record(record("now"), CallFacts::default());
    assert_eq!(reader.clean_up(None, later).unwrap(), would);
    assert!(segments.iter().all(|segment| !segment.exists()));
    assert_eq!(log.close(Duration::from_secs(20)), 0);
    let verified = reader.verify(&[]).unwrap();
    assert!(verified.is_intact() && verified.records == 1, "{verified:?}");
    // Of what was deleted, only what is followed is remembered.
    assert_eq!(verified.segments.len(), 2);
    fs::write(&segments[2], "{}\n").unwrap();
    assert!(!problems(&options).is_empty());
}
