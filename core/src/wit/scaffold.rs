//! Definitions of tools from the functions of a component.

use std::fmt::Write as _;

use super::definition::definition;
use super::write::{block, flow, scalar};
use super::{Function, Grant, Type, World, name};

/// A definition of a tool that calls the function at `path`, in YAML: types from the WIT, permissions for what the
/// component imports as comments, and nothing that is not known. None if the world has no such function.
///
/// `file` is what the definition calls the component, `tool` the name of the tool.
#[must_use]
pub fn scaffold(world: &World, path: &str, file: &str, tool: &str) -> Option<String> {
    let (path, function) = world.find(path).ok()?;
    let mut text = format!("mxcp: 1\ntool:\n  name: {}\n", scalar(tool));
    match &function.documentation {
        Some(documentation) => put(&mut text, 2, "description", &scalar(documentation)),
        None => text.push_str("  # description: what it does, for the model that calls\n"),
    }
    put(&mut text, 2, "language", "component");
    text.push_str("  source:\n");
    put(&mut text, 4, "file", &scalar(file));
    put(&mut text, 4, "export", &scalar(path));
    permissions(world, &mut text);
    parameters(function, &mut text);
    let gives = match &function.result {
        Some(Type::Result(ok, _)) => ok.as_deref(),
        other => other.as_ref(),
    };
    if let Some(ty) = gives {
        text.push_str("  return:\n");
        block(&definition(ty), 4, &mut text);
    }
    Some(text)
}

fn put(text: &mut String, indent: usize, key: &str, value: &str) {
    // A string takes whatever is written to it.
    let _ = writeln!(text, "{}{key}: {value}", " ".repeat(indent));
}

fn permissions(world: &World, text: &mut String) {
    let mut lines: Vec<&str> = Vec::new();
    for line in world.imports.iter().flat_map(|import| Grant::of(import).permissions()) {
        if !lines.contains(line) {
            lines.push(line);
        }
    }
    if !lines.is_empty() {
        text.push_str(
            "  # What the component can ask for; without these it gets none of it.\n  # permissions:\n",
        );
        for line in lines {
            let _ = writeln!(text, "  #   {line}");
        }
    }
}

fn parameters(function: &Function, text: &mut String) {
    if function.parameters.is_empty() {
        text.push_str("  parameters: []\n");
        return;
    }
    text.push_str("  parameters:\n");
    for parameter in &function.parameters {
        let _ = writeln!(text, "    - name: {}", scalar(&name::in_definitions(&parameter.name)));
        block(&definition(&parameter.ty), 6, text);
        if matches!(parameter.ty, Type::Option(_)) {
            text.push_str("      default: null\n");
        }
    }
}

impl Function {
    /// The function as WIT writes it, `func(text: string) -> u32`, records and the like by what they are made of.
    #[must_use]
    pub fn describe(&self) -> String {
        let parameters = self.parameters.iter().map(|it| format!("{}: {}", it.name, it.ty.spell()));
        let parameters = parameters.collect::<Vec<_>>().join(", ");
        match &self.result {
            Some(ty) => format!("func({parameters}) -> {}", ty.spell()),
            None => format!("func({parameters})"),
        }
    }
}

impl Type {
    /// The type in full: [`Type::describe`] with what records, variants, enums and flags are made of.
    #[must_use]
    pub fn spell(&self) -> String {
        let list = |names: &[String]| names.join(", ");
        match self {
            Type::List(item) => format!("list<{}>", item.spell()),
            Type::Option(inner) => format!("option<{}>", inner.spell()),
            Type::Result(None, None) => "result".to_owned(),
            Type::Result(Some(ok), None) => format!("result<{}>", ok.spell()),
            Type::Result(ok, Some(error)) => {
                let ok = ok.as_ref().map_or_else(|| "_".to_owned(), |ok| ok.spell());
                format!("result<{ok}, {}>", error.spell())
            }
            Type::Tuple(items) => {
                format!("tuple<{}>", items.iter().map(Type::spell).collect::<Vec<_>>().join(", "))
            }
            Type::Record(fields) => {
                let fields = fields.iter().map(|field| format!("{}: {}", field.name, field.ty.spell()));
                format!("record {{ {} }}", fields.collect::<Vec<_>>().join(", "))
            }
            Type::Variant(cases) => {
                let cases = cases.iter().map(|case| match &case.ty {
                    Some(ty) => format!("{}({})", case.name, ty.spell()),
                    None => case.name.clone(),
                });
                format!("variant {{ {} }}", cases.collect::<Vec<_>>().join(", "))
            }
            Type::Enum(cases) => format!("enum {{ {} }}", list(cases)),
            Type::Flags(names) => format!("flags {{ {} }}", list(names)),
            other => other.describe(),
        }
    }
}

/// The key and the one-line definition of a parameter, for the help of messages.
pub(super) fn parameter(written: &str, ty: &Type) -> String {
    let default = if matches!(ty, Type::Option(_)) { ", default: null" } else { "" };
    format!("{{name: {}, {}{default}}}", scalar(written), flow(&definition(ty)))
}
