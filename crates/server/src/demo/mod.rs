//! The shop of the example: an order API that Usher serves itself in demo mode, so that a first conversation
//! needs no account anywhere.

use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use serde_json::json;

use crate::problem::Problem;

/// How long the slow order takes.
const SLOW: Duration = Duration::from_secs(3);

struct Order {
    number: &'static str,
    status: &'static str,
    carrier: Option<&'static str>,
    expected: &'static str,
    item: &'static str,
    quantity: u32,
    total: &'static str,
    slow: bool,
}

const ORDERS: &[Order] = &[
    Order {
        number: "1001",
        status: "shipped",
        carrier: Some("Swift Parcel"),
        expected: "tomorrow",
        item: "Walking shoes",
        quantity: 1,
        total: "89.90",
        slow: false,
    },
    Order {
        number: "1002",
        status: "being packed",
        carrier: None,
        expected: "on Friday",
        item: "Rain jacket",
        quantity: 1,
        total: "129.00",
        slow: false,
    },
    Order {
        number: "1003",
        status: "delivered",
        carrier: Some("Swift Parcel"),
        expected: "yesterday",
        item: "Wool socks",
        quantity: 4,
        total: "31.60",
        slow: false,
    },
    Order {
        number: "1009",
        status: "waiting for stock",
        carrier: None,
        expected: "in two weeks",
        item: "Tent for two",
        quantity: 1,
        total: "349.00",
        slow: true,
    },
];

/// Serves `GET /demo/orders/{number}`: 1001, 1002 and 1003 answer at once, 1009 after three seconds, and no
/// other order is known.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/demo/orders/{number}", get(order))
}

async fn order(Path(number): Path<String>) -> Response {
    let Some(order) = ORDERS.iter().find(|order| order.number == number) else {
        let known = ORDERS.iter().map(|order| order.number).collect::<Vec<_>>().join(", ");
        return Problem::new(
            StatusCode::NOT_FOUND,
            "order_not_found",
            format!("there is no order `{number}`; the demo knows {known}"),
        )
        .into_response();
    };
    if order.slow {
        tokio::time::sleep(SLOW).await;
    }
    Json(json!({ "order": {
        "number": order.number,
        "status": order.status,
        "carrier": order.carrier,
        "expected": order.expected,
        "items": [{ "title": order.item, "quantity": order.quantity }],
        "total": order.total,
        "currency": "EUR",
    }}))
    .into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn status_of(number: &str) -> StatusCode {
        let request = Request::get(format!("/demo/orders/{number}")).body(Body::empty()).unwrap();
        routes::<()>().with_state(()).oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn known_orders_are_found_and_others_are_not() {
        for order in ORDERS.iter().filter(|order| !order.slow) {
            assert_eq!(status_of(order.number).await, StatusCode::OK);
        }
        assert_eq!(status_of("4711").await, StatusCode::NOT_FOUND);
    }
}
