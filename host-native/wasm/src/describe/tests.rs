use mxcp_test_support::guest;

use super::docs::SECTION as SECTION_NAME;
use super::*;

fn described(wit: &str) -> World {
    describe(&guest::encode(wit).unwrap()).unwrap().world
}

#[test]
fn functions_are_found_by_interface_and_in_the_world() {
    let world = described(
        "package acme:text@1.2.3;
         interface analysis {
             record score { value: f32, sure: bool }
             sentiment: func(text: string, max-items: option<u32>) -> result<score, string>;
         }
         world tools { export analysis; export ping: func(); }",
    );
    let names: Vec<&str> = world.functions.keys().map(String::as_str).collect();
    assert_eq!(names, ["acme:text/analysis@1.2.3.sentiment", "ping"]);
    let function = &world.functions["acme:text/analysis@1.2.3.sentiment"];
    let parameters: Vec<String> =
        function.parameters.iter().map(|it| format!("{}: {}", it.name, it.ty.describe())).collect();
    assert_eq!(parameters, ["text: string", "max-items: option<u32>"]);
    assert_eq!(function.result.as_ref().unwrap().describe(), "result<record, string>");
    assert_eq!(world.functions["ping"], Function { documentation: None, parameters: vec![], result: None });
}

#[test]
fn every_type_of_values_is_read() {
    let world = described(
        "package acme:all;
         interface all {
             record r { a: list<u8> }
             variant v { none, some(string) }
             enum e { one, two-three }
             flags f { read, write }
             every: func(a: bool, b: s8, c: u8, d: s16, e: u16, f: s32, g: u32, h: s64, i: u64, j: f32, k: f64,
                 l: char, m: tuple<u8, string>, n: r, o: v, p: e, q: f, s: result, t: result<_, u8>) -> list<option<r>>;
         }
         world tools { export all; }",
    );
    assert_eq!(world.unusable, BTreeMap::new());
    let types: Vec<String> =
        world.functions["acme:all/all.every"].parameters.iter().map(|it| it.ty.describe()).collect();
    assert_eq!(
        types.join(" "),
        "bool s8 u8 s16 u16 s32 u32 s64 u64 f32 f64 char tuple<u8, string> record variant enum flags \
         result<_, _> result<_, u8>"
    );
}

#[test]
fn functions_without_values_say_why_they_are_unusable() {
    let world = described(
        "package acme:res;
         interface store {
             resource row { constructor(name: string); get: func() -> string; }
             open: func(name: string) -> row;
             close: func(it: borrow<row>);
             names: func() -> list<string>;
         }
         world tools { export store; }",
    );
    assert_eq!(world.functions.keys().collect::<Vec<_>>(), ["acme:res/store.names"]);
    let unusable: Vec<(&str, &str)> =
        world.unusable.iter().map(|(path, why)| (path.as_str(), why.as_str())).collect();
    assert_eq!(
        unusable,
        [
            ("acme:res/store.[constructor]row", "it is a function of a resource"),
            ("acme:res/store.[method]row.get", "it is a function of a resource"),
            ("acme:res/store.close", "parameter `it`: a resource has no value"),
            ("acme:res/store.open", "result: a resource has no value"),
        ]
    );
}

#[test]
fn imports_are_named_in_their_order() {
    let world = described(
        "package acme:needs;
         interface second { f: func(); }
         interface first { type t = u8; g: func() -> t; }
         world tools { import second; import first; import alone: func(); export run: func(); }",
    );
    assert_eq!(world.imports, ["acme:needs/second", "acme:needs/first", "alone"]);
}

#[test]
fn the_digest_is_that_of_the_bytes() {
    let bytes = guest::encode("package a:b; world w { export f: func(); }").unwrap();
    let component = describe(&bytes).unwrap();
    assert_eq!(component.digest.len(), 64);
    assert_eq!(component.digest, digest(&bytes));
    assert_eq!(digest(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

#[test]
fn documentation_is_taken_where_the_component_carries_it() {
    let wit = "package acme:text@1.0.0;
        interface analysis { sentiment: func(); other: func(); }
        world w { export analysis; export ping: func(); }";
    let docs = r#"{"worlds": {"w": {"func_exports": {"ping": {"docs": " Says hello. "}}}},
        "interfaces": {"analysis": {"funcs": {"sentiment": "How it sounds."}}}}"#;
    let mut bytes = guest::encode(wit).unwrap();
    append_section(&mut bytes, SECTION_NAME, &[b"\x01", docs.as_bytes()].concat());
    let world = describe(&bytes).unwrap().world;
    let of = |path: &str| world.functions[path].documentation.as_deref();
    assert_eq!(of("ping"), Some("Says hello."));
    assert_eq!(of("acme:text/analysis@1.0.0.sentiment"), Some("How it sounds."));
    assert_eq!(of("acme:text/analysis@1.0.0.other"), None);
}

#[test]
fn documentation_that_is_none_is_passed_over() {
    for docs in [&b""[..], b"\x01", b"\x01{", b"\x07{}", b"\x01[]", br#"X{"worlds": 5}"#] {
        let mut bytes = guest::encode("package a:b; world w { export f: func(); }").unwrap();
        append_section(&mut bytes, SECTION_NAME, docs);
        assert!(describe(&bytes).unwrap().world.functions["f"].documentation.is_none());
    }
}

#[test]
fn what_is_no_component_is_refused_with_its_name() {
    let module = b"\0asm\x01\0\0\0";
    assert!(describe(module).unwrap_err().to_string().starts_with("it is a core module, not a component"));
    for bytes in [&b""[..], b"(component)", b"\0asm"] {
        assert!(matches!(describe(bytes), Err(DescribeError::NotWasm)), "{bytes:?}");
    }
}

#[test]
fn files_that_are_cut_or_broken_end_in_an_error() {
    let bytes = guest::encode(
        "package a:b; interface i { record r { a: list<string> } f: func(r: r) -> option<u8>; } world w { export i; }",
    )
    .unwrap();
    for end in 8..bytes.len() {
        // A file may be cut between two sections, and be another component.
        let _ = describe(&bytes[..end]);
    }
    for at in 8..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut broken = bytes.clone();
            broken[at] ^= flip;
            let _ = describe(&broken);
        }
    }
    assert!(matches!(describe(&bytes[..bytes.len() / 2]), Err(DescribeError::Invalid(_))));
}

#[test]
fn types_that_unfold_without_end_are_unusable_and_cost_little() {
    // Each tuple has the one before four times: 4^8 types in a few lines.
    let mut wit = "package a:b; interface i { type t0 = u8;".to_owned();
    for at in 1..=8 {
        let before = at - 1;
        let _ = write!(wit, "type t{at} = tuple<t{before}, t{before}, t{before}, t{before}>;");
    }
    wit.push_str("wide: func(it: t8); fine: func(); } world w { export i; }");
    let world = described(&wit);
    assert_eq!(world.unusable["a:b/i.wide"], "parameter `it`: its types are too large");
    assert!(world.functions.contains_key("a:b/i.fine"));
}

#[test]
fn types_that_nest_too_deep_are_unusable() {
    let nested = format!("{}u16{}", "list<".repeat(40), ">".repeat(40));
    let world = described(&format!("package a:b; world w {{ export f: func(it: {nested}); }}"));
    assert_eq!(world.unusable["f"], "parameter `it`: its types nest too deep");
}

fn append_section(bytes: &mut Vec<u8>, name: &str, data: &[u8]) {
    let length = u8::try_from(name.len()).unwrap();
    let content = [&[length], name.as_bytes(), data].concat();
    bytes.push(0);
    let mut size = content.len();
    while size >= 0x80 {
        bytes.push(u8::try_from(size & 0x7f).unwrap() | 0x80);
        size >>= 7;
    }
    bytes.push(u8::try_from(size).unwrap());
    bytes.extend(content);
}
