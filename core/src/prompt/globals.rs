//! The globals of Jinja2 that the engine lacks.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use minijinja::value::{Kwargs, Object, ObjectRepr, Rest, from_args};
use minijinja::{Environment, Error, ErrorKind, State, Value};

use super::filters::by_name;

pub(super) fn add(environment: &mut Environment<'static>) {
    environment.remove_global("debug");
    environment.add_function("cycler", cycler);
    environment.add_function("joiner", joiner);
    environment.add_function("lipsum", lipsum);
}

/// Numbers that look random and are the same at each rendering.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The numbers of a rendering.
    pub(super) fn of<'a>(state: &'a mut State<'_, '_>) -> &'a mut Self {
        state.get_or_insert_extension_with(|| Self(0x9e37_79b9_7f4a_7c15))
    }

    /// A number below `limit`, or 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16).checked_rem(limit).unwrap_or(0)
    }
}

/// Gives its items in turn.
#[derive(Debug)]
struct Cycler {
    items: Vec<Value>,
    position: AtomicUsize,
}

fn cycler(items: Rest<Value>) -> Result<Value, Error> {
    if items.is_empty() {
        return Err(Error::new(ErrorKind::MissingArgument, "at least one item has to be provided"));
    }
    Ok(Value::from_object(Cycler { items: items.to_vec(), position: AtomicUsize::new(0) }))
}

impl Cycler {
    fn at(&self, position: usize) -> Value {
        self.items.get(position % self.items.len().max(1)).cloned().unwrap_or_default()
    }
}

impl Object for Cycler {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "current" => Some(self.at(self.position.load(Ordering::Relaxed))),
            _ => None,
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        from_args::<()>(args)?;
        match method {
            "next" => Ok(self.at(self.position.fetch_add(1, Ordering::Relaxed))),
            "reset" => {
                self.position.store(0, Ordering::Relaxed);
                Ok(Value::from(()))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<cycler>")
    }
}

/// Gives nothing when called first, then its separator.
#[derive(Debug)]
struct Joiner {
    separator: Value,
    used: AtomicUsize,
}

fn joiner(separator: Option<Value>, named: Kwargs) -> Result<Value, Error> {
    let separator = separator.or(named.get("sep")?).unwrap_or_else(|| Value::from(", "));
    named.assert_all_used()?;
    Ok(Value::from_object(Joiner { separator, used: AtomicUsize::new(0) }))
}

impl Object for Joiner {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        from_args::<()>(args)?;
        match self.used.swap(1, Ordering::Relaxed) {
            0 => Ok(Value::from("")),
            _ => Ok(self.separator.clone()),
        }
    }

    fn render(self: &Arc<Self>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<joiner>")
    }
}

/// Filler text: paragraphs of a number of words, in HTML unless asked otherwise.
fn lipsum(state: &mut State<'_, '_>, options: Rest<Value>, named: Kwargs) -> Result<Value, Error> {
    const WORDS: [&str; 20] = [
        "lorem",
        "ipsum",
        "dolor",
        "sit",
        "amet",
        "consectetur",
        "adipiscing",
        "elit",
        "sed",
        "eiusmod",
        "tempor",
        "incididunt",
        "ut",
        "labore",
        "et",
        "dolore",
        "magna",
        "aliqua",
        "enim",
        "minim",
    ];
    let options = by_name(&["n", "html", "min", "max"], &options, &named)?;
    let paragraphs = options.get::<Option<u64>>("n")?.unwrap_or(5);
    let html = options.get::<Option<bool>>("html")?.unwrap_or(true);
    let least = options.get::<Option<u64>>("min")?.unwrap_or(20);
    let most = options.get::<Option<u64>>("max")?.unwrap_or(100);
    options.assert_all_used()?;
    let mut written = Vec::new();
    for _ in 0..paragraphs {
        let count = least + Random::of(state).below(most.saturating_sub(least));
        state.consume_fuel(1 + count)?;
        let words: Vec<&str> = (0..count)
            .map(|_| Random::of(state).below(WORDS.len() as u64))
            .filter_map(|index| WORDS.get(usize::try_from(index).ok()?).copied())
            .collect();
        let text = words.join(" ");
        let mut letters = text.chars();
        let capital: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        let sentence = format!("{capital}{}.", letters.as_str());
        written.push(if html { format!("<p>{sentence}</p>") } else { sentence });
    }
    Ok(Value::from_safe_string(written.join(if html { "\n" } else { "\n\n" })))
}
