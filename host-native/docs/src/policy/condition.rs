//! Simple conditions in words. What is not simple has no words: the code says it better.

mod token;

use self::token::{Token, tokens};
use crate::prose::Prose;

/// Deepest nesting that still makes a sentence.
const MAX_DEPTH: usize = 4;

/// A condition of a simple form.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    Any(Vec<Condition>),
    All(Vec<Condition>),
    Not(Box<Condition>),
    /// The two compared: `==`, `!=`, `<`, `<=`, `>` or `>=`.
    Compare(Operand, &'static str, Operand),
    In(Operand, Operand),
    /// A method with one argument: subject, words for it and for its opposite, argument.
    Text(Operand, &'static str, &'static str, Operand),
    Given(Operand),
    Holds(Operand),
}

/// What conditions are about.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    /// `user.role` by its parts.
    Path(Vec<String>),
    /// A text, number, truth value or null as people write it.
    Literal(String),
    /// Several of these.
    List(Vec<String>),
}

impl Condition {
    /// Understands a CEL condition; none if it is of no simple form.
    pub(super) fn parse(source: &str) -> Option<Self> {
        let mut parser = Parser { rest: tokens(source)?, at: 0 };
        let condition = parser.any(0)?;
        (parser.at == parser.rest.len()).then_some(condition)
    }

    /// ` if …` or ` unless …`.
    pub(super) fn clause(&self) -> Prose {
        let negative = self.is_negative();
        Prose::default().text(if negative { " unless " } else { " if " }).then(self.words(!negative))
    }

    /// What it says, as it stands.
    pub(super) fn statement(&self) -> Prose {
        self.words(true)
    }

    /// Whether it says what is not the case, so that its opposite is easier to read.
    fn is_negative(&self) -> bool {
        match self {
            Self::Not(inner) => !inner.is_negative(),
            Self::Compare(_, operator, _) => *operator == "!=",
            Self::Any(parts) | Self::All(parts) => parts.iter().all(Self::is_negative),
            _ => false,
        }
    }

    /// In words, or its opposite in words.
    fn words(&self, positive: bool) -> Prose {
        let pick = |one: &'static str, other: &'static str| if positive { one } else { other };
        match self {
            Self::Not(inner) => inner.words(!positive),
            Self::Any(parts) | Self::All(parts) => {
                let is_any = matches!(self, Self::Any(_)) == positive;
                let mixed = parts.iter().any(|part| matches!(part, Self::Any(_) | Self::All(_)));
                let word = match (is_any, mixed) {
                    (true, false) => " or ",
                    (true, true) => ", or ",
                    (false, false) => " and ",
                    (false, true) => ", and ",
                };
                parts.iter().enumerate().fold(Prose::default(), |prose, (index, part)| {
                    let prose = if index == 0 { prose } else { prose.text(word) };
                    prose.then(part.words(positive))
                })
            }
            Self::Compare(one, operator, other) => {
                let verb = match (*operator, positive) {
                    ("==", true) | ("!=", false) => " is ",
                    ("!=", true) | ("==", false) => " is not ",
                    ("<", true) | (">=", false) => " is less than ",
                    ("<=", true) | (">", false) => " is at most ",
                    (">", true) | ("<=", false) => " is more than ",
                    _ => " is at least ",
                };
                one.words().text(verb).then(other.words())
            }
            Self::In(item, Operand::List(list)) => {
                item.words().text(pick(" is ", " is neither ")).codes(list.iter().cloned(), pick("or", "nor"))
            }
            Self::In(item, list) => {
                list.words().text(pick(" include ", " don't include ")).then(item.words())
            }
            Self::Text(subject, does, does_not, argument) => {
                subject.words().text(pick(does, does_not)).then(argument.words())
            }
            Self::Given(subject) => subject.words().text(pick(" is given", " is not given")),
            Self::Holds(subject) => subject.words().text(pick(" is true", " is not true")),
        }
    }
}

impl Operand {
    fn words(&self) -> Prose {
        let start = Prose::default();
        match self {
            Self::Literal(text) => start.code(text.clone()),
            Self::List(texts) => start.codes(texts.iter().cloned(), "and"),
            Self::Path(parts) => match parts.split_first() {
                Some((first, rest)) if first == "user" && !rest.is_empty() => {
                    start.text("the caller's ").code(rest.join("."))
                }
                Some((first, rest)) if first == "response" && !rest.is_empty() => {
                    start.text("the result's ").code(rest.join("."))
                }
                Some((first, [])) if first == "response" => start.text("the result"),
                _ => start.code(parts.join(".")),
            },
        }
    }
}

/// Reads tokens from left to right; every step gives none if it meets something unexpected.
struct Parser {
    rest: Vec<Token>,
    at: usize,
}

impl Parser {
    fn take(&mut self, symbol: &str) -> bool {
        let found = matches!(self.rest.get(self.at), Some(Token::Symbol(it)) if *it == symbol);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self, depth: usize) -> Option<Condition> {
        let mut parts = vec![self.all(depth)?];
        while self.take("||") {
            parts.push(self.all(depth)?);
        }
        if parts.len() == 1 { parts.pop() } else { Some(Condition::Any(parts)) }
    }

    fn all(&mut self, depth: usize) -> Option<Condition> {
        let mut parts = vec![self.one(depth)?];
        while self.take("&&") {
            parts.push(self.one(depth)?);
        }
        if parts.len() == 1 { parts.pop() } else { Some(Condition::All(parts)) }
    }

    fn one(&mut self, depth: usize) -> Option<Condition> {
        if depth > MAX_DEPTH {
            return None;
        }
        if self.take("!") {
            return Some(Condition::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.take("(") {
            let inner = self.any(depth + 1)?;
            return self.take(")").then_some(inner);
        }
        let subject = self.operand()?;
        if let Operand::Path(path) = &subject
            && matches!(self.rest.get(self.at), Some(Token::Symbol("(")))
        {
            let path = path.clone();
            return self.call(path);
        }
        for operator in ["==", "!=", "<=", ">=", "<", ">"] {
            if self.take(operator) {
                return Some(Condition::Compare(subject, operator, self.operand()?));
            }
        }
        if self.take("in") {
            let list = self.operand()?;
            return (!matches!(list, Operand::Literal(_))).then_some(Condition::In(subject, list));
        }
        matches!(subject, Operand::Path(_)).then_some(Condition::Holds(subject))
    }

    /// `has(path)`, or a method of a text.
    fn call(&mut self, mut path: Vec<String>) -> Option<Condition> {
        let name = path.pop()?;
        let argument = if self.take("(") { self.operand()? } else { return None };
        if !self.take(")") {
            return None;
        }
        if path.is_empty() {
            let given = name == "has" && matches!(argument, Operand::Path(_));
            return given.then_some(Condition::Given(argument));
        }
        let (does, does_not) = match name.as_str() {
            "startsWith" => (" begins with ", " doesn't begin with "),
            "endsWith" => (" ends with ", " doesn't end with "),
            "contains" => (" contains ", " doesn't contain "),
            "matches" => (" matches ", " doesn't match "),
            _ => return None,
        };
        Some(Condition::Text(Operand::Path(path), does, does_not, argument))
    }

    fn operand(&mut self) -> Option<Operand> {
        if self.take("[") {
            let mut list = Vec::new();
            while !self.take("]") {
                if !list.is_empty() && !self.take(",") {
                    return None;
                }
                list.push(self.literal()?);
            }
            return (!list.is_empty()).then_some(Operand::List(list));
        }
        if let Some(Token::Path(path)) = self.rest.get(self.at) {
            let path = path.clone();
            self.at += 1;
            return Some(Operand::Path(path));
        }
        self.literal().map(Operand::Literal)
    }

    fn literal(&mut self) -> Option<String> {
        let Some(Token::Literal(text)) = self.rest.get(self.at) else { return None };
        let text = text.clone();
        self.at += 1;
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(source: &str) -> String {
        Condition::parse(source)
            .map(|condition| condition.clause().plain().trim().to_owned())
            .unwrap_or_default()
    }

    #[test]
    fn comparisons_have_words() {
        assert_eq!(said("user.role == 'anonymous'"), "if the caller's `role` is `anonymous`");
        assert_eq!(said("user.role != \"admin\""), "unless the caller's `role` is `admin`");
        assert_eq!(said("limit > 100"), "if `limit` is more than `100`");
        assert_eq!(said("!(limit > 100)"), "unless `limit` is more than `100`");
        assert_eq!(said("response.total >= 1.5"), "if the result's `total` is at least `1.5`");
        assert_eq!(said("country == null"), "if `country` is `null`");
    }

    #[test]
    fn membership_has_words() {
        assert_eq!(
            said("!('customers.read' in user.permissions)"),
            "unless the caller's `permissions` include `customers.read`"
        );
        assert_eq!(said("user.role in ['a', 'b']"), "if the caller's `role` is `a` or `b`");
        assert_eq!(said("!(user.role in ['a', 'b'])"), "unless the caller's `role` is `a` or `b`");
    }

    #[test]
    fn conditions_are_joined_by_words() {
        assert_eq!(
            said("user.role != 'a' && user.role != 'b'"),
            "unless the caller's `role` is `a` or the caller's `role` is `b`"
        );
        assert_eq!(said("a == 1 && !user.verified"), "if `a` is `1` and the caller's `verified` is not true");
        assert_eq!(said("a == 1 || b == 2 && c == 3"), "if `a` is `1`, or `b` is `2` and `c` is `3`");
        assert_eq!(said("!has(user.email)"), "unless the caller's `email` is given");
        assert_eq!(
            said("!user.email.endsWith('@example.com')"),
            "unless the caller's `email` ends with `@example.com`"
        );
    }

    #[test]
    fn what_is_not_simple_has_no_words() {
        for source in [
            "",
            "size(a) > 3",
            "a + 1 == 2",
            "a ? b : c",
            "user.roles.exists(r, r == 'x')",
            "a == 'x' ||",
            "(a == 1",
            "a[0] == 1",
            "'x' in 'xyz'",
            "a == b'x'",
            "!!!!!!!!!!a",
            "a == 1 // comment",
        ] {
            assert_eq!(said(source), "", "{source}");
        }
    }
}
