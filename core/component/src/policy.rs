//! The interface `policy`.

use crate::bindings::exports::mxcp::core::policy::{Context, Error, Explanation, Guest, Question};
use crate::bindings::exports::mxcp::core::registry::ProjectBorrow;
use crate::registry::Registry;
use crate::{Component, convert};

impl Guest for Component {
    fn explain(
        project: ProjectBorrow<'_>,
        question: Question,
        context: Context,
    ) -> Result<Explanation, Error> {
        let question = convert::question(question)?;
        let context = convert::context(context)?;
        let explanation = project.get::<Registry>().0.explain(question, &context);
        explanation.map(convert::explanation).map_err(convert::unexplained)
    }
}
