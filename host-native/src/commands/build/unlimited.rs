//! Limits that nobody keeps at the edge: an instance lives for one request, and can't count.

use mxcp_core::registry::Registry;
use mxcp_core::site::Site;
use mxcp_edge::{Place, Placed};

use crate::failure::Failure;

/// What has limits and is answered at the edge. What is forwarded is counted by the origin.
pub(super) fn of(site: &Site, registry: &Registry, endpoints: &[Placed]) -> Vec<String> {
    let of_site = (!site.limits.are_none()).then(|| "the server (`limits` of mxcp-site.yml)".to_owned());
    let at_edge = endpoints.iter().filter(|placed| placed.place == Place::Edge);
    let limited = at_edge.filter(|placed| {
        registry.get(placed.kind, &placed.name).is_some_and(|endpoint| !endpoint.limits.are_none())
    });
    of_site.into_iter().chain(limited.map(|placed| format!("{} `{}`", placed.kind, placed.name))).collect()
}

/// Why nothing was built.
pub(super) fn refusal(unlimited: &[String]) -> Failure {
    Failure::message(format!(
        "nothing was built: at the edge nobody counts requests, and there are limits for {}: with `--allow-unlimited` these are \
         not kept, and whatever is in front of the component has to limit requests",
        unlimited.join(", ")
    ))
}
