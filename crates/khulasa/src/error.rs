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
    /// The text's encoding, vocabulary or tokens.
    #[error(transparent)]
    Tokenizer(#[from] khulasa_tokenizer::Error),
}
