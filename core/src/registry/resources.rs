//! Finding the resource that a URI is of.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::definition::{Endpoint, Kind};
use crate::uri_template::UriTemplate;
use crate::value::{Object, Value};

/// The resources of a project by what they match.
#[derive(Debug, Default)]
pub(super) struct ResourceIndex {
    /// Resources without placeholders, by the normal form of their URI.
    fixed: BTreeMap<String, Arc<Endpoint>>,
    /// The others, those first that leave less open.
    templates: Vec<(UriTemplate, Arc<Endpoint>)>,
}

impl ResourceIndex {
    /// An index of the resources among endpoints. URIs that are no templates were reported when they were loaded, and
    /// match nothing.
    pub(super) fn new(endpoints: &[Arc<Endpoint>]) -> Self {
        let mut index = Self::default();
        for endpoint in endpoints.iter().filter(|endpoint| endpoint.kind == Kind::Resource) {
            match UriTemplate::parse(&endpoint.name) {
                Ok(template) if template.is_static() => {
                    // Of two that differ in their spelling only, the first one in the order of files counts.
                    index.fixed.entry(template.to_string()).or_insert_with(|| Arc::clone(endpoint));
                }
                Ok(template) => index.templates.push((template, Arc::clone(endpoint))),
                Err(_) => {}
            }
        }
        index.templates.sort_by(|(one, this), (other, that)| {
            one.openness().cmp(&other.openness()).then_with(|| this.name.cmp(&that.name))
        });
        index
    }

    /// The resources that a URI may be of, and the arguments that it has for each.
    pub(super) fn candidates(&self, uri: &str) -> impl Iterator<Item = (&Arc<Endpoint>, Object)> {
        let fixed = self.fixed.get(&crate::uri_template::normalise(uri));
        let templates = self.templates.iter().filter_map(move |(template, endpoint)| {
            let values = template.matches(uri)?;
            Some((endpoint, values.into_iter().map(|(name, value)| (name, Value::String(value))).collect()))
        });
        fixed.map(|endpoint| (endpoint, Object::new())).into_iter().chain(templates)
    }
}
