use std::path::PathBuf;

/// What can go wrong between bytes and token ids.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A tokenizer's file could not be read or is not what it claims to be.
    #[error("{path}: not a usable tokenizer: {reason}", path = .path.display())]
    Tokenizer {
        /// The file, or the file that carried the vocabulary.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// A text has no tokens in a vocabulary, or tokens no text.
    #[error("the vocabulary cannot encode or decode this: {0}")]
    Encode(String),
    /// A model of many languages lacks one.
    #[error(
        "the model has no token for the language {0:?}: use one of its own, such as ar, arb_Arab or ar_AR"
    )]
    Language(String),
    /// There is no encoding of that name.
    #[error(
        "encoding {0:?} is not known: use a name such as utf-8, utf-16le, windows-1256 or iso-8859-6"
    )]
    UnknownEncoding(String),
    /// The bytes are no text.
    #[error("this is no text but {0}")]
    Binary(&'static str),
}
