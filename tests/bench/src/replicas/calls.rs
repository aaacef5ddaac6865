//! What replicas are asked.

use serde_json::{Value, json};

use crate::contender::{Call, tool_call};

/// How long the call that waits does so.
pub(crate) const RESTING: u64 = 100;

/// The sort of tea that is reserved.
const SKU: &str = "AS-01";

/// A call that is measured. Nothing changes if it is made again.
pub(crate) fn of(kind: &str, token: Option<&str>) -> Call {
    let call = match kind {
        "find_orders" => call(
            "find_orders",
            &json!({"customer": "customer007@example.org"}),
            vec![
                (
                    "/result/structuredContent/result/0",
                    json!({
                        "order_number": 19753, "ordered_on": "2025-12-22", "tea": "Assam Hathikuli", "kilos": 4,
                    }),
                ),
                ("/result/structuredContent/result/4/order_number", json!(18153)),
            ],
        ),
        "stock" => call(
            "stock",
            &json!({"sku": "DA-01"}),
            vec![(
                "/result/structuredContent",
                json!({
                    "sku": "DA-01", "name": "Darjeeling Margaret's Hope", "left": 200,
                }),
            )],
        ),
        "reserve" => reserve("again and again", 3),
        "rest" => call(
            "rest",
            &json!({"milliseconds": RESTING}),
            vec![("/result/structuredContent/result", json!(RESTING))],
        ),
        _ => call("answer", &json!({"n": 41}), vec![("/result/structuredContent/result", json!(42))]),
    };
    with_token(call, token)
}

/// A reservation of its own.
pub(crate) fn reserve(key: &str, kilos: u64) -> Call {
    let reservation = json!({"reservation": key, "sku": SKU, "kilos": kilos});
    call("reserve", &reservation, vec![("/result/structuredContent", reservation.clone())])
}

/// The same call by somebody who is known.
pub(crate) fn with_token(mut call: Call, token: Option<&str>) -> Call {
    call.headers.extend(token.map(|token| ("Authorization", format!("Bearer {token}"))));
    call
}

fn call(name: &str, arguments: &Value, mut expected: Vec<(&'static str, Value)>) -> Call {
    expected.push(("/result/isError", json!(false)));
    tool_call(name, arguments, expected)
}
