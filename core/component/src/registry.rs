//! The interface `registry`.

use crate::bindings::exports::mxcp::core::registry::{
    Call, Context, DefinitionFile, Error, ExecutionError, Guest, GuestParsed, GuestPrepared, GuestProject,
    Loaded, Output, Parsed, Plan, Prepared, Project, Reference, Reply, SourceFile, Step,
};
use crate::{Component, convert};

impl Guest for Component {
    type Parsed = ParsedFiles;
    type Project = Registry;
    type Prepared = PreparedCall;
}

pub(crate) struct ParsedFiles(mxcp_core::load::Parsed);

pub(crate) struct Registry(pub(crate) mxcp_core::registry::Registry);

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
            Err(refusal) => Step::Refused(convert::reply(&refusal.into_reply())),
        })
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
