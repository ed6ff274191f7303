//! When a call is tried again.

use std::time::Duration;

use crate::http;

/// What a target allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Retries {
    /// One try: what a repeat would do is not known.
    #[default]
    Never,
    /// Again when the system says that it has too much to do (429, 503) or that it failed (5xx) and a repeat is
    /// harmless, or when the request never left.
    WhenHarmless,
}

/// How many tries a call has beyond the first.
const MOST: u32 = 5;

impl Retries {
    /// Returns how long to wait before the next try; none if this result is the last.
    ///
    /// The system's own `Retry-After` counts before the doubling pause.
    pub(super) fn wait(
        self,
        result: &Result<http::Response, http::Failure>,
        harmless: bool,
        attempt: u32,
    ) -> Option<Duration> {
        if self == Self::Never || attempt >= MOST {
            return None;
        }
        let pause = Duration::from_millis(500 << attempt);
        match result {
            // Refused before anything was done with it.
            Ok(response) if response.status == 429 => Some(response.retry_after().unwrap_or(pause)),
            Ok(response) if response.status >= 500 && harmless => Some(response.retry_after().unwrap_or(pause)),
            // Also a connection that took too long to be made; once the call's own time is over, no wait fits in.
            Err(http::Failure { kind: http::FailureKind::Unreachable | http::FailureKind::Timeout, sent, .. })
                if harmless || !sent =>
            {
                Some(pause)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Result<http::Response, http::Failure> {
        Ok(http::Response::new(status, headers, ""))
    }

    fn broken(sent: bool) -> Result<http::Response, http::Failure> {
        Err(http::Failure { kind: http::FailureKind::Unreachable, sent, message: "it broke".to_owned() })
    }

    #[test]
    fn only_what_is_harmless_is_repeated() {
        let retries = Retries::WhenHarmless;
        let pause = Some(Duration::from_millis(500));
        assert_eq!(retries.wait(&answer(429, &[]), false, 0), pause);
        assert_eq!(retries.wait(&answer(502, &[]), true, 0), pause);
        assert_eq!(retries.wait(&answer(502, &[]), false, 0), None);
        assert_eq!(retries.wait(&broken(false), false, 0), pause);
        assert_eq!(retries.wait(&broken(true), false, 0), None);
        assert_eq!(retries.wait(&broken(true), true, 0), pause);
        assert_eq!(retries.wait(&answer(422, &[]), true, 0), None);
        assert_eq!(Retries::Never.wait(&answer(429, &[]), true, 0), None);
    }

    #[test]
    fn the_systems_own_wait_counts_and_tries_end() {
        let retries = Retries::WhenHarmless;
        assert_eq!(retries.wait(&answer(503, &[("retry-after", "7")]), true, 2), Some(Duration::from_secs(7)));
        assert_eq!(retries.wait(&answer(503, &[]), true, 2), Some(Duration::from_secs(2)));
        assert_eq!(retries.wait(&answer(503, &[]), true, MOST), None);
    }
}
