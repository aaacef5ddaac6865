//! The templates, which escape whatever is put into them.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use crate::page::Error;

/// Every template by name. The names end in `.html`, which makes the engine escape.
const TEMPLATES: &[(&str, &str)] = &[
    ("layout.html", include_str!("../templates/layout.html")),
    ("parts.html", include_str!("../templates/parts.html")),
    ("index.html", include_str!("../templates/index.html")),
    ("endpoint.html", include_str!("../templates/endpoint.html")),
    ("inspector.html", include_str!("../templates/inspector.html")),
];

static ENVIRONMENT: LazyLock<Result<Environment<'static>, minijinja::Error>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
});

/// Fills a template in.
pub(crate) fn render(template: &str, path: &str, content: &impl Serialize) -> Result<String, Error> {
    let failed = |reason: &str| Error { path: path.to_owned(), source: reason.into() };
    let environment = ENVIRONMENT.as_ref().map_err(|error| failed(&format!("{error:#}")))?;
    let rendered = environment.get_template(template).and_then(|it| it.render(Value::from(Serde(content))));
    rendered.map_err(|source| Error { path: path.to_owned(), source: source.into() })
}
