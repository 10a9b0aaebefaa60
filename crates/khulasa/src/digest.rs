//! The digest of an article: what the product gives back, and its versioned JSON schema.

use khulasa_tokenizer::Span;
use serde::{Deserialize, Serialize};

use crate::{Enforced, Flag, Kind, Name, TermUse};

/// The version of the JSON that a [`Digest`] serialises to. It changes when a field is renamed,
/// removed or given another meaning; new fields do not change it.
pub const SCHEMA_VERSION: u32 = 2;

/// An article's translation and summary, with where each part comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Digest {
    /// [`SCHEMA_VERSION`].
    pub schema: u32,
    /// The article's id.
    pub id: String,
    /// The encoding the article was decoded from.
    pub encoding: String,
    /// The English headline: the title's translation, or one that was made where the article has
    /// none; `None` where nothing can be made one.
    pub title: Option<String>,
    /// Whether the headline was made: from the beginning of the article's strongest sentence.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub title_made: bool,
    /// The summary; `None` where none was asked for.
    pub summary: Option<Summary>,
    /// The translation, paragraph by paragraph; empty where only a summary was asked for.
    pub translation: Translation,
    /// What became of the glossary's terms, in the order of the glossary; those that are not in
    /// the article are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<TermUse>,
    /// Names that were spelled in several ways and are now spelled in one, in the order of the
    /// first sentence that was changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Name>,
    /// What was translated again; `None` where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repairs: Option<Repairs>,
    /// The model that wrote it.
    pub model: ModelInfo,
    /// How long it took; `None` where the output is to be reproducible byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timings: Option<Timings>,
}

impl Digest {
    /// Whether a term of the glossary is missing from a sentence.
    pub fn misses_term(&self) -> bool {
        let uses = self.terms.iter().flat_map(|term| &term.sentences);
        uses.into_iter().any(|(_, how)| *how == Enforced::Missed)
    }
}

/// A whole article's translation; paragraphs and sentences are 1:1 with the article's.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Translation {
    /// One for each paragraph of the article, in order.
    pub paragraphs: Vec<TranslatedParagraph>,
}

impl Translation {
    /// A sentence by its place.
    pub fn sentence(&self, id: SentenceId) -> Option<&TranslatedSentence> {
        self.paragraphs
            .get(id.paragraph)?
            .sentences
            .get(id.sentence)
    }
}

/// A paragraph beside its translation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TranslatedParagraph {
    /// What part it plays.
    pub kind: Kind,
    /// The paragraph as it stands in the article.
    pub source: String,
    /// Where it stands in the article's text (bytes).
    pub span: Span,
    /// Its sentences. Those of a paragraph that is not translated have no target.
    pub sentences: Vec<TranslatedSentence>,
}

/// A sentence beside its translation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TranslatedSentence {
    /// Its place in the article.
    pub id: SentenceId,
    /// The sentence as it stands in the article.
    pub source: String,
    /// Where it stands in the article's text (bytes).
    pub span: Span,
    /// Its English; `None` only in paragraphs that are not translated.
    pub target: Option<String>,
    /// The model's mean log-probability per token (natural logarithm, at most 0); `None` where
    /// the translator gives none.
    pub score: Option<f32>,
    /// What the checks found in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
}

/// A sentence's place: which paragraph of the article and which sentence of it, from 0.
/// Serialises as `[paragraph, sentence]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "(usize, usize)", into = "(usize, usize)")]
pub struct SentenceId {
    /// The paragraph's index in the article.
    pub paragraph: usize,
    /// The sentence's index in the paragraph.
    pub sentence: usize,
}

impl From<(usize, usize)> for SentenceId {
    fn from((paragraph, sentence): (usize, usize)) -> Self {
        Self {
            paragraph,
            sentence,
        }
    }
}

impl From<SentenceId> for (usize, usize) {
    fn from(id: SentenceId) -> Self {
        (id.paragraph, id.sentence)
    }
}

/// A summary, each sentence of it with its sources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How it was made.
    pub method: Method,
    /// Its sentences, in order.
    pub sentences: Vec<SummarySentence>,
}

/// One sentence of a summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SummarySentence {
    /// Its English.
    pub text: String,
    /// The sentences it comes from, best first; empty where none was found for it.
    pub sources: Vec<SentenceId>,
    /// What the checks found in it. The spans of an extract are those in its first source, what
    /// a model wrote has spans in its own text only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
}

/// How a summary is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Sentences of the article, chosen on the Arabic side, given in translation.
    #[default]
    Extractive,
    /// Written by the model.
    Abstractive,
}

/// The model that a digest says it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// Its name: a card's, or the folder's or file's that it was loaded from.
    pub name: String,
    /// How far its output can be trusted.
    pub quality: Quality,
    /// Its licence as its card states it.
    pub licence: Option<String>,
}

/// How far a model's output can be trusted, as its card states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Quality {
    /// Conveys the topic and much of the content; wrong in names, numbers and details at times.
    Gist,
    /// Good enough to be edited for publication.
    Publication,
    /// Nobody has said.
    Unknown,
}

impl Quality {
    /// The label that every output carries: `"gist quality"` and so on.
    pub fn label(self) -> &'static str {
        match self {
            Quality::Gist => "gist quality",
            Quality::Publication => "publication quality",
            Quality::Unknown => "quality unknown",
        }
    }
}

/// What was translated again, and at what cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Repairs {
    /// Sentences in which something was found, or that had no name where others had one.
    pub tried: usize,
    /// Those of them in which nothing is left.
    pub repaired: usize,
    /// Tokens read for it by the model.
    pub input_tokens: usize,
    /// Tokens written for it by the model.
    pub output_tokens: usize,
}

/// How long a digest took.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Timings {
    /// Seconds from the first prompt to the last translation.
    pub translate_seconds: f64,
    /// Seconds of these for translating again what was not right.
    #[serde(default)]
    pub repair_seconds: f64,
    /// Seconds for choosing or writing the summary.
    pub summarize_seconds: f64,
    /// Tokens read by the model.
    pub input_tokens: usize,
    /// Tokens written by the model.
    pub output_tokens: usize,
}
