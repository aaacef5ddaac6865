//! From arguments to what a component takes.

use super::{Unifier, choices, may_be, place, quoted, strangers};
use crate::types::{self, Bounds, Kind, ObjectType, Parameters};
use crate::wit::definition::limits;
use crate::wit::{Case, Field, Function, Type, name, result_cases, scaffold};
use crate::yaml::DocPath;

/// How a value gets to its place: whether there may be none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Always,
    MaybeAbsent,
}

impl Unifier<'_, '_> {
    /// Whether the function takes whatever the parameters let through, name by name.
    pub(super) fn arguments(&mut self, function: &Function, parameters: &Parameters, path: &DocPath) {
        let places = |(index, name)| (name, place(parameters, index, name, path));
        self.twins(parameters.names().enumerate().map(places));
        for (index, parameter) in parameters.iter().enumerate() {
            let path = place(parameters, index, &parameter.name, path);
            let taken = function.parameters.iter().find(|taken| name::same(&taken.name, &parameter.name));
            match taken {
                Some(taken) => self.inwards(&parameter.ty, &taken.ty, Presence::Always, &path),
                None => {
                    let names: Vec<&str> = function.parameters.iter().map(|it| it.name.as_str()).collect();
                    let help = if names.is_empty() {
                        "it takes none".to_owned()
                    } else {
                        format!("it takes {}", quoted(&names))
                    };
                    let problem = format!("function of the component has no parameter `{}`", parameter.name);
                    self.error(&path, problem, help);
                }
            }
        }
        for taken in &function.parameters {
            let given = parameters.names().any(|name| name::same(name, &taken.name));
            if !given && !matches!(taken.ty, Type::Option(_)) {
                let written = scaffold::parameter(&name::in_definitions(&taken.name), &taken.ty);
                let problem =
                    format!("function of the component takes `{}`, which is no parameter", taken.name);
                let key = if parameters.is_schema() { "input_schema" } else { "parameters" };
                let path = if parameters.is_declared() { path.key(key) } else { path.clone() };
                self.error(&path, problem, format!("add `{written}`"));
            }
        }
    }

    fn inwards(&mut self, given: &types::Type, ty: &Type, presence: Presence, path: &DocPath) {
        if let Type::Option(inner) = ty {
            return self.inwards_present(given, inner, path);
        }
        let absent = presence == Presence::MaybeAbsent && given.default().is_none();
        let may_be_null = absent
            || given.default().is_some_and(crate::value::Value::is_null)
            || given.choices().is_some_and(|choices| choices.contains(&serde_json::Value::Null));
        // Nothing stands for an empty list, and for no flag.
        if may_be_null && !matches!(ty, Type::List(_) | Type::Flags(_)) {
            let problem = format!("it may be null, and the component takes `{}`", ty.describe());
            let help = if absent {
                "name it under `required`, or give it a `default`"
            } else {
                "only an `option<…>` of the component can be null: give another default, or none"
            };
            self.error(path, problem, help);
        }
        self.inwards_present(given, ty, path);
    }

    /// The same of values that are not null.
    fn inwards_present(&mut self, given: &types::Type, ty: &Type, path: &DocPath) {
        match (given.kind(), ty) {
            (Kind::Schema(_), ty) if may_be(given, ty) => {}
            (_, Type::Option(inner)) => self.inwards_present(given, inner, path),
            (Kind::Boolean, Type::Bool) | (Kind::String(_), Type::String) => {}
            (Kind::Number(_) | Kind::Integer(_), Type::F32 | Type::F64) => {}
            (Kind::Integer(integer), ty) if limits(ty).is_some() => {
                self.range(given, integer.bounds(), ty, path);
            }
            (Kind::String(string), Type::Char) => {
                let chosen = choices(given).is_some_and(|all| all.iter().all(|it| it.chars().count() == 1));
                if !chosen && (string.min_length(), string.max_length()) != (Some(1), Some(1)) {
                    self.mismatch(path, "the component takes one character, and this may be any text", ty);
                }
            }
            (Kind::String(_), Type::Enum(cases)) => self.word(given, cases, ty, path),
            (Kind::String(string), Type::List(item)) if **item == Type::U8 => {
                if !string.is_base64() || string.format().is_some() {
                    self.mismatch(path, "the component takes bytes, and this may be any text", ty);
                }
            }
            (Kind::Array(array), Type::List(item)) => match array.items() {
                Some(items) => self.inwards(items, item, Presence::Always, &path.key("items")),
                None => self.mismatch(path, "items of the array may be anything", ty),
            },
            (Kind::Array(array), Type::Tuple(types)) => {
                let count = Some(types.len() as u64);
                if (array.min_items(), array.max_items()) != (count, count) {
                    let problem = format!("the component takes exactly {} items", types.len());
                    self.mismatch(path, problem, ty);
                } else if let Some(items) = array.items() {
                    let mut different: Vec<&Type> = Vec::new();
                    for ty in types {
                        if !different.contains(&ty) {
                            different.push(ty);
                            self.inwards(items, ty, Presence::Always, &path.key("items"));
                        }
                    }
                } else {
                    self.mismatch(path, "items of the array may be anything", ty);
                }
            }
            (Kind::Array(array), Type::Flags(names)) => match array.items() {
                Some(items) if matches!(items.kind(), Kind::String(_)) => {
                    self.word(items, names, ty, &path.key("items"));
                }
                _ => self.mismatch(path, "items of the array may be anything", ty),
            },
            (Kind::Object(object), Type::Record(fields)) => self.fields(object, fields, ty, path),
            (Kind::Object(object), Type::Variant(cases)) => self.tagged(object, cases, ty, path),
            (Kind::Object(object), Type::Result(ok, error)) => {
                self.tagged(object, &result_cases(ok.as_deref(), error.as_deref()), ty, path);
            }
            _ => self.other_kind(path, given, ty),
        }
    }

    /// Integers of a type have limits, and those of the definition must not be wider.
    fn range(&mut self, given: &types::Type, bounds: &Bounds, ty: &Type, path: &DocPath) {
        let Some((least, most)) = limits(ty) else { return };
        let chosen = given.choices().map(|choices| choices.iter().filter_map(serde_json::Value::as_i64));
        let (low, high) = match chosen {
            #[expect(clippy::cast_precision_loss, reason = "limits are doubles")]
            Some(chosen) => {
                let (low, high) = chosen.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| {
                    (low.min(it as f64), high.max(it as f64))
                });
                (Some(low), Some(high))
            }
            None => (
                larger(bounds.minimum(), bounds.exclusive_minimum().map(|it| it.floor() + 1.0)),
                larger(bounds.maximum().map(|it| -it), bounds.exclusive_maximum().map(|it| 1.0 - it.ceil()))
                    .map(|it| -it),
            ),
        };
        #[expect(clippy::cast_precision_loss, reason = "the limits of 32 bits are exact")]
        let fits = least.is_none_or(|least| low.is_some_and(|low| low >= least as f64))
            && most.is_none_or(|most| high.is_some_and(|high| high <= most as f64));
        if !fits {
            let problem = format!("integers that `{}` can't hold are let through", ty.describe());
            self.mismatch(path, problem, ty);
        }
    }

    /// One of a few words.
    fn word(&mut self, given: &types::Type, known: &[String], ty: &Type, path: &DocPath) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let Some(words) = choices(given) else {
            return self.mismatch(path, "any text is let through, and the component knows a few words", ty);
        };
        let strangers = strangers(&words, &known);
        if !strangers.is_empty() {
            let problem = format!("the component does not know {}", quoted(&strangers));
            self.mismatch(&path.key("enum"), problem, ty);
        }
    }

    fn fields(&mut self, object: &ObjectType, fields: &[Field], ty: &Type, path: &DocPath) {
        let properties = path.key("properties");
        self.twins(object.properties().iter().map(|it| (it.name(), properties.key(it.name()))));
        for property in object.properties() {
            let path = properties.key(property.name());
            let presence = if property.is_required() { Presence::Always } else { Presence::MaybeAbsent };
            match fields.iter().find(|field| name::same(&field.name, property.name())) {
                Some(field) => self.inwards(property.ty(), &field.ty, presence, &path),
                None => self.unknown(property.name(), fields, &path),
            }
        }
        for field in fields.iter().filter(|field| !matches!(field.ty, Type::Option(_))) {
            if !object.properties().iter().any(|it| name::same(it.name(), &field.name)) {
                let problem = format!("the component needs `{}`, which is no property", field.name);
                self.mismatch(path, problem, ty);
            }
        }
        self.closed(object, path);
    }

    fn unknown(&mut self, property: &str, fields: &[Field], path: &DocPath) {
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        let problem = format!("record of the component has no field `{property}`");
        self.error(path, problem, format!("it has {}", quoted(&names)));
    }

    /// What a component has no field for does not reach it.
    fn closed(&mut self, object: &ObjectType, path: &DocPath) {
        if object.additional_properties() {
            let help = "write `additionalProperties: false`, so that callers hear of them";
            self.warning(path, "other properties are let through, and left out", help);
        }
    }

    /// Objects that stand for cases: `tag` says which, `value` is what the case carries.
    fn tagged(&mut self, object: &ObjectType, cases: &[Case], ty: &Type, path: &DocPath) {
        let properties = path.key("properties");
        let known: Vec<String> = cases.iter().map(|case| case.name.clone()).collect();
        let tag = object.property(name::TAG).filter(|tag| tag.is_required());
        let Some(tag) = tag.filter(|tag| matches!(tag.ty().kind(), Kind::String(_))) else {
            let problem = format!("`{}` must be a required text that names the case", name::TAG);
            return self.mismatch(path, problem, ty);
        };
        self.word(tag.ty(), &known, ty, &properties.key(name::TAG));
        let chosen = choices(tag.ty()).unwrap_or_default();
        let chosen = cases.iter().filter(|case| chosen.iter().any(|tag| name::same(tag, &case.name)));
        let mut different: Vec<&Type> = Vec::new();
        for carried in chosen.filter_map(|case| case.ty.as_ref()) {
            if different.contains(&carried) {
                continue;
            }
            different.push(carried);
            match object.property(name::PAYLOAD) {
                // Whether it is there goes by the case, which only a call knows.
                Some(value) => {
                    self.inwards_present(value.ty(), carried, &properties.key(name::PAYLOAD));
                }
                None if matches!(carried, Type::Option(_)) => {}
                None => {
                    let problem = format!("cases carry something, and `{}` is no property", name::PAYLOAD);
                    self.mismatch(path, problem, ty);
                }
            }
        }
        for property in object.properties() {
            if ![name::TAG, name::PAYLOAD].contains(&property.name()) {
                let problem = format!("variant of the component has no `{}`", property.name());
                let help = format!("it has `{}` and `{}`", name::TAG, name::PAYLOAD);
                self.error(&properties.key(property.name()), problem, help);
            }
        }
        self.closed(object, path);
    }
}

/// The larger of two that may be missing.
fn larger(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.max(other)),
        (one, other) => one.or(other),
    }
}
