//! How much the schemas of a tool have together.

use super::tree::Tree;

/// How much the schemas of a tool may have together.
#[derive(Debug)]
pub(super) struct Size {
    /// Objects inside of each other.
    pub(super) depth: usize,
    /// Properties of all objects.
    pub(super) properties: usize,
    /// Values of all `enum`s.
    pub(super) choices: usize,
}

impl Size {
    /// What of a tool's schemas is more than that, in words.
    pub(super) fn excess(&self, tree: &Tree<'_>) -> Vec<String> {
        let choices = tree.nodes.iter().filter_map(|node| node.schema.get("enum")?.as_array());
        let measures = [
            (tree.nodes.iter().map(|node| node.depth).max().unwrap_or(0), self.depth, "levels of objects"),
            (tree.nodes.iter().filter(|node| node.name.is_some()).count(), self.properties, "properties"),
            (choices.map(Vec::len).sum(), self.choices, "values of `enum`"),
        ];
        let beyond = measures.into_iter().filter(|(count, most, _)| count > most);
        beyond.map(|(count, most, what)| format!("{count} {what} where {most} are the most")).collect()
    }
}
