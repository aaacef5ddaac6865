use super::*;

fn columns(kinds: &[(&str, ColumnType)]) -> Vec<Column> {
    kinds.iter().map(|(name, kind)| Column { name: (*name).into(), kind: *kind }).collect()
}

fn compare(column: &str, by: Comparison, to: Value) -> RowTest {
    RowTest::Compare { column: column.to_owned(), by, to }
}

fn predicate(tests: &[RowTest]) -> Option<String> {
    let columns = columns(&[
        ("flag", ColumnType::Boolean),
        ("n", ColumnType::Integer),
        ("x", ColumnType::Double),
        ("t", ColumnType::Text),
        ("odd", ColumnType::Other),
    ]);
    let wrapped = wrap("SELECT 1", &columns, tests)?;
    let (_, predicate) = wrapped.text.split_once(" WHERE ").unwrap();
    Some(predicate.to_owned())
}

#[test]
fn values_are_bound_and_never_written() {
    let columns = columns(&[("t", ColumnType::Text)]);
    let evil = "x' OR 1=1 --";
    let wrapped = wrap("SELECT 1 -- end", &columns, &[compare("t", Comparison::Equal, Value::string(evil))]);
    let Wrapped { text, values } = wrapped.unwrap();
    assert_eq!(
        text,
        "SELECT * FROM (\nSELECT 1 -- end\n) AS mxcp_rows(c0) WHERE (c0 COLLATE C) = $mxcp_row_0_::VARCHAR"
    );
    assert_eq!(values, [("mxcp_row_0_".into(), Value::string(evil))]);
}

#[test]
fn what_is_not_understood_leaves_every_row() {
    assert_eq!(predicate(&[RowTest::Opaque]), None);
    assert_eq!(predicate(&[compare("odd", Comparison::Equal, Value::Int(1))]), None);
    assert_eq!(predicate(&[compare("n", Comparison::Less, Value::Float(0.5))]), None);
    // An error counts, so the rows on which there may be one are fetched.
    assert_eq!(predicate(&[compare("missing", Comparison::Equal, Value::Int(1))]), None);
    assert_eq!(predicate(&[RowTest::Known(None)]), None);
    assert_eq!(predicate(&[]), None);
}

#[test]
fn one_part_that_is_understood_is_enough_of_a_conjunction() {
    let known = || compare("n", Comparison::Equal, Value::Int(1));
    let expected = Some("c1 = $mxcp_row_0_::BIGINT".to_owned());
    assert_eq!(predicate(&[known(), RowTest::Opaque]), expected);
    assert_eq!(predicate(&[RowTest::All(vec![known(), RowTest::Opaque])]), expected);
    assert_eq!(predicate(&[RowTest::Any(vec![known(), RowTest::Opaque])]), None);
}

#[test]
fn what_fails_is_fetched_so_that_it_is_counted() {
    assert_eq!(
        predicate(&[compare("n", Comparison::Less, Value::Int(1))]),
        Some("(c1 IS NULL OR c1 < $mxcp_row_0_::BIGINT)".to_owned())
    );
    let guarded = RowTest::All(vec![
        compare("n", Comparison::NotEqual, Value::Null),
        compare("n", Comparison::Less, Value::Int(1)),
    ]);
    let text = predicate(&[guarded]).unwrap();
    assert!(text.contains("NOT (c1 IS NULL)"), "{text}");
}

#[test]
fn values_of_another_kind_are_never_equal() {
    assert_eq!(predicate(&[compare("t", Comparison::Equal, Value::Int(1))]), Some("false".to_owned()));
    assert_eq!(predicate(&[compare("t", Comparison::NotEqual, Value::Int(1))]), None);
    assert_eq!(
        predicate(&[RowTest::In { column: "n".to_owned(), of: vec![Value::string("a"), Value::Int(2)] }]),
        Some("c1 = $mxcp_row_0_::BIGINT".to_owned())
    );
}

#[test]
fn predicates_that_are_too_large_are_left_out() {
    let column = |number: i64| compare("n", Comparison::Equal, Value::Int(number));
    assert!(predicate(&[RowTest::Any((0..100).map(column).collect())]).is_some());
    assert!(predicate(&[RowTest::Any((0..1000).map(column).collect())]).is_none());
    let less = |number: i64| compare("n", Comparison::Less, Value::Int(number));
    let nested = (0..40).fold(less(0), |inner, number| {
        RowTest::Choice(Box::new([inner, less(number), RowTest::Not(Box::new(less(number)))]))
    });
    assert!(predicate(std::slice::from_ref(&nested)).is_none());
    // What is understood beside it is asked all the same.
    assert!(predicate(&[RowTest::All(vec![nested, column(1)])]).is_some());
}
