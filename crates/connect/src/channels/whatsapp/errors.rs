//! What Meta's error codes mean for a message and for the account.
//!
//! After Meta's page of error codes for the Cloud API. The code decides, never the HTTP status, which is not
//! authoritative, nor the title in `message`, which is to go.

use std::time::Duration;

use serde_json::Value as Json;
use usher_engine::event::{SendFailure, SendFailureReason};

use crate::channels::{AccountProblem, Scope, SendOutcome};

/// How long the first wait for a limit of a whole account is; its quotas are counted by the hour.
const ACCOUNT_WAIT: Duration = Duration::from_secs(60);
/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// An error object, from an answer or a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Error {
    pub code: Option<i64>,
    pub subcode: Option<i64>,
    /// What Meta says happened, the most telling that it gives.
    pub details: String,
    /// Whether Meta says that it will pass.
    pub transient: bool,
}

/// What a code asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Nothing can be sent until somebody changes the token, the permissions or the account.
    Blocked(&'static str),
    /// Too much was sent: wait.
    Throttled(Scope, &'static str),
    /// Meta had a fault of its own.
    Transient,
    /// This message will never be taken.
    Failed(SendFailureReason, &'static str),
}

impl Error {
    /// Reads an error object; fields may be missing or of another type than documented.
    pub fn read(error: &Json) -> Self {
        let number = |name: &str| {
            let value = &error[name];
            value.as_i64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))
        };
        let text = |value: &Json| value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let details = text(&error["error_data"]["details"])
            .or_else(|| text(&error["error_user_msg"]))
            .or_else(|| text(&error["message"]))
            .or_else(|| text(&error["title"]))
            .unwrap_or_else(|| "no details".to_owned());
        Self {
            code: number("code"),
            subcode: number("error_subcode"),
            details: details.chars().take(500).collect(),
            transient: error["is_transient"].as_bool().unwrap_or(false),
        }
    }

    fn class(&self) -> Class {
        use Class::{Blocked, Failed, Throttled, Transient};
        use SendFailureReason::{MediaRefused, Rejected, Undeliverable, WindowClosed};

        match self.code.unwrap_or(-1) {
            0 | 190 => Blocked("the access token is not valid (any more); enter a new one"),
            3 | 10 | 200..=299 | 131005 => {
                Blocked("the access token lacks a permission; grant whatsapp_business_messaging")
            }
            100 if self.subcode == Some(33) => {
                Blocked("there is no phone number of this id that the access token may use")
            }
            33 => Blocked("the phone number was deleted; check the phone number ID"),
            368 => Blocked("Meta has restricted the account for breaking a policy"),
            130497 => Blocked("Meta does not let this account send to this country"),
            131031 => Blocked("Meta has locked the account"),
            131037 => Blocked("the number's display name still has to be approved by Meta"),
            131042 => Blocked("the account's payment method does not work; check it in Meta's Business Manager"),
            131045 | 133010 => Blocked("the phone number is not registered with the Cloud API"),
            131057 => Blocked("Meta has the account in maintenance mode"),
            134011 => Blocked("Meta's payment terms have not been accepted"),

            4 => Throttled(Scope::Account, "the app has reached its rate limit"),
            80007 | 80008 => Throttled(Scope::Account, "the WhatsApp Business account has reached its rate limit"),
            130429 => Throttled(Scope::Number, "the number has reached its throughput"),
            131048 => {
                Throttled(Scope::Number, "Meta limits the number because messages were blocked or reported as spam")
            }
            131056 => Throttled(Scope::Pair, "too many messages to this customer in a short time"),
            131064 => Throttled(Scope::Number, "the number has reached a limit of its classification"),
            132069 => Throttled(Scope::Number, "the form has reached its rate limit"),
            133016 => Throttled(Scope::Number, "the number was registered too often"),

            2 | 131000 | 131016 | 133004 => Transient,

            131047 => Failed(WindowClosed, "the customer's last message is more than 24 hours old"),
            131026 => Failed(Undeliverable, "the customer cannot be reached on WhatsApp"),
            131021 => Failed(Undeliverable, "the customer's number is the business's own"),
            130403 => Failed(Undeliverable, "the business has blocked this customer"),
            131049 => Failed(Undeliverable, "Meta held the message back to protect the customer from too many"),
            131050 => Failed(Undeliverable, "the customer has stopped marketing messages"),
            130472 => Failed(Undeliverable, "the customer is part of an experiment of Meta's"),
            131062 => Failed(Undeliverable, "this message cannot be sent without the customer's phone number"),
            131052 | 131053 => Failed(MediaRefused, "the file was not taken"),
            132000 | 132001 | 132005 | 132007 | 132012 | 132015 | 132016 | 132018 | 131063 => {
                Failed(Rejected, "the template was not taken")
            }
            132068 => Failed(Rejected, "the form is blocked by Meta"),
            1 | 100 | 131008 | 131009 | 131051 | 135000 => Failed(Rejected, "Meta refused the request as it stands"),

            _ if self.transient => Transient,
            _ => Failed(Rejected, "Meta refused the message"),
        }
    }

    /// Says what to do with a send that this error answered.
    pub fn outcome(&self, number: &str, attempt: u32, retry_after: Option<Duration>) -> SendOutcome {
        let failure = self.failure();
        match self.class() {
            Class::Blocked(_) => SendOutcome::Blocked {
                problem: AccountProblem {
                    account: Some(number.to_owned()),
                    code: failure.code.clone(),
                    message: failure.message.clone(),
                },
                failure,
            },
            Class::Throttled(scope, _) => {
                let after = retry_after.unwrap_or_else(|| match scope {
                    Scope::Pair => pair_back_off(attempt),
                    Scope::Account => ACCOUNT_WAIT.saturating_mul(1 << attempt.min(6)).min(LONGEST_WAIT),
                    Scope::Number | Scope::Transient => back_off(attempt),
                });
                SendOutcome::Retry { after, scope, failure }
            }
            Class::Transient => {
                let after = retry_after.unwrap_or_else(|| back_off(attempt));
                SendOutcome::Retry { after, scope: Scope::Transient, failure }
            }
            Class::Failed(..) => SendOutcome::Failed { failure },
        }
    }

    /// Says why the message did not reach the customer, in plain words with Meta's own behind them.
    pub fn failure(&self) -> SendFailure {
        let (reason, words) = match self.class() {
            Class::Blocked(words) | Class::Throttled(_, words) => (SendFailureReason::ChannelUnavailable, words),
            Class::Transient => (SendFailureReason::ChannelUnavailable, "WhatsApp has a fault for now"),
            Class::Failed(reason, words) => (reason, words),
        };
        let code = self.code.map(|code| code.to_string());
        let meta = code.as_deref().map_or_else(String::new, |code| format!(" {code}"));
        SendFailure { reason, code, message: format!("{words} (Meta{meta}: {})", self.details) }
    }

    /// Says whether this is about the account rather than one message.
    pub fn concerns_account(&self) -> bool {
        matches!(self.class(), Class::Blocked(_) | Class::Throttled(Scope::Account | Scope::Number, _))
    }
}

/// How long to wait after too many messages to one customer: 4^X seconds, by Meta's rule.
fn pair_back_off(attempt: u32) -> Duration {
    Duration::from_secs(4_u64.saturating_pow(attempt)).min(LONGEST_WAIT)
}

/// How long to wait after a fault or a limit for which the provider names no time: 1, 2, 4 … seconds, up to a minute.
pub(super) fn back_off(attempt: u32) -> Duration {
    Duration::from_secs(2_u64.saturating_pow(attempt)).min(Duration::from_secs(60))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(code: i64) -> Error {
        Error::read(&json!({ "code": code, "error_data": { "details": "details" } }))
    }

    fn outcome(code: i64) -> SendOutcome {
        error(code).outcome("106540352242922", 0, None)
    }

    #[test]
    fn what_only_a_person_can_mend_blocks_the_number() {
        let codes = [
            0, 190, 3, 10, 200, 250, 299, 131005, 33, 368, 130497, 131031, 131037, 131042, 131045, 131057, 133010,
            134011,
        ];
        for code in codes {
            let SendOutcome::Blocked { problem, failure } = outcome(code) else { panic!("{code} blocks") };
            assert_eq!(problem.account.as_deref(), Some("106540352242922"));
            assert_eq!(problem.code, Some(code.to_string()));
            assert_eq!(failure.reason, SendFailureReason::ChannelUnavailable);
        }
        let unknown_number =
            Error::read(&json!({ "code": 100, "error_subcode": 33, "message": "Unsupported post request." }));
        assert!(matches!(unknown_number.outcome("1", 0, None), SendOutcome::Blocked { .. }));
    }

    #[test]
    fn limits_wait_for_as_much_as_they_are_about() {
        for (code, scope) in [
            (4, Scope::Account),
            (80007, Scope::Account),
            (80008, Scope::Account),
            (130429, Scope::Number),
            (131048, Scope::Number),
            (131064, Scope::Number),
            (132069, Scope::Number),
            (133016, Scope::Number),
            (131056, Scope::Pair),
            (2, Scope::Transient),
            (131000, Scope::Transient),
            (131016, Scope::Transient),
            (133004, Scope::Transient),
        ] {
            let SendOutcome::Retry { scope: found, .. } = outcome(code) else { panic!("{code} is tried again") };
            assert_eq!(found, scope, "{code}");
        }
    }

    #[test]
    fn what_will_never_be_taken_fails_with_a_reason() {
        for (reason, codes) in [
            (SendFailureReason::WindowClosed, &[131047][..]),
            (SendFailureReason::Undeliverable, &[131026, 131021, 130403, 131049, 131050, 130472, 131062]),
            (SendFailureReason::MediaRefused, &[131052, 131053]),
            (
                SendFailureReason::Rejected,
                &[
                    1, 100, 131008, 131009, 131051, 135000, 132000, 132001, 132005, 132007, 132012, 132015, 132016,
                    132018, 131063, 132068, 999_999,
                ],
            ),
        ] {
            for code in codes {
                let SendOutcome::Failed { failure } = outcome(*code) else { panic!("{code} fails") };
                assert_eq!((failure.reason, failure.code), (reason, Some(code.to_string())));
            }
        }
    }

    #[test]
    fn waits_grow_by_the_providers_rule_and_end() {
        let after = |code: i64, attempt: u32| match error(code).outcome("1", attempt, None) {
            SendOutcome::Retry { after, .. } => after.as_secs(),
            other => panic!("{other:?} is not tried again"),
        };
        assert_eq!([0, 1, 2, 3].map(|attempt| after(131056, attempt)), [1, 4, 16, 64]);
        assert_eq!([0, 1, 5, 6, 60].map(|attempt| after(130429, attempt)), [1, 2, 32, 60, 60]);
        assert_eq!([0, 1, 60].map(|attempt| after(80007, attempt)), [60, 120, 3600]);
        assert_eq!(after(131056, u32::MAX), 3600);
        let told = error(130429).outcome("1", 0, Some(Duration::from_secs(9)));
        assert!(matches!(told, SendOutcome::Retry { after, .. } if after == Duration::from_secs(9)));
    }

    #[test]
    fn odd_error_objects_are_read() {
        let text_code = Error::read(&json!({ "code": "131047", "message": "(#131047) Re-engagement message" }));
        assert_eq!((text_code.code, text_code.details.as_str()), (Some(131047), "(#131047) Re-engagement message"));
        let empty = Error::read(&json!({}));
        assert!(matches!(empty.outcome("1", 0, None), SendOutcome::Failed { .. }));
        let passing = Error::read(&json!({ "code": 424242, "is_transient": true }));
        assert!(matches!(passing.outcome("1", 0, None), SendOutcome::Retry { scope: Scope::Transient, .. }));
        let long = Error::read(&json!({ "code": 1, "message": "é".repeat(10_000) }));
        assert_eq!(long.details.chars().count(), 500);
    }
}
