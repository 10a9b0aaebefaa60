//! What it means when a request fails, and whether it helps to ask again.

use std::time::Duration;

use hf_hub::HFError;

use super::id::ModelId;
use super::settings::Settings;
use crate::{Error, Result};

/// So many requests in a row may bring nothing.
const TRIES: u32 = 6;

/// The first pause; each is twice as long as the one before.
const PAUSE: Duration = Duration::from_millis(500);

/// The longest pause that the hub may ask for.
const PATIENCE: Duration = Duration::from_secs(300);

/// A request that failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// It may go well another time, after a pause if the hub named one.
    Passing {
        reason: String,
        pause: Option<Duration>,
    },
    /// It will not.
    Final(String),
}

/// The requests in a row that brought nothing.
#[derive(Debug, Default)]
pub(super) struct Retries(u32);

impl Retries {
    /// A request brought something.
    pub(super) fn reset(&mut self) {
        self.0 = 0;
    }
}

impl Failure {
    pub(super) fn passing(reason: impl Into<String>) -> Self {
        Self::Passing {
            reason: reason.into(),
            pause: None,
        }
    }

    /// What an error of `hf-hub` means.
    pub(super) fn of(error: HFError, id: &ModelId, settings: &Settings) -> Self {
        match error {
            HFError::AuthRequired { context }
            | HFError::Forbidden { context }
            | HFError::Http { context }
            | HFError::RepoNotFound {
                context: Some(context),
                ..
            }
            | HFError::RevisionNotFound {
                context: Some(context),
                ..
            }
            | HFError::EntryNotFound {
                context: Some(context),
                ..
            } => Self::answer(
                context.status.as_u16(),
                context.error_code.as_deref(),
                &said(context.server_message.as_deref()),
                id,
                settings.token.is_some(),
            ),
            HFError::RateLimited {
                retry_after,
                context,
            } => Self::Passing {
                reason: slow_down(&said(context.server_message.as_deref())),
                pause: retry_after,
            },
            HFError::Request { source, .. } if source.is_builder() => Self::Final(causes(&source)),
            HFError::Request { source, .. } if source.is_connect() => {
                let place = match &settings.endpoint {
                    Some(endpoint) => format!("the hub {endpoint}"),
                    None => "the hub".to_owned(),
                };
                Self::passing(format!("no connection to {place}: {}", causes(&source)))
            }
            HFError::Request { source, .. } => {
                Self::passing(format!("the connection was cut: {}", causes(&source)))
            }
            error @ HFError::Xet { .. } => Self::passing(error.to_string()),
            error => Self::Final(format!("the hub's answer cannot be used: {error}")),
        }
    }

    /// What an answer means that is no success.
    fn answer(status: u16, code: Option<&str>, said: &str, id: &ModelId, token: bool) -> Self {
        match (status, code) {
            (401 | 403, _) => Self::Final(not_allowed(code == Some("GatedRepo"), said, token)),
            (404, Some("RepoNotFound")) => {
                Self::Final(format!("the hub has no model {}", id.repository()))
            }
            (404, Some("EntryNotFound")) => {
                Self::Final("the hub lists a file that it does not have".to_owned())
            }
            (404, Some("RevisionNotFound")) => {
                Self::Final(format!("it has no revision {}", id.revision()))
            }
            (404, _) => Self::Final(format!(
                "the hub has no such model, or no revision {} of it",
                id.revision()
            )),
            (429, _) => Self::passing(slow_down(said)),
            (408 | 500.., _) => Self::passing(format!("the hub answers {status}{said}")),
            (416, _) => Self::passing("the hub has fewer bytes than it listed"),
            _ => Self::Final(format!("the hub answers {status}{said}")),
        }
    }

    /// The pause before the next try.
    ///
    /// # Errors
    /// [`Error::Hub`] if there is no point in one.
    pub(super) fn again(self, retries: &mut Retries, id: &ModelId) -> Result<Duration> {
        let hub = |reason: String| Error::Hub {
            model: id.to_string(),
            reason,
        };
        match self {
            Self::Final(reason) => Err(hub(reason)),
            Self::Passing {
                reason,
                pause: Some(pause),
            } if pause > PATIENCE => Err(hub(format!(
                "{reason}: try again in {} minutes",
                pause.as_secs().div_ceil(60)
            ))),
            Self::Passing { reason, pause } => {
                retries.0 += 1;
                if retries.0 == TRIES {
                    return Err(hub(format!(
                        "{reason} ({TRIES} tries). What was fetched is kept: try again later"
                    )));
                }
                Ok(pause.unwrap_or(PAUSE * 2_u32.pow(retries.0 - 1)))
            }
        }
    }

    /// What went wrong.
    pub(super) fn reason(&self) -> &str {
        match self {
            Self::Passing { reason, .. } | Self::Final(reason) => reason,
        }
    }
}

fn slow_down(said: &str) -> String {
    format!("the hub asks for a pause{said}")
}

/// An answer that says who may not.
fn not_allowed(gated: bool, said: &str, token: bool) -> String {
    match (gated, token) {
        (true, false) => format!(
            "its licence has to be accepted first{said}: log in to the hub, accept it on the \
             model's page, and set HF_TOKEN to a token of that account"
        ),
        (true, true) => format!(
            "the account of this token has not accepted its licence, or waits for an answer{said}: \
             see the model's page on the hub"
        ),
        (false, false) => format!(
            "there is no such model, or it is private{said}: check the name; for a private one set \
             HF_TOKEN"
        ),
        (false, true) => format!(
            "there is no such model, or this token may not read it{said}: check the name, and \
             HF_TOKEN"
        ),
    }
}

/// What the hub said beside the status.
fn said(message: Option<&str>) -> String {
    match message.map(str::trim) {
        None | Some("") => String::new(),
        Some(message) => {
            let message: String = message
                .chars()
                .filter(|c| !c.is_control())
                .take(300)
                .collect();
            format!(" (it says: {})", message.trim_end_matches('.'))
        }
    }
}

/// An error with what caused it, of which the last says most.
fn causes(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let id: ModelId = "o/n".parse().unwrap();
        let mut retries = Retries::default();
        let again = |retries: &mut Retries| Failure::passing("cut").again(retries, &id);
        for milliseconds in [500, 1000, 2000, 4000, 8000] {
            assert_eq!(
                again(&mut retries).unwrap(),
                Duration::from_millis(milliseconds)
            );
        }
        let error = again(&mut retries).unwrap_err().to_string();
        assert_eq!(
            error,
            "model o/n: cut (6 tries). What was fetched is kept: try again later"
        );
        retries.reset();
        assert_eq!(again(&mut retries).unwrap(), PAUSE);

        let pause = |seconds| Failure::Passing {
            reason: "slowly".to_owned(),
            pause: Some(Duration::from_secs(seconds)),
        };
        let waits = pause(7).again(&mut retries, &id).unwrap();
        assert_eq!(waits, Duration::from_secs(7));
        let error = pause(3599)
            .again(&mut retries, &id)
            .unwrap_err()
            .to_string();
        assert!(
            error.ends_with("slowly: try again in 60 minutes"),
            "{error}"
        );
    }
}
