//! The words and signs of a simple condition.

/// A word or sign.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// `user.role` by its parts.
    Path(Vec<String>),
    /// A text without its quotes; a number; `true`, `false` or `null`.
    Literal(String),
    /// An operator, a bracket or a comma; `in` too.
    Symbol(&'static str),
}

/// Longer ones first.
const SYMBOLS: &[&str] = &["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", "[", "]", ","];

/// The tokens of a text; none if there is anything else in it.
pub(super) fn tokens(source: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '\'' | '"' => {
                let text = rest.get(1..)?.split(first).next()?;
                // Escapes and texts over several lines are for those who read the code.
                if text.contains(['\\', '\n']) || !rest.get(1 + text.len()..)?.starts_with(first) {
                    return None;
                }
                (Token::Literal(text.to_owned()), text.len() + 2)
            }
            '0'..='9' | '-' => {
                let length = length(rest, |it| it.is_ascii_digit() || it == '.' || it == '-');
                let number = rest.get(..length)?;
                number.parse::<f64>().ok()?;
                (Token::Literal(number.to_owned()), length)
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let length = length(rest, |it| it.is_ascii_alphanumeric() || it == '_' || it == '.');
                (word(rest.get(..length)?)?, length)
            }
            _ => {
                let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol))?;
                (Token::Symbol(symbol), symbol.len())
            }
        };
        let after = rest.get(length..)?;
        // `b'x'` and `1u` are no two tokens.
        let joined = |next: char| next.is_ascii_alphanumeric() || matches!(next, '\'' | '"');
        if !matches!(token, Token::Symbol(sign) if sign != "in") && after.starts_with(joined) {
            return None;
        }
        tokens.push(token);
        rest = after.trim_start();
    }
    Some(tokens)
}

fn word(text: &str) -> Option<Token> {
    Some(match text {
        "in" => Token::Symbol("in"),
        "true" | "false" | "null" => Token::Literal(text.to_owned()),
        _ => {
            let parts: Vec<String> = text.split('.').map(str::to_owned).collect();
            if parts.iter().any(String::is_empty) {
                return None;
            }
            Token::Path(parts)
        }
    })
}

fn length(text: &str, part: impl Fn(char) -> bool) -> usize {
    text.find(|character| !part(character)).unwrap_or(text.len())
}
