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
    /// A line of a glossary cannot be understood.
    #[error("{path}, line {line}: {reason}", path = .path.display())]
    Glossary {
        /// The glossary.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A folder was given for an article.
    #[error("{path}: is a folder: name the files in it", path = .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// There is no text in an article.
    #[error("{id}: has no text in it: check that it was saved whole")]
    Empty {
        /// The article.
        id: String,
    },
    /// There is nothing to read in an article but digits and punctuation.
    #[error("{id}: has no letters in it, so there is nothing to translate")]
    NoLetters {
        /// The article.
        id: String,
    },
    /// A file holds no text.
    #[error("{id}: is no text but {what}")]
    Binary {
        /// The article.
        id: String,
        /// What it looks like, and what to do.
        what: &'static str,
    },
    /// A file is larger than any article.
    #[error("{id}: is too large, the limit is {limit} {unit}: split it into articles first")]
    TooLarge {
        /// The article.
        id: String,
        /// How much may be read.
        limit: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// A page is so malformed that reading it could take forever.
    #[error(
        "{id}: the tag at byte {offset} of the page has thousands of attributes: \
         remove it, or save the page as plain text"
    )]
    Html {
        /// The article.
        id: String,
        /// Where the tag begins in the decoded page, in bytes.
        offset: usize,
    },
    /// A text is in another language.
    #[error("{id}: looks like {language}, not Arabic: if it is Arabic, go on with --force")]
    NotArabic {
        /// The article.
        id: String,
        /// What it looks like.
        language: crate::Language,
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
    /// A model on the hub is not on this machine.
    #[error("model {id}: is not on this machine: {}", how_to_fetch(id))]
    NotFetched {
        /// Its name on the hub.
        id: khulasa_inference::hub::ModelId,
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

fn how_to_fetch(id: &khulasa_inference::hub::ModelId) -> String {
    if cfg!(feature = "hub") {
        return format!("fetch it with `khulasa models pull {id}`");
    }
    let cache = khulasa_inference::hub::Settings::from_env().cache;
    format!(
        "this build cannot fetch it, as it lacks the feature hub: build with it, let the hub's own \
         tools put the model into the cache {}, or name a folder that has its files",
        cache.display()
    )
}
