//! `mxcp-core` as a WASI component: conversions between WIT (`wit/core`) and the crate, nothing else.

mod bindings;
mod convert;

use bindings::exports::mxcp::core::registry::{
    Call, Context, DefinitionFile, Error, ExecutionError, Guest, GuestParsed, GuestPrepared, GuestProject,
    Kind, Loaded, Output, Parsed, Plan, Prepared, Project, Reference, Reply, SourceFile, Step, Tool,
};

struct Component;

impl Guest for Component {
    type Parsed = ParsedFiles;
    type Project = Registry;
    type Prepared = PreparedCall;
}

struct ParsedFiles(mxcp_core::load::Parsed);

struct Registry(mxcp_core::registry::Registry);

struct PreparedCall(mxcp_core::registry::Prepared);

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
    fn tools(&self) -> Vec<Tool> {
        self.0.tools().iter().map(convert::tool).collect()
    }

    fn visible(&self, kind: Kind, context: Context) -> Result<Vec<String>, Error> {
        let context = convert::context(context)?;
        let visible = self.0.visible(convert::kind(kind), &context);
        Ok(visible.map(|endpoint| endpoint.name.clone()).collect())
    }

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

    fn finish(this: Prepared, outcome: Result<Output, ExecutionError>) -> Result<Reply, Error> {
        let outcome = match outcome {
            Ok(output) => Ok(convert::output(output)?),
            Err(error) => Err(convert::execution_error(error)),
        };
        Ok(convert::reply(&this.into_inner::<PreparedCall>().0.finish(outcome)))
    }
}

/// The exported symbols, which are `unsafe` by their nature.
#[allow(unsafe_code, unreachable_pub, reason = "generated code")]
mod symbols {
    use super::{Component, bindings};

    bindings::export!(Component with_types_in bindings);
}
