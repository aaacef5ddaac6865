//! News of the project, for clients that asked for them: lists that changed and resources that read otherwise.
//!
//! Before 2026-07-28 a client hears of all lists, and of the resources that its session subscribed to. Since then it says
//! in one long request what it wants to hear of.

use mxcp_core::definition::Kind;
use mxcp_core::registry::Registry;
use mxcp_runtime::Generation;
use rmcp::model::{
    PromptListChangedNotification, ResourceListChangedNotification, ResourceUpdatedNotification,
    ResourceUpdatedNotificationParam, ServerCapabilities, ServerNotification, SubscriptionFilter,
    ToolListChangedNotification,
};
use rmcp::service::{Peer, SubscriptionContext};
use rmcp::{ErrorData, RoleServer};
use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::server::Server;
use crate::session::{Reach, SUBSCRIPTIONS, Session};

/// The URI template, as written, of the resource that has a URI; none if there is no such resource. Those that hide
/// themselves from some are not told of at all, as if they were not there: who asks is not known everywhere here.
fn template_of(registry: &Registry, uri: &str) -> Option<String> {
    let mut names = registry.resources_at(uri).map(|(name, _)| name);
    let known =
        |name: &str| registry.get(Kind::Resource, name).is_some_and(|endpoint| !endpoint.policies.hides());
    names.find(|name| known(name)).map(str::to_owned)
}

/// Subscribes a session to a resource.
///
/// # Errors
/// There is no such resource, or the session has too many subscriptions.
pub(crate) fn subscribe(server: &Server, uri: String) -> Result<(), ErrorData> {
    let Some(template) = template_of(&server.pipeline().registry(), &uri) else {
        let data = json!({ "uri": uri });
        return Err(ErrorData::resource_not_found(format!("Unknown resource: {uri}"), Some(data)));
    };
    if server.session().subscribe(uri, template) {
        Ok(())
    } else {
        let problem = format!("a session may have {SUBSCRIPTIONS} subscriptions");
        Err(ErrorData::invalid_request(problem, None))
    }
}

/// Tells the client of a session what it wants to hear of until the session ends. Where nothing can be sent to it, nothing
/// happens.
pub(crate) fn watch(server: &Server, peer: Peer<RoleServer>, ended: CancellationToken) {
    if server.session().reach() == Reach::WithAnswers {
        return;
    }
    let mut news = News::from_now(server);
    let server = server.clone();
    tokio::spawn(async move {
        loop {
            let notifications = tokio::select! {
                biased;
                () = ended.cancelled() => return,
                notifications = news.next(|now, seen| of_session(server.session(), now, seen)) => notifications,
            };
            let Some(notifications) = notifications else { return };
            for notification in notifications {
                if peer.send_notification(notification).await.is_err() {
                    return;
                }
            }
        }
    });
}

/// Makes capabilities those of a server that can't send anything between answers.
pub(crate) fn take_back_promises(capabilities: &mut ServerCapabilities) {
    if let Some(tools) = &mut capabilities.tools {
        tools.list_changed = None;
    }
    if let Some(prompts) = &mut capabilities.prompts {
        prompts.list_changed = None;
    }
    if let Some(resources) = &mut capabilities.resources {
        (resources.list_changed, resources.subscribe) = (None, None);
    }
}

/// What of a filter can be served: resources that exist, and not too many of them.
pub(crate) fn accepted(server: &Server, requested: &SubscriptionFilter) -> SubscriptionFilter {
    let registry = server.pipeline().registry();
    let mut accepted = requested.clone();
    if let Some(uris) = &mut accepted.resource_subscriptions {
        uris.retain(|uri| template_of(&registry, uri).is_some());
        uris.truncate(SUBSCRIPTIONS);
    }
    accepted
}

/// Tells a client what it wants to hear of until it takes the request back or the server stops.
///
/// # Errors
/// Too many clients listen.
pub(crate) async fn listen(server: &Server, context: &SubscriptionContext) -> Result<(), ErrorData> {
    let Ok(_place) = server.listeners().try_acquire() else {
        return Err(ErrorData::internal_error("too many subscriptions; try again later", None));
    };
    let mut news = News::from_now(server);
    let registry = server.pipeline().registry();
    let wanted = context.accepted();
    let uris = wanted.resource_subscriptions.iter().flatten();
    let resources: Vec<_> =
        uris.filter_map(|uri| Some((uri.clone(), template_of(&registry, uri)?))).collect();
    drop(registry);
    loop {
        let notifications = tokio::select! {
            biased;
            () = context.cancelled() => return Ok(()),
            () = server.closing().cancelled() => return Ok(()),
            notifications = news.next(|now, seen| of_filter(wanted, &resources, now, seen)) => notifications,
        };
        let Some(notifications) = notifications else { return Ok(()) };
        for notification in notifications {
            if context.sink().send(notification).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// The generations from some point on, one after the other.
#[derive(Debug)]
struct News {
    generations: watch::Receiver<Generation>,
    seen: u64,
}

impl News {
    fn from_now(server: &Server) -> Self {
        let mut generations = server.pipeline().generations();
        let seen = generations.borrow_and_update().number();
        Self { generations, seen }
    }

    /// Waits for another generation, and gives what `tell` makes of it and of the number of the one seen last. None when
    /// there will never be another.
    async fn next<T>(&mut self, tell: impl Fn(&Generation, u64) -> T) -> Option<T> {
        self.generations.changed().await.ok()?;
        let now = self.generations.borrow_and_update();
        let told = tell(&now, self.seen);
        self.seen = now.number();
        Some(told)
    }
}

fn of_session(session: &Session, now: &Generation, seen: u64) -> Vec<ServerNotification> {
    let mut notifications: Vec<_> =
        Kind::ALL.into_iter().filter(|kind| now.list_changed_since(*kind, seen)).map(list_changed).collect();
    let updated = session.subscribed(|template| now.resource_changed_since(template, seen));
    notifications.extend(updated.into_iter().map(resource_updated));
    notifications
}

fn of_filter(
    wanted: &SubscriptionFilter,
    resources: &[(String, String)],
    now: &Generation,
    seen: u64,
) -> Vec<ServerNotification> {
    let wants = |kind| match kind {
        Kind::Tool => wanted.tools_list_changed == Some(true),
        Kind::Resource => wanted.resources_list_changed == Some(true),
        Kind::Prompt => wanted.prompts_list_changed == Some(true),
    };
    let lists = Kind::ALL.into_iter().filter(|kind| wants(*kind) && now.list_changed_since(*kind, seen));
    let updated = resources.iter().filter(|(_, template)| now.resource_changed_since(template, seen));
    let updated = updated.map(|(uri, _)| resource_updated(uri.clone()));
    lists.map(list_changed).chain(updated).collect()
}

fn list_changed(kind: Kind) -> ServerNotification {
    match kind {
        Kind::Tool => ToolListChangedNotification::default().into(),
        Kind::Resource => ResourceListChangedNotification::default().into(),
        Kind::Prompt => PromptListChangedNotification::default().into(),
    }
}

fn resource_updated(uri: String) -> ServerNotification {
    ResourceUpdatedNotification::new(ResourceUpdatedNotificationParam::new(uri)).into()
}
