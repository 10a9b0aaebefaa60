use std::path::PathBuf;

/// What can go wrong with an article or a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read.
    #[error("{path}: cannot be read: {source}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The work was cancelled by the observer.
    #[error("cancelled")]
    Cancelled,
    /// Choices that do not go together, or something that is missing for them.
    #[error("{0}")]
    Setup(String),
    /// A translator broke its contract.
    #[error(
        "the translator returned {returned} translations for {given} sentences: \
         it must return one for each"
    )]
    Translator {
        /// The sentences it was given.
        given: usize,
        /// The translations it returned.
        returned: usize,
    },
    /// A translator or summariser that was brought along failed.
    #[error(transparent)]
    Custom(Box<dyn std::error::Error + Send + Sync>),
    /// The text's encoding, vocabulary or tokens.
    #[error(transparent)]
    Tokenizer(#[from] khulasa_tokenizer::Error),
    /// A model's card is wrong.
    #[error("{path}: not a usable model card: {reason}", path = .path.display())]
    Card {
        /// The card.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no such model.
    #[error("model {model}: {reason}")]
    NoModel {
        /// What was asked for.
        model: String,
        /// Where it was looked for, and what to do.
        reason: String,
    },
    /// A model's files or its work.
    #[error(transparent)]
    Inference(khulasa_inference::Error),
}

impl From<khulasa_inference::Error> for Error {
    fn from(error: khulasa_inference::Error) -> Self {
        match error {
            khulasa_inference::Error::Cancelled => Self::Cancelled,
            error => Self::Inference(error),
        }
    }
}
