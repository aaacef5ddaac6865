//! Questions as requests of the protocol.

#![expect(deprecated, reason = "sampling and roots are deprecated since 2026-07-28 and still part of it")]

use mxcp_runtime::ports::{AskError, Question, QuestionKind};
use rmcp::model::{
    ClientCapabilities, CreateMessageRequest, ElicitRequest, ElicitRequestParams, ElicitationCapability,
    FormElicitationCapability, InputRequest, JsonObject, ListRootsRequest, RootsCapabilities,
    SamplingCapability, ServerRequest, UrlElicitationCapability,
};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// A question as a request.
///
/// # Errors
/// Its parameters are not those of its method.
pub(super) fn request(question: &Question) -> Result<InputRequest, AskError> {
    Ok(match question.kind {
        QuestionKind::Elicitation => InputRequest::Elicitation(ElicitRequest::new(params(question)?)),
        QuestionKind::Sampling => InputRequest::CreateMessage(CreateMessageRequest::new(params(question)?)),
        QuestionKind::Roots => InputRequest::ListRoots(ListRootsRequest::default()),
    })
}

fn params<T: DeserializeOwned>(question: &Question) -> Result<T, AskError> {
    T::deserialize(&question.params).map_err(|error| {
        AskError::Failed(format!("not a question that `{}` can put: {error}", question.kind.method()))
    })
}

/// The same request, for clients that are asked while the call waits.
pub(super) fn to_client(request: InputRequest) -> Option<ServerRequest> {
    Some(match request {
        InputRequest::Elicitation(request) => ServerRequest::ElicitRequest(request),
        InputRequest::CreateMessage(request) => ServerRequest::CreateMessageRequest(request),
        InputRequest::ListRoots(request) => ServerRequest::ListRootsRequest(request),
        _ => return None,
    })
}

/// What a client would have to declare to be asked this; none if it did.
pub(super) fn missing(request: &InputRequest, declared: &ClientCapabilities) -> Option<ClientCapabilities> {
    let mut needed = ClientCapabilities::default();
    let declares = match request {
        InputRequest::Elicitation(request) => {
            let forms = matches!(request.params, ElicitRequestParams::FormElicitationParams { .. });
            let mut capability = ElicitationCapability::default();
            let declares = declared.elicitation.as_ref().is_some_and(|declared| {
                // One that says nothing of modes is of the time when there were forms only.
                if forms { declared.form.is_some() || declared.url.is_none() } else { declared.url.is_some() }
            });
            if !forms {
                capability.url = Some(UrlElicitationCapability::default());
            } else if declared.elicitation.is_some() {
                capability.form = Some(FormElicitationCapability::default());
            }
            needed.elicitation = Some(capability);
            declares
        }
        InputRequest::CreateMessage(request) => {
            let mut capability = SamplingCapability::default();
            let declared = declared.sampling.as_ref();
            let mut declares = declared.is_some();
            if request.params.tools.is_some() || request.params.tool_choice.is_some() {
                capability.tools = Some(JsonObject::new());
                declares &= declared.is_some_and(|declared| declared.tools.is_some());
            }
            needed.sampling = Some(capability);
            declares
        }
        InputRequest::ListRoots(_) => {
            needed.roots = Some(RootsCapabilities::default());
            declared.roots.is_some()
        }
        _ => false,
    };
    (!declares).then_some(needed)
}

/// The parameters of a request, in which a form's schema is found.
pub(super) fn schema_of_form(request: &InputRequest) -> Option<Json> {
    match request {
        InputRequest::Elicitation(request) => match &request.params {
            ElicitRequestParams::FormElicitationParams { requested_schema, .. } => {
                serde_json::to_value(requested_schema).ok()
            }
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn question(kind: QuestionKind, params: Json) -> Question {
        Question { key: None, kind, params }
    }

    fn form() -> InputRequest {
        let schema =
            json!({"type": "object", "properties": {"z": {"type": "string"}, "a": {"type": "boolean"}}});
        request(&question(QuestionKind::Elicitation, json!({"message": "Who?", "requestedSchema": schema})))
            .unwrap()
    }

    fn needed(request: &InputRequest, declared: Json) -> Option<Json> {
        let declared = serde_json::from_value(declared).unwrap();
        missing(request, &declared).map(|needed| serde_json::to_value(needed).unwrap())
    }

    #[test]
    fn a_form_keeps_the_order_of_its_fields() {
        let schema = schema_of_form(&form()).unwrap();
        let fields: Vec<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(fields, ["z", "a"]);
    }

    #[test]
    fn what_is_no_question_is_refused_with_what_is_wrong() {
        let error = request(&question(QuestionKind::Elicitation, json!({"message": 1}))).unwrap_err();
        assert!(
            error.to_string().starts_with("not a question that `elicitation/create` can put: "),
            "{error}"
        );
        let nested = json!({"type": "object", "properties": {"a": {"type": "object"}}});
        let params = json!({"message": "x", "requestedSchema": nested});
        assert!(request(&question(QuestionKind::Elicitation, params)).is_err());
    }

    #[test]
    fn forms_need_elicitation_and_addresses_need_its_mode() {
        assert_eq!(needed(&form(), json!({})), Some(json!({"elicitation": {}})));
        assert_eq!(needed(&form(), json!({"elicitation": {}})), None);
        assert_eq!(needed(&form(), json!({"elicitation": {"form": {}}})), None);
        let by_url_only = json!({"elicitation": {"url": {}}});
        assert_eq!(needed(&form(), by_url_only.clone()), Some(json!({"elicitation": {"form": {}}})));
        let params = json!({"mode": "url", "message": "Log in", "url": "https://example.com"});
        let url = request(&question(QuestionKind::Elicitation, params)).unwrap();
        assert_eq!(needed(&url, json!({"elicitation": {}})), Some(by_url_only.clone()));
        assert_eq!(needed(&url, by_url_only), None);
    }

    #[test]
    fn sampling_with_tools_needs_more_than_sampling() {
        let message = json!({"role": "user", "content": {"type": "text", "text": "Hi"}});
        let params = json!({"messages": [message], "maxTokens": 1});
        let plain = request(&question(QuestionKind::Sampling, params.clone())).unwrap();
        assert_eq!(needed(&plain, json!({})), Some(json!({"sampling": {}})));
        assert_eq!(needed(&plain, json!({"sampling": {}})), None);
        let mut params = params;
        params["tools"] = json!([]);
        let with_tools = request(&question(QuestionKind::Sampling, params)).unwrap();
        assert_eq!(needed(&with_tools, json!({"sampling": {}})), Some(json!({"sampling": {"tools": {}}})));
        assert_eq!(needed(&with_tools, json!({"sampling": {"tools": {}}})), None);
    }

    #[test]
    fn roots_need_roots() {
        let roots = request(&question(QuestionKind::Roots, json!({}))).unwrap();
        assert_eq!(needed(&roots, json!({})), Some(json!({"roots": {}})));
        assert_eq!(needed(&roots, json!({"roots": {"listChanged": true}})), None);
    }
}
