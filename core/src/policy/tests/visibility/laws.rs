//! What is foreseen is what happens: held against full evaluation, for conditions, callers and arguments at
//! random.

use super::generator::Generator;
use super::*;

/// The rule, if the checker lets the condition through.
fn checked(condition: &str) -> Option<PolicySet> {
    let text = serde_json::to_string(condition).unwrap();
    let compiled = compile_any(&format!("policies: {{input: [{{condition: {text}, action: deny}}]}}"));
    (!compiled.findings.has_errors()).then_some(compiled.set)
}

#[test]
fn no_arguments_open_what_is_hidden_and_none_close_what_is_open() {
    let mut counts = [0_usize; 3];
    for seed in 0..800 {
        let mut generator = Generator::new(seed);
        let condition = generator.condition();
        let Some(rule) = checked(&condition) else { continue };
        for _ in 0..3 {
            let user = generator.user();
            let mut context = context(user.as_deref());
            let seen = rule.visibility(&context);
            counts[seen as usize] += 1;
            assert_eq!(rule.is_visible(&context), seen != Hidden, "{condition}");
            assert!(seen != Hidden || rule.can_be_hidden(), "{condition}");
            if seen == Depends {
                continue;
            }
            for number in 0..25 {
                let arguments = generator.arguments();
                context.now = now() - chrono::Duration::days(number * 30);
                let denied = rule.decide_input(&arguments, &context).denied.is_some();
                assert_eq!(denied, seen == Hidden, "{condition}\n{user:?}\n{arguments:?}");
            }
        }
    }
    // The law means something only if each of them happens often.
    assert!(counts.iter().all(|count| *count > 150), "{counts:?}");
}

#[test]
fn what_is_about_the_caller_only_is_always_sure() {
    for seed in 0..400 {
        let mut generator = Generator::new(seed + 10_000);
        let condition = generator.condition_on_user();
        let Some(rule) = checked(&condition) else { continue };
        for _ in 0..3 {
            let context = context(generator.user().as_deref());
            let denied = rule.decide_input(&Object::new(), &context).denied.is_some();
            let expected = if denied { Hidden } else { Open };
            assert_eq!(rule.visibility(&context), expected, "{condition}");
        }
    }
}
