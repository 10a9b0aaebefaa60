use std::path::PathBuf;

/// What can go wrong between a model's files and its output.
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
    /// A file could not be written.
    #[error("{path}: cannot be written: {source}", path = .path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what it claims to be, or not something that this crate runs.
    #[error("{path}: {reason}", path = .path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// What is wrong, where in the file, and what to do.
        reason: String,
    },
    /// A prompt does not fit the model.
    #[error("prompt {index} has {tokens} tokens, but the model reads 1 to {limit}")]
    Prompt {
        /// Which prompt of the call, from 0.
        index: usize,
        /// Its length.
        tokens: usize,
        /// The model's limit.
        limit: usize,
    },
    /// An option has no meaning.
    #[error("{0}")]
    Option(String),
    /// The device that was asked for cannot be used.
    #[error("device {device}: {reason}")]
    Device {
        /// Its name.
        device: String,
        /// Why, and what to do.
        reason: String,
    },
    /// A model on the hub, or in the cache of its models.
    #[error("model {model}: {reason}")]
    Hub {
        /// Its name.
        model: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The observer cancelled the work.
    #[error("cancelled")]
    Cancelled,
    /// A computation failed.
    #[error("the computation failed: {0}")]
    Compute(#[from] candle_core::Error),
    /// The model's vocabulary.
    #[error(transparent)]
    Tokenizer(#[from] khulasa_tokenizer::Error),
}
