//! Schemas that apply to the same value, one inside of the other: they must come to an end.

use super::super::node::{Keyword, Node, NodeId};

/// Schemas that may apply to one value one inside of the other, by `allOf`, `$ref` and the like.
const MAX_CHAIN: usize = 64;

/// The first schema that applies to a value without end, or through more than [`MAX_CHAIN`] others, with what is
/// wrong about it.
pub(super) fn endless(nodes: &[Node]) -> Option<(NodeId, String)> {
    let mut lengths: Vec<Length> = vec![Length::Unknown; nodes.len()];
    (0..nodes.len()).map(NodeId::new).find_map(|id| {
        let problem = match length(id, nodes, &mut lengths) {
            None => "refers to itself at the same value, which would never end".to_owned(),
            Some(length) if length > MAX_CHAIN => {
                format!("more than {MAX_CHAIN} schemas apply to one value, one inside of the other")
            }
            Some(_) => return None,
        };
        Some((id, problem))
    })
}

/// How long the longest chain of schemas from a node on is that apply to the same value.
#[derive(Clone, Copy, Debug)]
enum Length {
    Unknown,
    /// It is being counted: whoever comes by has walked in a circle.
    Counting,
    Known(usize),
}

fn length(id: NodeId, nodes: &[Node], lengths: &mut [Length]) -> Option<usize> {
    match lengths.get(id.index()) {
        Some(Length::Known(length)) => return Some(*length),
        Some(Length::Unknown) => {}
        Some(Length::Counting) | None => return None,
    }
    let set = |lengths: &mut [Length], length| {
        if let Some(slot) = lengths.get_mut(id.index()) {
            *slot = length;
        }
    };
    set(lengths, Length::Counting);
    let mut longest = 0;
    if let Some(Node::Keywords(node)) = nodes.get(id.index()) {
        for next in node.keywords.iter().flat_map(at_the_same_value) {
            longest = longest.max(length(next, nodes, lengths)?);
        }
    }
    set(lengths, Length::Known(longest + 1));
    Some(longest + 1)
}

/// The schemas that a keyword applies to the value itself.
fn at_the_same_value(keyword: &Keyword) -> Vec<NodeId> {
    match keyword {
        Keyword::Ref(id) | Keyword::Not(id) => vec![*id],
        Keyword::AllOf(ids) | Keyword::AnyOf(ids) | Keyword::OneOf(ids) => ids.clone(),
        Keyword::DependentSchemas(entries) => entries.iter().map(|(_, id)| *id).collect(),
        Keyword::If { condition, then, otherwise } => {
            [Some(*condition), *then, *otherwise].into_iter().flatten().collect()
        }
        _ => Vec::new(),
    }
}
