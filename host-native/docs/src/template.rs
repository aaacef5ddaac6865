//! The templates, which escape whatever is put into them.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior, escape_formatter};
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
    environment.set_formatter(write);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
});

/// Writes a value into HTML. The engine's own escaping writes `&#x2f;` for `/`, which makes every link unreadable
/// and means nothing in the text and the quoted attributes that there are here.
fn write(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    let text = value.as_str().filter(|_| !value.is_safe() && matches!(state.auto_escape(), AutoEscape::Html));
    let Some(text) = text else { return escape_formatter(out, state, value) };
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        let (plain, special) = rest.split_at(at);
        out.write_str(plain)?;
        let mut characters = special.chars();
        out.write_str(match characters.next() {
            Some('&') => "&amp;",
            Some('<') => "&lt;",
            Some('>') => "&gt;",
            Some('"') => "&quot;",
            _ => "&#39;",
        })?;
        rest = characters.as_str();
    }
    Ok(out.write_str(rest)?)
}

/// Fills a template in.
pub(crate) fn render(template: &str, path: &str, content: &impl Serialize) -> Result<String, Error> {
    let failed = |reason: &str| Error { path: path.to_owned(), source: reason.into() };
    let environment = ENVIRONMENT.as_ref().map_err(|error| failed(&format!("{error:#}")))?;
    let rendered = environment.get_template(template).and_then(|it| it.render(Value::from(Serde(content))));
    rendered.map_err(|source| Error { path: path.to_owned(), source: source.into() })
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    #[test]
    fn texts_are_escaped_and_paths_stay_readable() {
        let mut environment = Environment::new();
        environment.set_formatter(write);
        environment.add_template("t.html", "<a href=\"{{ a }}\">{{ b|safe }}{{ c }}{{ d }}</a>").unwrap();
        let content = context! { a => "x/y?\"&'<é>", b => "<i>", c => 1.5, d => ["<"] };
        let written = environment.get_template("t.html").unwrap().render(content).unwrap();
        assert_eq!(written, "<a href=\"x/y?&quot;&amp;&#39;&lt;é&gt;\"><i>1.5[&#x27;&lt;&#x27;]</a>");
    }
}
