//! What a check reports.

use khulasa_tokenizer::Span;
use serde::{Deserialize, Serialize};

/// Something that a reader should not trust in a sentence.
///
/// Spans say what it is about: only `source` where something is lost, only `target` where
/// something has come in, both where one thing has become another, none where the whole sentence
/// is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// What is wrong.
    pub kind: FlagKind,
    /// Where in the Arabic sentence (bytes).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Span>,
    /// Where in the English sentence (bytes).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Span>,
    /// What it is, for people, in English.
    pub message: String,
}

/// What may be wrong with a translation. Serialises in `snake_case`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FlagKind {
    /// A number is lost, new or another one.
    Number,
    /// A day, month, year or calendar is.
    Date,
    /// A time of the day is.
    Time,
    /// A number is no longer a share in a hundred, or has become one.
    Percent,
    /// A currency is lost, new or another one.
    Currency,
    /// A thousand, million and so on is.
    Magnitude,
    /// A negation is lost or new.
    Negation,
    /// A place is lost or another one.
    Name,
    /// A quote is lost, or a quotation mark or bracket has no partner.
    Quote,
    /// An address, handle or Latin word is lost, or an address new.
    Verbatim,
    /// Arabic, or another script that the source doesn't have, is left in the English.
    Residue,
    /// The English repeats itself.
    Repetition,
    /// The English is far too short.
    Short,
    /// The English is far too long.
    Long,
    /// There is no English.
    Empty,
    /// The English is the Arabic, copied.
    Copied,
    /// The model was stopped at its length limit: the end may be missing.
    Truncated,
    /// The model itself holds its translation for unlikely.
    Unlikely,
    /// What a model wrote in a summary stands nowhere in the article; it was replaced.
    Unsupported,
    /// The sentence is not Arabic; it was kept as it is.
    NotTranslated,
}

impl Flag {
    /// A flag on a sentence as a whole.
    pub fn whole(kind: FlagKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            source: None,
            target: None,
            message: message.into(),
        }
    }

    /// The translation was cut short at the model's length limit.
    pub(crate) fn truncated() -> Self {
        Self::whole(
            FlagKind::Truncated,
            "the English was cut short: its end may be missing",
        )
    }

    /// The model's mean log-probability is below what its card says.
    pub(crate) fn unlikely() -> Self {
        Self::whole(
            FlagKind::Unlikely,
            "the model is unsure of the whole sentence",
        )
    }

    /// A sentence in another language than Arabic was kept.
    pub(crate) fn not_translated() -> Self {
        Self::whole(FlagKind::NotTranslated, "not Arabic: kept as it is")
    }

    /// Something of the source that the target lacks.
    pub(super) fn lost(kind: FlagKind, source: &str, span: Span) -> Self {
        let message = format!(
            "“{}” is in the Arabic, not in the English",
            &source[span.clone()]
        );
        Self {
            kind,
            source: Some(span),
            target: None,
            message,
        }
    }

    /// Something of the target that the source lacks.
    pub(super) fn added(kind: FlagKind, target: &str, span: Span) -> Self {
        let message = format!(
            "“{}” is in the English, not in the Arabic",
            &target[span.clone()]
        );
        Self {
            kind,
            source: None,
            target: Some(span),
            message,
        }
    }

    /// Something in the target alone.
    pub(super) fn in_target(kind: FlagKind, target: &str, span: Span, what: &str) -> Self {
        let message = format!("{what}: “{}”", &target[span.clone()]);
        Self {
            kind,
            source: None,
            target: Some(span),
            message,
        }
    }
}
