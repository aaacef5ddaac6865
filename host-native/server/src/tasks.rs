//! Calls that run as tasks (the extension `io.modelcontextprotocol/tasks`): who calls gets a task at once, and looks after it.
//!
//! A task is an ordinary call, made by [`tools::perform`] and answered by [`tools::answer`], of which nobody's request is the
//! life: it ends by itself, by `tasks/cancel`, or with the server. What is wrong with a call before it runs is told at once,
//! without a task.

mod capability;
mod job;
mod registry;
mod way;

use std::sync::Arc;
use std::time::Duration;

use mxcp_core::call::{CallContext, CallError, ExceededLimit};
use mxcp_core::definition::Kind;
use mxcp_core::schema::TaskQuestions;
use mxcp_core::value::Object;
use mxcp_mcp::params;
use mxcp_runtime::ports::{Notify, Party};
use mxcp_runtime::{Admitted, Link};
use rmcp::model::{
    CallToolResponse, CancelTaskMethod, CancelTaskParams, ConstString, CreateTaskResult, GetTaskMethod,
    GetTaskParams, GetTaskResult, JsonObject, UpdateTaskMethod, UpdateTaskParams,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};

use self::job::{Job, Lifetime};
use crate::asking::{self, Asking, Retry};
use crate::context;
use crate::server::Server;
use crate::tools::{self, Form, is_modern};

pub(crate) use self::capability::{declare, withdraw};
pub(crate) use self::registry::Tasks;
pub(crate) use self::way::{Way, of_call};

/// How long the result of a task is kept.
const KEPT: Duration = Duration::from_secs(15 * 60);

/// When it may be worth trying again where there are too many tasks, in seconds.
const RETRY_AFTER: u64 = 30;

/// A call that is to run as a task.
#[derive(Debug)]
pub(crate) struct Request {
    /// The tool.
    pub(crate) name: String,
    /// Its arguments as the client wrote them.
    pub(crate) arguments: Option<JsonObject>,
    /// What it brings along, if it is made again.
    pub(crate) retry: Retry,
    /// Who makes it.
    pub(crate) facts: CallContext,
    /// When the task asks.
    pub(crate) questions: TaskQuestions,
}

/// Begins a task. A call that is refused, or asks something before there is a task, is answered as any is.
///
/// # Errors
/// Those of [`tools::call`].
pub(crate) async fn begin(
    server: &Server,
    request: Request,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let Request { name, arguments, retry, facts, questions } = request;
    let asked = asking::Request {
        method: "tools/call",
        name: &name,
        arguments: arguments.as_ref(),
        principal: facts.principal.as_deref(),
    };
    let within = Asking::of_task(server, context, asked, retry, questions).await?;
    let address = context::address(&context.extensions);
    let party = Party::of(facts.principal.as_deref(), address);
    let lifetime = Lifetime { longest: longest(server, &name), kept: KEPT };
    let job = Job::new(context::owner(&context.extensions), party, Arc::clone(&within), lifetime);
    let Some(job) = job.and_then(|job| server.tasks().admit(job)) else {
        tracing::warn!(tool = name, "there are too many tasks: a call was refused");
        let too_many =
            CallError::LimitExceeded { limit: ExceededLimit::Concurrency, retry_after_seconds: RETRY_AFTER };
        return tools::answer(server, &name, &Asking::Nobody, Err(too_many), true);
    };
    let unclaimed = Unclaimed { server, job: &job };
    let admitted = Admitted::default();
    let link = Link {
        cancel: job.cancel().clone(),
        notify: Some(Arc::<Job>::clone(&job) as Arc<dyn Notify>),
        address,
        admitted: admitted.clone(),
        ..Link::default()
    };
    let place = context::place(&context.extensions);
    let form = Form::shown(&context.extensions);
    let (runner, running) = (server.clone(), Arc::clone(&job));
    let asking = Asking::Within(Arc::clone(&within));
    server.tasks().spawn(async move {
        let link = Link { ask: asking.port(), approve: asking.approver(), ..link };
        let arguments = Object::from_json(arguments.unwrap_or_default());
        let outcome = tools::perform(&runner, &name, arguments, facts, link, form).await;
        let cancelled = matches!(outcome, Err(CallError::Cancelled));
        running.end(tools::answer(&runner, &name, &asking, outcome, true), cancelled);
        drop(place);
        runner.tasks().forget_later(running);
    });
    tokio::select! {
        biased;
        () = within.task_begins(&admitted) => {}
        () = job.ended() => return job.reply(),
        () = context.ct.cancelled() => {
            job.cancel().cancel();
            job.ended().await;
            return job.reply();
        }
    }
    std::mem::forget(unclaimed);
    Ok(CreateTaskResult::new(job.task()).with_meta(server.identity()).into())
}

/// The longest that a task may take which begins now: to be approved, to wait for a reload, and to run. None if nothing says.
fn longest(server: &Server, tool: &str) -> Option<Duration> {
    let pipeline = server.pipeline();
    let endpoint = pipeline.registry().get(Kind::Tool, tool).and_then(|endpoint| endpoint.time);
    let time = endpoint.or(pipeline.limits().call_timeout)?;
    Some(asking::PATIENCE + Duration::from_secs(60) + time)
}

/// A task that nobody knows of yet, and that ends if nobody will.
struct Unclaimed<'a> {
    server: &'a Server,
    job: &'a Arc<Job>,
}

impl Drop for Unclaimed<'_> {
    fn drop(&mut self) {
        self.job.cancel().cancel();
        self.server.tasks().forget(self.job.id());
    }
}

/// How a task goes, and its result when it has one.
///
/// # Errors
/// The caller has no such task.
pub(crate) fn get(
    server: &Server,
    request: &GetTaskParams,
    context: &RequestContext<RoleServer>,
) -> Result<GetTaskResult, ErrorData> {
    let job = find::<GetTaskMethod>(server, &request.task_id, context)?;
    let mut result = GetTaskResult::new(job.detailed());
    result.meta = Some(server.identity());
    Ok(result)
}

/// Brings answers to a task's questions.
///
/// # Errors
/// The caller has no such task, or what is brought are no answers.
pub(crate) fn update(
    server: &Server,
    request: UpdateTaskParams,
    context: &RequestContext<RoleServer>,
) -> Result<(), ErrorData> {
    find::<UpdateTaskMethod>(server, &request.task_id, context)?.answer(request.input_responses)
}

/// Takes a task back. One that has ended stays as it is.
///
/// # Errors
/// The caller has no such task.
pub(crate) fn cancel(
    server: &Server,
    request: &CancelTaskParams,
    context: &RequestContext<RoleServer>,
) -> Result<(), ErrorData> {
    find::<CancelTaskMethod>(server, &request.task_id, context)?.cancel().cancel();
    Ok(())
}

/// A task of whoever makes a request. Those of others are as unknown as those that never were.
fn find<M: ConstString>(
    server: &Server,
    id: &str,
    context: &RequestContext<RoleServer>,
) -> Result<Arc<Job>, ErrorData> {
    if !is_modern(context) {
        return Err(params::unknown_method(M::VALUE));
    }
    let owner = context::owner(&context.extensions);
    server
        .tasks()
        .find(id, &owner)
        .ok_or_else(|| ErrorData::invalid_params(format!("Unknown task: {id}"), None))
}
