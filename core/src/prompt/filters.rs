//! The filters of Jinja2 that the engine lacks, or has with other arguments or another result.

mod dump;
mod markup;
mod text;

use minijinja::functions::Function;
use minijinja::value::{FunctionArgs, FunctionResult, Kwargs, Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value, filters};

use super::globals::Random;
use super::{percent, python};

pub(super) use markup::escape;
pub(super) use text::centered;

pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_filter("sort", named(filters::sort, &["reverse", "case_sensitive", "attribute"]));
    environment.add_filter("dictsort", named(filters::dictsort, &["case_sensitive", "by", "reverse"]));
    environment.add_filter("unique", named(filters::unique, &["case_sensitive", "attribute"]));
    environment.add_filter("min", named(filters::min, &["case_sensitive", "attribute"]));
    environment.add_filter("max", named(filters::max, &["case_sensitive", "attribute"]));
    environment.add_filter("groupby", named(filters::groupby, &["attribute", "default", "case_sensitive"]));
    environment.add_filter("join", named(filters::join, &["d", "attribute"]));
    environment.add_filter("sum", named(filters::sum, &["attribute", "start"]));
    environment.add_filter("default", default);
    environment.add_filter("d", default);
    environment.add_filter("int", int);
    environment.add_filter("float", float);
    environment.add_filter("string", |value: &Value| python::display(value));
    environment.add_filter("random", random);
    environment.add_filter("format", percent::format_filter);
    environment.add_filter(percent::FILTER, percent::modulo);
    environment.add_filter("tojson", dump::to_json);
    environment.add_filter("pprint", dump::pretty);
    environment.add_filter("e", markup::escape_filter);
    environment.add_filter("escape", markup::escape_filter);
    environment.add_filter("forceescape", markup::force_escape);
    environment.add_filter("striptags", markup::strip_tags);
    environment.add_filter("urlize", markup::urlize);
    environment.add_filter("xmlattr", markup::xml_attributes);
    environment.add_filter("urlencode", markup::url_encode);
    environment.add_filter("indent", text::indent);
    environment.add_filter("center", text::center);
    environment.add_filter("filesizeformat", text::file_size);
    environment.add_filter("truncate", text::truncate);
    environment.add_filter("wordcount", text::word_count);
    environment.add_filter("wordwrap", text::word_wrap);
    environment.add_test("callable", is_callable);
}

/// A filter whose arguments may also be given by position, as all of Jinja2's may.
fn named<F, R, A>(
    filter: F,
    names: &'static [&'static str],
) -> impl Fn(&mut State<'_, '_>, Value, Rest<Value>, Kwargs) -> Result<Value, Error> + Send + Sync + 'static
where
    F: Function<R, A>,
    R: FunctionResult,
    A: for<'a> FunctionArgs<'a>,
{
    let filter = Value::from_function(filter);
    move |state, value, positional, given| {
        let arguments = by_name(names, &positional, &given)?;
        filter.call(state, &[value, arguments.into()])
    }
}

/// Arguments by position and by name as arguments by name. An `attribute` may be the index of an item.
pub(super) fn by_name(names: &[&str], positional: &[Value], given: &Kwargs) -> Result<Kwargs, Error> {
    if positional.len() > names.len() {
        return Err(Error::from(ErrorKind::TooManyArguments));
    }
    let mut arguments: Vec<(&str, Value)> = names.iter().copied().zip(positional.iter().cloned()).collect();
    for name in given.args() {
        arguments.push((name, given.get(name)?));
    }
    // The engine takes the index as a text only, and none from the end.
    for (name, value) in &mut arguments {
        if *name == "attribute" && value.is_integer() && value.as_i64().is_some_and(|index| index >= 0) {
            *value = Value::from(value.to_string());
        }
    }
    Ok(arguments.into_iter().collect())
}

/// Whether a value can be called: functions, macros and the like.
fn is_callable(value: &Value) -> bool {
    value.kind() == ValueKind::Plain && !value.is_undefined()
        || value.downcast_object_ref::<super::moment::Moment>().is_some()
}

/// Another value in place of an undefined one, or of any that is false.
fn default(value: &Value, options: Rest<Value>, named: Kwargs) -> Result<Value, Error> {
    let options = by_name(&["default_value", "boolean"], &options, &named)?;
    let default = options.get::<Option<Value>>("default_value")?.unwrap_or_else(|| Value::from(""));
    let boolean = options.get::<Option<bool>>("boolean")?.unwrap_or(false);
    options.assert_all_used()?;
    let replaced = value.is_undefined() || boolean && !value.is_true();
    Ok(if replaced { default } else { value.clone() })
}

/// An integer, or the default where there is none.
fn int(
    state: &mut State<'_, '_>,
    value: &Value,
    default: Option<Value>,
    base: Option<u32>,
    named: Kwargs,
) -> Result<Value, Error> {
    let default = default.or(named.get("default")?).unwrap_or_else(|| Value::from(0));
    let base = base.or(named.get("base")?).unwrap_or(10);
    named.assert_all_used()?;
    let trimmed = value.as_str().map(|text| Value::from(text.trim().replace('_', "")));
    filters::int(
        state,
        trimmed.as_ref().unwrap_or(value),
        Some(default),
        Some(base),
        Kwargs::from_iter::<[(&str, Value); 0]>([]),
    )
}

/// A float, or the default where there is none.
fn float(value: &Value, default: Option<Value>, named: Kwargs) -> Result<Value, Error> {
    let default = default.or(named.get("default")?).unwrap_or_else(|| Value::from(0.0));
    named.assert_all_used()?;
    let number = match value.as_str() {
        Some(text) => text.trim().replace('_', "").parse::<f64>().ok(),
        None if value.kind() == ValueKind::Bool => Some(if value.is_true() { 1.0 } else { 0.0 }),
        None => f64::try_from(value.clone()).ok(),
    };
    Ok(number.map_or(default, Value::from))
}

/// One item of a list: another one at each use, and the same ones at each rendering.
fn random(state: &mut State<'_, '_>, value: &Value) -> Result<Value, Error> {
    let items: Vec<Value> = match value.as_str() {
        Some(text) => text.chars().map(Value::from).collect(),
        None => value.try_iter()?.collect(),
    };
    state.consume_fuel(items.len() as u64)?;
    let index = Random::of(state).below(items.len() as u64);
    Ok(items.get(usize::try_from(index).unwrap_or(0)).cloned().unwrap_or(Value::UNDEFINED))
}
