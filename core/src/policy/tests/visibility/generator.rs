//! Conditions at random: always the same ones, from a seed.

use crate::value::{Object, Value};

/// A source of choices.
pub(super) struct Generator {
    state: u64,
    /// Variables of the loops around the present place.
    loops: Vec<String>,
}

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, loops: Vec::new() }
    }

    fn below(&mut self, bound: usize) -> usize {
        // Marsaglia's xorshift, 64 bits.
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 33).unwrap() % bound
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// A condition.
    pub(super) fn condition(&mut self) -> String {
        self.boolean(3)
    }

    /// A condition about the caller only.
    pub(super) fn condition_on_user(&mut self) -> String {
        loop {
            let condition = self.boolean(2);
            let reads = |name: char| {
                condition.split(|c: char| !c.is_alphanumeric()).any(|word| word == name.to_string())
            };
            if !['a', 'b', 'c'].into_iter().any(reads) && !condition.contains("now()") {
                return condition;
            }
        }
    }

    fn boolean(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.simple_boolean();
        }
        let inner = depth - 1;
        match self.below(12) {
            0 | 1 => format!("({} && {})", self.boolean(inner), self.boolean(inner)),
            2 | 3 => format!("({} || {})", self.boolean(inner), self.boolean(inner)),
            4 => format!("!{}", self.boolean(inner)),
            5 => format!("({} ? {} : {})", self.boolean(inner), self.boolean(inner), self.boolean(inner)),
            6 => {
                let order = self.one(&["==", "!=", "<", ">=", ">"]);
                format!("{} {order} {}", self.int(inner), self.int(inner))
            }
            7 => format!("{} == {}", self.text(inner), self.text(inner)),
            8 => format!("{} in {}", self.text(inner), self.list(inner)),
            9 | 10 if self.loops.len() < 2 => {
                let (range, fold) = (self.list(inner), self.one(&["all", "exists", "exists_one"]));
                let (variable, body) = self.within(|generator| generator.boolean(inner));
                format!("{range}.{fold}({variable}, {body})")
            }
            _ => self.simple_boolean(),
        }
    }

    fn simple_boolean(&mut self) -> String {
        let own = self.variable();
        match self.below(16) {
            0 => "user.active".to_owned(),
            1 => "user.role == 'admin'".to_owned(),
            2 => "'p' in user.permissions".to_owned(),
            3 => "has(user.level)".to_owned(),
            4 => "has(c.x)".to_owned(),
            5 => "user.level > 2".to_owned(),
            6 => "a > 3".to_owned(),
            7 => "b.startsWith('p')".to_owned(),
            8 => "user.role.contains(b)".to_owned(),
            9 => "b.matches(user.role)".to_owned(),
            10 => self.one(&["true", "false"]).to_owned(),
            11 => "a".to_owned(),
            12 => format!("{own} == 'p'"),
            13 => format!("{own} != a"),
            14 => "now() > timestamp('2024-01-01')".to_owned(),
            _ => "type(a) == int".to_owned(),
        }
    }

    /// A variable of a loop, or else a parameter.
    fn variable(&mut self) -> String {
        self.loops.last().cloned().unwrap_or_else(|| "b".to_owned())
    }

    /// What is in a loop; its variable may hide a parameter.
    fn within(&mut self, body: impl FnOnce(&mut Self) -> String) -> (String, String) {
        let variable = self.one(&["v", "w", "a", "b"]).to_owned();
        self.loops.push(variable.clone());
        let body = body(self);
        self.loops.pop();
        (variable, body)
    }

    fn int(&mut self, depth: usize) -> String {
        if depth == 0 {
            let own = self.variable();
            return match self.below(7) {
                0 | 1 => "a".to_owned(),
                2 => "user.level".to_owned(),
                3 => "9223372036854775807".to_owned(),
                4 => "size(user.permissions)".to_owned(),
                5 => format!("size({own})"),
                _ => self.one(&["0", "1", "3"]).to_owned(),
            };
        }
        let inner = depth - 1;
        match self.below(6) {
            0..=2 => {
                let operator = self.one(&["+", "-", "*", "/", "%"]);
                format!("({} {operator} {})", self.int(inner), self.int(inner))
            }
            3 => format!("size({})", self.list(inner)),
            4 => format!("{}[{}]", self.list(inner), self.int(inner)),
            _ => self.int(0),
        }
    }

    fn text(&mut self, depth: usize) -> String {
        if depth == 0 {
            let own = self.variable();
            return match self.below(5) {
                0 | 1 => own,
                2 => "user.role".to_owned(),
                3 => "b".to_owned(),
                _ => self.one(&["'p'", "'x'", "''"]).to_owned(),
            };
        }
        let inner = depth - 1;
        match self.below(6) {
            0 => format!("({} + {})", self.text(inner), self.text(inner)),
            1 => format!("{}.lowerAscii()", self.text(inner)),
            2 => format!("string({})", self.int(inner)),
            3 => format!("{}.substring({})", self.text(inner), self.int(0)),
            _ => self.text(0),
        }
    }

    fn list(&mut self, depth: usize) -> String {
        if depth == 0 || self.loops.len() > 1 {
            return self.one(&["c", "user.permissions", "user.groups", "[]", "['p', b]"]).to_owned();
        }
        let inner = depth - 1;
        match self.below(7) {
            0 => format!("[{}, {}]", self.text(inner), self.int(inner)),
            1 => format!("({} + {})", self.list(inner), self.list(inner)),
            2 => {
                let range = self.list(0);
                let (variable, body) = self.within(|generator| generator.boolean(inner));
                format!("{range}.filter({variable}, {body})")
            }
            3 => {
                let range = self.list(0);
                let (variable, body) = self.within(|generator| generator.text(inner));
                format!("{range}.map({variable}, {body})")
            }
            _ => self.list(0),
        }
    }

    /// A caller: a user context, or nobody.
    pub(super) fn user(&mut self) -> Option<String> {
        if self.below(4) == 0 {
            return None;
        }
        let mut fields =
            vec![format!("\"role\": {}", self.one(&["\"admin\"", "\"p\"", "null", "[\"admin\"]"]))];
        let optional = [
            ("permissions", &["[]", "[\"p\"]", "[\"x\", \"p\"]", "\"p\"", "{\"p\": 1}"][..]),
            ("level", &["1", "3", "null", "\"high\""]),
            ("active", &["true", "false", "\"yes\""]),
            ("groups", &["[1, 2]", "[]", "[\"p\", 3, null]"]),
        ];
        for (key, values) in optional {
            if self.below(3) > 0 {
                fields.push(format!("\"{key}\": {}", self.one(values)));
            }
        }
        Some(format!("{{{}}}", fields.join(", ")))
    }

    /// Values for the parameters `a`, `b` and `c`.
    pub(super) fn arguments(&mut self) -> Object {
        let a = self.one(&["0", "1", "4", "-3", "9223372036854775807", "2.5", "true", "null", "\"p\""]);
        let b = self.one(&["\"p\"", "\"\"", "\"admin\"", "\"x\"", "\"(\"", "null", "7"]);
        let c = self.one(&["[]", "[\"p\"]", "[1, 2, \"p\"]", "{\"x\": 1}", "null", "[true, false]", "\"p\""]);
        let json = format!("{{\"a\": {a}, \"b\": {b}, \"c\": {c}}}");
        Value::parse_json(&json).unwrap().as_object().unwrap().clone()
    }
}
