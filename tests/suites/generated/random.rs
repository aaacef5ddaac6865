//! Random cases: each from its number alone.

use std::collections::BTreeMap;

use mxcp_test_support::case::{Case, CaseCall, CaseQuestion};
use serde_json::{Map, Value as Json, json};

/// A tool with random types and rules, and calls to it.
pub(super) fn case(seed: u64) -> Case {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let parameters: Vec<Json> = (0..random.below(3) + 1)
        .map(|index| {
            let mut ty = random.ty(2);
            ty["name"] = json!(format!("p{index}"));
            if random.one_in(3) {
                ty["default"] = random.fitting(&ty);
            }
            ty
        })
        .collect();
    let mut tool = json!({ "name": "t", "parameters": parameters, "source": { "code": "SELECT $p0" } });
    let returns = random.one_in(2).then(|| random.ty(2));
    if let Some(returns) = &returns {
        tool["return"] = returns.clone();
    }
    tool["policies"] =
        json!({ "hide": random.one_in(4), "input": random.rules(false), "output": random.rules(true) });
    let code = parameters.iter().filter_map(|it| it["name"].as_str()).map(|name| format!("${name}"));
    tool["source"]["code"] = json!(format!("SELECT {}", code.collect::<Vec<_>>().join(", ")));
    let users: Vec<Option<Json>> = (0..2).map(|_| random.user()).collect();
    let calls = (0..6)
        .map(|_| {
            let mut call = CaseCall { tool: Some("t".to_owned()), ..CaseCall::default() };
            call.arguments = random.arguments(&parameters);
            call.user = random.user();
            call.refuse_unknown = random.one_in(6);
            match (&returns, random.below(6)) {
                (_, 0) => call.rows = Some((0..random.below(3)).map(|_| random.object(1)).collect()),
                (Some(returns), 1..=4) => call.value = Some(random.fitting(returns)),
                (None, 1..=4) => call.value = Some(random.json(2)),
                _ => call.fails = Some("Failed to execute SQL: no".to_owned()),
            }
            call
        })
        .collect();
    let questions = (0..2)
        .map(|_| CaseQuestion {
            tool: Some("t".to_owned()),
            arguments: random.one_in(2).then(|| random.arguments(&parameters)),
            user: random.user(),
            response: random.one_in(2).then(|| random.json(2)),
            ..CaseQuestion::default()
        })
        .collect();
    Case {
        about: format!("Generated from {seed}."),
        files: BTreeMap::from([("tools/t.yml".to_owned(), json!({ "tool": tool }).to_string())]),
        calls,
        listings: users,
        questions,
        lint: Some(vec!["gemini".to_owned(), "openai".to_owned()]),
        ..Case::default()
    }
}

/// Numbers that only look random (xorshift).
struct Random(u64);

const TEXTS: &[&str] = &[
    "",
    "a",
    "b",
    "admin",
    "user",
    "ü",
    "👩",
    "5",
    "1.5",
    "true",
    "null",
    "[1]",
    "{}",
    "2024-02-29",
    "a@b.c",
    "x:y",
];

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % bound
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    fn ty(&mut self, depth: usize) -> Json {
        let mut ty = match self.below(if depth == 0 { 4 } else { 6 }) {
            0 => self.string(),
            1 => json!({ "type": "integer" }),
            2 => json!({ "type": "number" }),
            3 => json!({ "type": "boolean" }),
            4 => {
                let mut array = json!({ "type": "array", "items": self.ty(depth - 1) });
                if self.one_in(3) {
                    array["maxItems"] = json!(self.below(4));
                }
                array
            }
            _ => {
                let properties: Map<String, Json> =
                    ["a", "b", "ü"].map(|key| (key.to_owned(), self.ty(depth - 1))).into_iter().collect();
                let mut object = json!({ "type": "object", "properties": properties });
                object["additionalProperties"] = json!(self.one_in(2));
                if self.one_in(2) {
                    object["required"] = json!(["a"]);
                }
                object
            }
        };
        if ty["type"] == "integer" || ty["type"] == "number" {
            match self.below(4) {
                0 => ty["minimum"] = json!(self.below(5)),
                1 => ty["exclusiveMaximum"] = json!(self.below(9) + 3),
                2 => ty["multipleOf"] = json!(self.below(3) + 1),
                _ => {}
            }
        }
        if self.one_in(4) {
            ty["sensitive"] = json!(true);
        }
        ty
    }

    fn string(&mut self) -> Json {
        match self.below(6) {
            0 => json!({ "type": "string", "minLength": self.below(2), "maxLength": self.below(4) + 2 }),
            1 => json!({ "type": "string", "pattern": "^[a-z]" }),
            2 => json!({ "type": "string", "enum": ["a", "5", "ü"] }),
            3 => {
                let format =
                    self.pick(&["date", "time", "date-time", "timestamp", "duration", "email", "uri"]);
                json!({ "type": "string", "format": format })
            }
            _ => json!({ "type": "string" }),
        }
    }

    /// A value that mostly fits a type.
    fn fitting(&mut self, ty: &Json) -> Json {
        if self.one_in(20) {
            return self.json(1);
        }
        match ty["type"].as_str() {
            Some("string") => json!(self.text(ty)),
            Some("integer") => json!(self.below(12)),
            Some("number") => json!(f64::from(u32::try_from(self.below(40)).unwrap()) / 4.0),
            Some("boolean") => json!(self.one_in(2)),
            Some("array") => (0..self.below(4)).map(|_| self.fitting(&ty["items"])).collect(),
            Some("object") => {
                let properties = ty["properties"].as_object().unwrap();
                let keys: Vec<&String> = properties.keys().filter(|_| !self.one_in(4)).collect();
                Json::Object(
                    keys.into_iter().map(|key| (key.clone(), self.fitting(&properties[key]))).collect(),
                )
            }
            _ => self.json(1),
        }
    }

    /// A text that mostly fits a type.
    fn text(&mut self, ty: &Json) -> &'static str {
        if self.one_in(6) {
            return self.pick(TEXTS);
        }
        match ty["format"].as_str() {
            Some("date") => self.pick(&["2024-02-29", "0001-01-01", "2024-2-9"]),
            Some("time") => self.pick(&["13:14:15", "00:00:00.5"]),
            Some("date-time") => self.pick(&["2024-02-29T12:00:00Z", "2024-02-29T12:00:00.25+02:00"]),
            Some("timestamp") => self.pick(&["0", "1709208000.5", "-1"]),
            Some("duration") => self.pick(&["P1D", "PT0.5S", "P1Y2M3DT4H"]),
            Some("email") => self.pick(&["a@b.c", "ü@ö.de"]),
            Some("uri") => self.pick(&["x:y", "https://a.b/c?d#e"]),
            Some(_) => self.pick(TEXTS),
            None if ty["enum"].is_array() => self.pick(&["a", "5", "ü"]),
            None => self.pick(&["a", "ab", "b"]),
        }
    }

    fn arguments(&mut self, parameters: &[Json]) -> Map<String, Json> {
        let mut arguments = Map::new();
        for parameter in parameters {
            if !self.one_in(12) {
                let name = parameter["name"].as_str().unwrap();
                arguments.insert(name.to_owned(), self.fitting(parameter));
            }
        }
        if self.one_in(8) {
            arguments.insert("unknown".to_owned(), self.json(1));
        }
        arguments
    }

    fn json(&mut self, depth: usize) -> Json {
        match self.below(if depth == 0 { 6 } else { 8 }) {
            0 => Json::Null,
            1 => json!(self.one_in(2)),
            2 => json!(self.pick(TEXTS)),
            3 => json!(i64::try_from(self.next() >> self.below(60)).unwrap_or(i64::MIN)),
            4 => json!(f64::from_bits(self.next() & !(1 << 62))),
            5 => {
                serde_json::from_str(self.pick(&["1e400", "0.1", "12345678901234567890123", "-0.0", "1.50"]))
                    .unwrap()
            }
            6 => (0..self.below(4)).map(|_| self.json(depth - 1)).collect(),
            _ => Json::Object(self.object(depth)),
        }
    }

    fn object(&mut self, depth: usize) -> Map<String, Json> {
        ["a", "b", "c"].map(|key| (key.to_owned(), self.json(depth - 1))).into_iter().collect()
    }

    fn user(&mut self) -> Option<Json> {
        match self.below(4) {
            0 => None,
            1 => Some(json!({ "role": self.pick(&["admin", "user", "guest"]) })),
            2 => Some(
                json!({ "role": "user", "permissions": ["a", self.pick(TEXTS)], "level": self.below(5) }),
            ),
            _ => Some(json!({ "role": self.json(1), "permissions": self.json(1) })),
        }
    }

    fn rules(&mut self, output: bool) -> Vec<Json> {
        let rule = |random: &mut Self| {
            let action = if output {
                random.pick(&["deny", "filter_fields", "mask_fields", "mask_fields", "filter_rows"])
            } else {
                "deny"
            };
            let mut rule = json!({ "condition": random.condition(2, output), "action": action });
            if action == "filter_rows" {
                let keep =
                    ["row.a == 'a'", "dyn(row).b < 5", "dyn(row) != null", "user.level > 1", "has(row.c)"];
                rule["where"] = json!(random.pick(&keep));
            } else if action != "deny" {
                rule["fields"] = json!(["a", random.pick(&["b", "b.a", "ü", "c"])]);
            }
            if random.one_in(2) {
                rule["reason"] = json!("Because");
            }
            rule
        };
        let count = if self.one_in(2) { 0 } else { self.below(3) };
        (0..count).map(|_| rule(self)).collect()
    }

    /// A condition over the caller and what the rule sees.
    fn condition(&mut self, depth: usize, output: bool) -> String {
        if depth > 0 && self.one_in(2) {
            let (one, other) = (self.condition(depth - 1, output), self.condition(depth - 1, output));
            return match self.below(4) {
                0 => format!("({one}) && ({other})"),
                1 => format!("({one}) || ({other})"),
                2 => format!("!({one})"),
                _ => format!("({one}) ? ({other}) : true"),
            };
        }
        let seen = if output { "response" } else { "p0" };
        match self.below(9) {
            0 => format!("user.role == '{}'", self.pick(&["admin", "user", "anonymous"])),
            1 => format!("'{}' in user.permissions", self.pick(&["a", "b", "5"])),
            2 => format!("has(user.level) && user.level > {}", self.below(4)),
            3 => format!("{seen} == {}", self.pick(&["null", "5", "'a'", "[1]", "true"])),
            4 => format!("dyn({seen}) < {}", self.pick(&["5", "2.5", "'b'"])),
            5 => format!("type({seen}) == {}", self.pick(&["int", "string", "list", "map", "null_type"])),
            6 => format!("string({seen}).size() > {}", self.below(5)),
            7 => format!("dyn({seen}).exists(x, x == {})", self.pick(&["1", "'a'", "null"])),
            _ => format!("dyn({seen}).matches('^[a-z]')"),
        }
    }
}
