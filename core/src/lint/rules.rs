//! All rules but those of clients, in the order of their findings.

mod contradicting_annotations;
mod duplicate_test_name;
mod example_mismatch;
mod missing_annotations;
mod missing_description;
mod missing_item_description;
mod missing_parameter_default;
mod missing_parameter_description;
mod missing_parameter_examples;
mod missing_property_description;
mod missing_return_description;
mod missing_tags;
mod missing_test_description;
mod missing_tests;
mod tool_name;

use super::Rule;

/// Every rule. Some stand here twice, once for each part of a definition that they look at.
pub(super) const ALL: &[Rule] = &[
    missing_description::RULE,
    missing_tags::RULE,
    missing_tests::RULE,
    missing_test_description::RULE,
    missing_parameter_description::RULE,
    missing_parameter_examples::RULE,
    missing_parameter_default::RULE,
    missing_item_description::IN_PARAMETERS,
    missing_property_description::IN_PARAMETERS,
    missing_return_description::RULE,
    missing_item_description::IN_RETURN,
    missing_property_description::IN_RETURN,
    missing_annotations::RULE,
    contradicting_annotations::RULE,
    tool_name::RULE,
    example_mismatch::RULE,
    duplicate_test_name::RULE,
];
