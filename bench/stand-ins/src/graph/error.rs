//! Errors as Meta writes them.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};

/// Why a request is refused.
#[derive(Debug, Clone)]
pub(super) struct Error {
    pub code: i64,
    pub subcode: Option<i64>,
    pub details: String,
}

impl Error {
    /// Makes an error of a code.
    pub fn of(code: i64, details: impl Into<String>) -> Self {
        Self { code, subcode: None, details: details.into() }
    }

    /// Returns the status that goes with the code; Meta says that it is not to be relied on.
    pub fn status(&self) -> StatusCode {
        match self.code {
            0 | 190 => StatusCode::UNAUTHORIZED,
            10 | 200..=299 => StatusCode::FORBIDDEN,
            4 | 80007 | 80008 | 130429 | 131056 => StatusCode::TOO_MANY_REQUESTS,
            2 | 3 | 131000 | 131016 => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Writes the error.
    pub fn body(&self) -> Json {
        let mut error = json!({
            "message": format!("(#{}) {}", self.code, title(self.code)),
            "type": "OAuthException",
            "code": self.code,
            "error_data": { "messaging_product": "whatsapp", "details": self.details },
            "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam",
        });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = subcode.into();
        }
        json!({ "error": error })
    }
}

fn title(code: i64) -> &'static str {
    match code {
        100 => "Invalid parameter",
        190 => "Invalid OAuth access token",
        130429 => "Rate limit hit",
        131008 => "Required parameter is missing",
        131009 => "Parameter value is not valid",
        131047 => "Re-engagement message",
        131056 => "(Business Account, Consumer Account) pair rate limit hit",
        _ => "Error",
    }
}
