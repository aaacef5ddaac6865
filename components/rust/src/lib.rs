//! Readability, keywords and a search by relevance, as functions of a WebAssembly component.

mod keywords;
mod readability;
mod relevance;
mod words;

mod bindings {
    wit_bindgen::generate!({ world: "text", path: "wit", generate_all });
}

use bindings::exports::acme::text::analysis::{self, Keyword, Statistics};
use bindings::exports::acme::text::search::{self, Error, Hit};
use bindings::mxcp::tool::host::{self, Level, Value};

/// The most documents that are searched in one call.
const MOST_DOCUMENTS: u32 = 100_000;

struct Text;

bindings::export!(Text with_types_in bindings);

impl analysis::Guest for Text {
    fn readability(text: String) -> Result<Statistics, String> {
        readability::count(&text).ok_or_else(|| "there are no words in it".to_owned())
    }

    fn keywords(text: String, max_items: Option<u32>, stop_words: Vec<String>) -> Vec<Keyword> {
        keywords::extract(&text, max_items.unwrap_or(10) as usize, &stop_words)
    }
}

impl search::Guest for Text {
    fn find(question: String, max_items: u8) -> Result<Vec<Hit>, Error> {
        let asked: Vec<String> = words::of(&question).collect();
        if asked.is_empty() {
            return Err(Error::NothingAsked);
        }
        // One more than allowed, to know of it.
        let sql = format!("SELECT id, title, body FROM 'data/documents.csv' LIMIT {}", MOST_DOCUMENTS + 1);
        let rows = host::query(&sql, &[]).map_err(|error| Error::Unavailable(reason(error)))?.rows;
        if rows.len() > MOST_DOCUMENTS as usize {
            return Err(Error::TooMany(MOST_DOCUMENTS));
        }
        let total = rows.len() as f64;
        let mut index = relevance::Index::new(&asked);
        for (at, row) in rows.iter().enumerate() {
            if at % 1000 == 0 {
                host::progress(at as f64, Some(total), Some("reading documents"));
            }
            let [id, title, body] = row.as_slice() else { continue };
            index.add(plain(id), plain(title), &plain(body));
        }
        host::log(Level::Debug, &format!("{} documents were searched for {asked:?}", rows.len()));
        Ok(index.best(max_items as usize))
    }
}

/// A value of the database as text.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::Text(text) | Value::Json(text) => text.clone(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn reason(error: host::Error) -> String {
    match error {
        host::Error::Denied(why) | host::Error::Failed(why) | host::Error::Invalid(why) => why,
        host::Error::Cancelled => "the call was taken back".to_owned(),
    }
}
