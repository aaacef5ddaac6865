//! What a component says of its functions: the section `package-docs`, where tools that make components keep the
//! comments of the WIT.

use serde_json::Value;

/// The section's name.
pub(super) const SECTION: &str = "package-docs";

/// The largest section that is read, in bytes.
const MAX_SECTION: usize = 1 << 20;

/// The longest text of a function, in bytes.
const MAX_TEXT: usize = 4096;

/// Most worlds that are looked at; a component has one.
const MAX_WORLDS: usize = 8;

/// What is said of functions. Documentation is no reason to refuse a component, so what can't be read is passed over.
#[derive(Debug, Default)]
pub(super) struct Docs(Value);

impl Docs {
    /// Reads the section: a byte for its version, then JSON.
    pub(super) fn read(data: &[u8]) -> Self {
        let json = data.split_first().filter(|(version, _)| **version <= 1 && data.len() <= MAX_SECTION);
        Self(json.and_then(|(_, json)| serde_json::from_slice(json).ok()).unwrap_or_default())
    }

    /// What is said of a function that the world exports.
    pub(super) fn function(&self, name: &str) -> Option<&str> {
        let worlds = self.0.get("worlds")?.as_object()?;
        let exports = worlds
            .values()
            .take(MAX_WORLDS)
            .flat_map(|world| [world.get("func_exports"), world.get("funcs")]);
        exports.flatten().find_map(|functions| text(functions, name))
    }

    /// What is said of a function of an exported interface, `acme:text/analysis@1.0.0` or one that the world declares
    /// itself.
    pub(super) fn function_of(&self, interface: &str, name: &str) -> Option<&str> {
        let unversioned = interface.split_once('@').map_or(interface, |(path, _)| path);
        let short = unversioned.rsplit_once('/').map_or(unversioned, |(_, short)| short);
        let worlds = self.0.get("worlds").and_then(Value::as_object);
        let inline = worlds.into_iter().flat_map(|worlds| worlds.values().take(MAX_WORLDS));
        let inline = inline.flat_map(|world| [world.get("interface_exports"), world.get("interfaces")]);
        let packaged = self.0.get("interfaces");
        let interfaces = inline.flatten().chain(packaged);
        let functions = interfaces.filter_map(|interfaces| interfaces.get(short)?.get("funcs"));
        functions.into_iter().find_map(|functions| text(functions, name))
    }
}

/// The text of a function: as it is in the first version of the format, under `docs` in the second.
fn text<'d>(functions: &'d Value, name: &str) -> Option<&'d str> {
    let function = functions.get(name)?;
    let text = function.as_str().or_else(|| function.get("docs")?.as_str())?.trim();
    (!text.is_empty() && text.len() <= MAX_TEXT).then_some(text)
}
