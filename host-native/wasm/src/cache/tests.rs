use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::EngineConfig;

/// The smallest component: it has nothing in it.
const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

fn engine() -> Engine {
    EngineConfig { instances: 4, ..EngineConfig::default() }.engine().unwrap()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// Asks for the empty component, and gives how often it was compiled.
fn ask(cache: &Cache, engine: &Engine) -> usize {
    let mut compiled = 0;
    let mut source = || {
        compiled += 1;
        Ok(EMPTY.to_vec())
    };
    cache.component(engine, "0123", "empty.wasm", &mut source).unwrap();
    compiled
}

#[test]
fn what_was_compiled_once_is_not_compiled_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path().join("components"));
    assert_eq!(ask(&cache, &engine()), 1);
    assert_eq!(ask(&cache, &engine()), 0);
    assert_eq!(ask(&Cache::at(folder.path().join("components")), &engine()), 0);
}

#[test]
fn engines_of_another_kind_have_entries_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path().join("components"));
    assert_eq!(ask(&cache, &engine()), 1);
    assert_eq!(ask(&cache, &EngineConfig { fuel: true, instances: 4 }.engine().unwrap()), 1);
    assert_eq!(entries(&folder.path().join("components")).len(), 2);
}

#[test]
fn damaged_code_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path().join("components"));
    assert_eq!(ask(&cache, &engine()), 1);
    let path = entries(&folder.path().join("components")).remove(0);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(ask(&cache, &engine()), 1);
    assert_eq!(fs::read(&path).unwrap(), whole);
    assert_eq!(ask(&cache, &engine()), 0);
}

#[test]
fn code_that_others_can_write_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path().join("components"));
    assert_eq!(ask(&cache, &engine()), 1);
    let path = entries(&folder.path().join("components")).remove(0);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(ask(&cache, &engine()), 1);
}

#[test]
fn without_a_folder_everything_is_compiled() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let cache = Cache::at(folder.path().to_owned());
    assert_eq!((ask(&cache, &engine()), ask(&cache, &engine())), (1, 1));
    assert!(entries(folder.path()).is_empty());
}

#[test]
fn what_is_no_component_is_an_error() {
    let cache = Cache { folder: None };
    let mut source = || Ok(b"\0asm\x01\0\0\0".to_vec());
    assert!(cache.component(&engine(), "0123", "module.wasm", &mut source).is_err());
}
