use super::*;

fn toon(json: &str) -> String {
    of(&Value::parse_json(json).unwrap())
}

#[test]
fn alike_objects_are_rows_under_one_header() {
    assert_eq!(
        toon(r#"[{"id":1,"city":"Oslo"},{"city":"Rome, IT","id":2}]"#),
        "[2]{id,city}:\n  1,Oslo\n  2,\"Rome, IT\""
    );
    assert_eq!(toon(r#"{"lines":[{"n":null},{"n":true}]}"#), "lines[2]{n}:\n  null\n  true");
    assert_eq!(toon(r#"[{"a-b":1,"":2}]"#), "[1]{\"a-b\",\"\"}:\n  1,2");
}

#[test]
fn alike_objects_within_rows_are_groups_of_columns() {
    assert_eq!(
        toon(r#"[{"id":1,"at":{"x":1,"y":{"z":2}}},{"id":2,"at":{"y":{"z":4},"x":3}}]"#),
        "[2]{id,at{x,y{z}}}:\n  1,1,2\n  2,3,4"
    );
}

#[test]
fn objects_that_differ_are_items() {
    assert_eq!(
        toon(r#"[{"id":1},{"id":2,"tags":["a","b"]},{},"x",[1,[2]],[]]"#),
        "[6]:\n  - id: 1\n  - id: 2\n    tags[2]: a,b\n  -\n  - x\n  - [2]:\n    - 1\n    - [1]: 2\n  - [0]:"
    );
}

#[test]
fn the_first_field_of_an_item_is_behind_its_hyphen_and_what_it_holds_two_levels_deeper() {
    assert_eq!(
        toon(r#"[{"rows":[{"x":1},{"x":2}],"more":{"k":[{"a":1},{"b":2}]}},{"o":{"p":[]}}]"#),
        "[2]:\n  - rows[2]{x}:\n      1\n      2\n    more:\n      k[2]:\n        - a: 1\n        - b: 2\n  - o:\n      p: []"
    );
}

#[test]
fn an_object_of_alike_objects_is_a_table_with_names() {
    assert_eq!(
        toon(r#"{"north":{"sum":1,"by":"ada"},"the south":{"by":"bob","sum":2}}"#),
        "[2:]{sum,by}:\n  north: 1,ada\n  \"the south\": 2,bob"
    );
    assert_eq!(toon(r#"{"one":{"sum":1}}"#), "one:\n  sum: 1");
    assert_eq!(
        toon(r#"{"k":{"a":{"x":1},"b":{"x":2}},"l":{"a":{"x":1},"b":2}}"#),
        "k[2:]{x}:\n  a: 1\n  b: 2\nl:\n  a:\n    x: 1\n  b: 2"
    );
}

#[test]
fn what_is_empty_is_not_left_out() {
    assert_eq!((toon("[]"), toon("{}")), ("[]".to_owned(), String::new()));
    assert_eq!(toon(r#"{"a":[],"b":{},"c":"","d":null}"#), "a: []\nb:\nc: \"\"\nd: null");
    assert_eq!(toon("[[],[[]]]"), "[2]:\n  - [0]:\n  - [1]:\n    - [0]:");
}

#[test]
fn texts_that_could_be_taken_for_something_else_are_in_quotes() {
    for text in [
        "",
        " x",
        "x ",
        "true",
        "null",
        "7",
        "-7",
        "05",
        "1.5e+3",
        "-",
        "#1",
        "a,b",
        "a:b",
        "a\"b",
        "a\\b",
        "[a",
        "a}",
        "a\nb",
        "a\tb",
        "2026-01-02T10:00:00",
    ] {
        let written = of(&Value::Array(vec![Value::string(text)]));
        assert!(written.starts_with("[1]: \"") && written.ends_with('"'), "{written}");
        assert_eq!(written.lines().count(), 1);
    }
    assert_eq!(
        toon(r#"["a b","é","a#b","1.","0x1","True","a-b","2026-01-02","a|b"]"#),
        "[9]: a b,é,a#b,1.,0x1,True,a-b,2026-01-02,a|b"
    );
    assert_eq!(toon("[\"a\\u0001\"]"), "[1]: \"a\\u0001\"");
}

#[test]
fn numbers_have_as_few_digits_as_they_need() {
    assert_eq!(
        toon("[0,-0.0,1.50,1e20,1.5e300,1e-7,12345678901234567890123,0.10000000000000000000]"),
        "[8]: 0,0,1.5,100000000000000000000,1.5e+300,1e-7,12345678901234567890123,0.1"
    );
}
