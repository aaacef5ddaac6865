//! Gemini.
//!
//! A declaration has its schema in one of two fields. `parameters` is of Google's own type `Schema`, a part of
//! OpenAPI 3.0, and a request with anything else in it is refused; `parametersJsonSchema` is JSON Schema. Which
//! of them is used, and whether the schema is translated for it, is the client's choice: so what only `Schema`
//! can't say is a warning.

use super::form::Form;
use super::limit::{Limit, What};
use crate::diagnostic::Severity;

pub(super) const LIMITS: &[Limit] = &[
    // Google Cloud, "Vertex AI: FunctionDeclaration":
    // https://cloud.google.com/vertex-ai/generative-ai/docs/reference/java/latest/com.google.cloud.vertexai.api.FunctionDeclarationOrBuilder
    Limit {
        code: "client-gemini-tool-name",
        severity: Severity::Error,
        what: What::ToolName(Form { begins_with_letter: true, others: "_.-", longest: 64 }),
    },
    // The same page: names of parameters have neither dots nor dashes.
    Limit {
        code: "client-gemini-parameter-name",
        severity: Severity::Error,
        what: What::ParameterName(Form { begins_with_letter: true, others: "_", longest: 64 }),
    },
    // Google Cloud, "Vertex AI API: Schema" (the Gemini API knows fewer):
    // https://googleapis.dev/dotnet/Google.Apis.Aiplatform.v1/latest/api/Google.Apis.Aiplatform.v1.Data.GoogleCloudAiplatformV1Schema.html
    Limit {
        code: "client-gemini-keyword",
        severity: Severity::Warning,
        what: What::KnownKeywords(&[
            "additionalProperties",
            "anyOf",
            "default",
            "defs",
            "description",
            "enum",
            "example",
            // It is no keyword there either, but has a row of its own below.
            "examples",
            "format",
            "items",
            "maxItems",
            "maxLength",
            "maxProperties",
            "maximum",
            "minItems",
            "minLength",
            "minProperties",
            "minimum",
            "nullable",
            "pattern",
            "properties",
            "propertyOrdering",
            "ref",
            "required",
            "title",
            "type",
        ]),
    },
    // "Gemini API: Schema", where `type` is one value: https://ai.google.dev/api/caching#Schema
    Limit { code: "client-gemini-type", severity: Severity::Warning, what: What::OneType },
    // The same page: `nullable` says what a list of types would.
    Limit { code: "client-gemini-null", severity: Severity::Info, what: What::NoNull },
    // The same page: it has one `example`.
    Limit { code: "client-gemini-examples", severity: Severity::Info, what: What::NoExamples },
    // The same page: the values of `enum` are texts.
    Limit { code: "client-gemini-enum", severity: Severity::Warning, what: What::TextChoices },
    // Firebase AI Logic, "SchemaInterface.format": requests to the Gemini API with another format fail.
    // https://firebase.google.com/docs/reference/js/ai.schemainterface
    Limit {
        code: "client-gemini-format",
        severity: Severity::Warning,
        what: What::Formats(&["enum", "date-time"]),
    },
];
