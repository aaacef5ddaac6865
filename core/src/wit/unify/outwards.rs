//! From what a component gives to what a definition promises.

use super::{Unifier, choices, may_be, quoted, strangers};
use crate::types::{self, Kind, ObjectType};
use crate::wit::{Case, Field, Function, Type, name, result_cases};
use crate::yaml::DocPath;

impl Unifier<'_, '_> {
    /// Whether whatever the function gives may be a result.
    pub(super) fn result(&mut self, function: &Function, returns: &types::Type, path: &DocPath) {
        let given = match &function.result {
            Some(Type::Result(ok, _)) => ok.as_deref(),
            other => other.as_ref(),
        };
        match given {
            Some(ty) => self.outwards(returns, ty, path),
            None => {
                let problem = format!("function of the component gives nothing, not {}", returns.name());
                self.error(path, problem, "leave `return` out");
            }
        }
    }

    /// Null passes everywhere, and rules that are narrower than the type are for the call.
    fn outwards(&mut self, promised: &types::Type, ty: &Type, path: &DocPath) {
        match (promised.kind(), ty) {
            (_, Type::Option(inner)) => self.outwards(promised, inner, path),
            (Kind::Schema(_), ty) if may_be(promised, ty) && !is_bytes_as_list(promised, ty) => {}
            (Kind::Boolean, Type::Bool)
            | (Kind::String(_), Type::String | Type::Char)
            | (Kind::Number(_), Type::F32 | Type::F64) => {}
            (
                Kind::Integer(_) | Kind::Number(_),
                Type::S8 | Type::U8 | Type::S16 | Type::U16 | Type::S32 | Type::U32 | Type::S64 | Type::U64,
            ) => {}
            (Kind::String(_), Type::List(item)) if **item == Type::U8 => {}
            (Kind::String(_), Type::Enum(cases)) => self.words(promised, cases, ty, path),
            (Kind::Array(array), Type::List(item)) if **item != Type::U8 => {
                if let Some(items) = array.items() {
                    self.outwards(items, item, &path.key("items"));
                }
            }
            (Kind::Array(array), Type::Tuple(types)) => {
                let count = types.len() as u64;
                if array.min_items().is_some_and(|least| least > count)
                    || array.max_items().is_some_and(|most| most < count)
                {
                    self.mismatch(path, format!("the component gives exactly {count} items"), ty);
                }
                let mut different: Vec<&Type> = Vec::new();
                for ty in types {
                    if !different.contains(&ty) {
                        different.push(ty);
                        if let Some(items) = array.items() {
                            self.outwards(items, ty, &path.key("items"));
                        }
                    }
                }
            }
            (Kind::Array(array), Type::Flags(names)) => match array.items() {
                Some(items) if matches!(items.kind(), Kind::String(_)) => {
                    self.words(items, names, ty, &path.key("items"));
                }
                Some(items) => self.other_kind(&path.key("items"), items, ty),
                None => {}
            },
            (Kind::Object(object), Type::Record(fields)) => self.given_fields(object, fields, ty, path),
            (Kind::Object(object), Type::Variant(cases)) => self.given_cases(object, cases, ty, path),
            (Kind::Object(object), Type::Result(ok, error)) => {
                self.given_cases(object, &result_cases(ok.as_deref(), error.as_deref()), ty, path);
            }
            _ => self.other_kind(path, promised, ty),
        }
    }

    /// One of a few words, which all must be promised, letter by letter.
    fn words(&mut self, promised: &types::Type, given: &[String], ty: &Type, path: &DocPath) {
        let Some(known) = choices(promised) else { return };
        let missing: Vec<&str> =
            given.iter().map(String::as_str).filter(|word| !known.contains(word)).collect();
        if missing.is_empty() {
            return;
        }
        let problem = if strangers(&missing, &known).is_empty() {
            format!("the component gives {}, with `-`", quoted(&missing))
        } else {
            format!("the component may give {} too", quoted(&missing))
        };
        self.mismatch(&path.key("enum"), problem, ty);
    }

    fn given_fields(&mut self, object: &ObjectType, fields: &[Field], ty: &Type, path: &DocPath) {
        let properties = path.key("properties");
        self.twins(object.properties().iter().map(|it| (it.name(), properties.key(it.name()))));
        for property in object.properties() {
            let at = properties.key(property.name());
            match fields.iter().find(|field| name::same(&field.name, property.name())) {
                Some(field) => {
                    let written = name::in_definitions(&field.name);
                    if written != property.name() {
                        let problem = format!("results have `{written}`, not `{}`", property.name());
                        self.error(&at, problem, format!("write `{written}`"));
                    }
                    self.outwards(property.ty(), &field.ty, &at);
                }
                None if property.is_required() => {
                    let problem = format!("the component never gives `{}`", property.name());
                    self.mismatch(&at, problem, ty);
                }
                None => {
                    let problem = format!("the component never gives `{}`", property.name());
                    self.warning(&at, problem, "leave it out");
                }
            }
        }
        if !object.additional_properties() {
            for field in fields {
                if !object.properties().iter().any(|it| name::same(it.name(), &field.name)) {
                    let written = name::in_definitions(&field.name);
                    let problem =
                        format!("the component gives `{written}` too, and no other property is allowed");
                    self.mismatch(path, problem, ty);
                }
            }
        }
    }

    fn given_cases(&mut self, object: &ObjectType, cases: &[Case], ty: &Type, path: &DocPath) {
        let properties = path.key("properties");
        match object.property(name::TAG).map(types::Property::ty) {
            Some(tag) if matches!(tag.kind(), Kind::String(_)) => {
                let known: Vec<String> = cases.iter().map(|case| case.name.clone()).collect();
                self.words(tag, &known, ty, &properties.key(name::TAG));
            }
            Some(tag) => self.other_kind(&properties.key(name::TAG), tag, &Type::String),
            None if object.additional_properties() => {}
            None => {
                let problem = format!("the component gives `{}` and `{}`", name::TAG, name::PAYLOAD);
                self.mismatch(path, problem, ty);
            }
        }
        let mut different: Vec<&Type> = Vec::new();
        for carried in cases.iter().filter_map(|case| case.ty.as_ref()) {
            if different.contains(&carried) {
                continue;
            }
            different.push(carried);
            match object.property(name::PAYLOAD) {
                Some(value) => self.outwards(value.ty(), carried, &properties.key(name::PAYLOAD)),
                None if object.additional_properties() => {}
                None => {
                    let problem = format!(
                        "the component gives `{}` too, and no other property is allowed",
                        name::PAYLOAD
                    );
                    return self.mismatch(path, problem, ty);
                }
            }
        }
        let always = cases.iter().all(|case| case.ty.is_some());
        for needed in object.required() {
            if needed != name::TAG && (needed != name::PAYLOAD || !always) {
                let problem = format!("the component does not always give `{needed}`");
                self.mismatch(&path.key("required"), problem, ty);
            }
        }
    }
}

/// Bytes leave as base64, never as a list.
fn is_bytes_as_list(promised: &types::Type, ty: &Type) -> bool {
    matches!(ty, Type::List(item) if **item == Type::U8) && promised.name() == "array"
}
