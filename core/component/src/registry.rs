//! The interface `registry`.

use crate::bindings::exports::mxcp::core::registry::{
    Approval, Call, Context, DefinitionFile, Error, ExecutionError, Guest, GuestParsed, GuestPending,
    GuestPrepared, GuestProject, Loaded, Output, Parsed, Pending, Plan, Prepared, Project, Reference, Reply,
    SourceFile, Step, Unapproved,
};
use crate::{Component, convert};

impl Guest for Component {
    type Parsed = ParsedFiles;
    type Project = Registry;
    type Pending = PendingCall;
    type Prepared = PreparedCall;
}

pub(crate) struct ParsedFiles(mxcp_core::load::Parsed);

pub(crate) struct Registry(pub(crate) mxcp_core::registry::Registry);

pub(crate) struct PendingCall(mxcp_core::registry::Pending);

pub(crate) struct PreparedCall(mxcp_core::registry::Prepared);

impl GuestParsed for ParsedFiles {
    fn new(files: Vec<DefinitionFile>) -> Self {
        let files = files.into_iter().map(convert::definition_file).collect();
        Self(mxcp_core::load::parse(files))
    }

    fn references(&self) -> Vec<Reference> {
        self.0.references().into_iter().map(convert::reference).collect()
    }

    fn load(this: Parsed, sources: Vec<SourceFile>) -> Loaded {
        let sources = sources.into_iter().map(|file| (file.path, convert::content(file.content))).collect();
        let loaded = this.into_inner::<ParsedFiles>().0.load(&sources);
        Loaded {
            registry: Project::new(Registry(loaded.registry)),
            files: loaded.files.iter().map(convert::loaded_file).collect(),
        }
    }
}

impl GuestProject for Registry {
    fn prepare(&self, call: Call, context: Context) -> Result<Step, Error> {
        let call = convert::call(call)?;
        let context = convert::context(context)?;
        Ok(match self.0.prepare(call, context) {
            Ok(prepared) => Step::Run(Prepared::new(PreparedCall(prepared))),
            Err(refusal) => match refusal.into_pending() {
                Ok(pending) => Step::Ask(Pending::new(PendingCall(pending))),
                Err(reply) => Step::Refused(convert::reply(&reply)),
            },
        })
    }
}

impl GuestPending for PendingCall {
    fn question(&self) -> String {
        self.0.question()
    }

    fn subject(&self) -> String {
        self.0.subject().to_json_text()
    }

    fn approve(this: Pending, by: Approval) -> Prepared {
        let prepared = this.into_inner::<PendingCall>().0.approved(convert::approval(by));
        Prepared::new(PreparedCall(prepared))
    }

    fn refuse(this: Pending, why: Unapproved) -> Reply {
        let reply = this.into_inner::<PendingCall>().0.refused(&convert::unapproved(why));
        convert::reply(&reply)
    }

    fn end(this: Pending, why: ExecutionError) -> Reply {
        let reply = this.into_inner::<PendingCall>().0.ended(convert::execution_error(why));
        convert::reply(&reply)
    }
}

impl GuestPrepared for PreparedCall {
    fn plan(&self) -> Plan {
        convert::plan(self.0.plan())
    }

    fn dropped_arguments(&self) -> Vec<String> {
        self.0.dropped_arguments().to_vec()
    }

    fn finish(this: Prepared, outcome: Result<Output, ExecutionError>) -> Result<Reply, Error> {
        let outcome = match outcome {
            Ok(output) => Ok(convert::output(output)?),
            Err(error) => Err(convert::execution_error(error)),
        };
        Ok(convert::reply(&this.into_inner::<PreparedCall>().0.finish(outcome)))
    }
}
