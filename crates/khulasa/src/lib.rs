//! Arabic articles to English translations and short summaries, on the reader's own machine.
//!
//! ```text
//! file ─Article::read─▶ Article ─Khulasa::digest─▶ Digest { title, summary, translation }
//! ```
//!
//! ```no_run
//! use khulasa::{Article, Khulasa, ReadOptions};
//!
//! let khulasa = Khulasa::builder().build()?;
//! let article = Article::read("article.txt", &ReadOptions::default())?;
//! let digest = khulasa.digest(&article)?;
//! for sentence in digest.summary.iter().flat_map(|summary| &summary.sentences) {
//!     println!("{}", sentence.text);
//!     for &source in &sentence.sources {
//!         println!("    from: {}", article.sentence(source));
//!     }
//! }
//! # Ok::<(), khulasa::Error>(())
//! ```
//!
//! Paragraphs and sentences stay 1:1 from the article to the digest, and every English sentence is
//! [checked](check) against its source, and translated again where something is wrong with it. A
//! [`Glossary`] says how terms are to be translated. [`Khulasa::digest_with`] shows sentences as they are ready
//! and can be cancelled. Whoever has another model or another way of summarising implements
//! [`Translator`], [`Summarizer`] or [`Writer`] and hands it to the [`Builder`].

#![forbid(unsafe_code)]

mod article;
mod card;
mod check;
mod digest;
mod error;
mod glossary;
mod khulasa;
mod model;
mod names;
mod pipeline;
pub mod render;
mod repair;
mod summary;
mod translate;

pub use article::{Article, Format, Kind, Paragraph, ReadOptions};
pub use card::{Card, DEFAULT_MODEL, Task, cards, derive_card, find_card, model_folders};
pub use check::{Flag, FlagKind, check};
pub use digest::{
    Digest, Method, ModelInfo, Quality, Repairs, SCHEMA_VERSION, SentenceId, Summary,
    SummarySentence, Timings, TranslatedParagraph, TranslatedSentence, Translation,
};
pub use error::Error;
pub use glossary::{Enforced, Glossary, TermUse};
pub use khulasa::{Builder, Khulasa};
pub use khulasa_inference::{DeviceChoice, Precision, hub};
pub use khulasa_tokenizer::{Encoding, Language, Span};
pub use model::{LocalModel, ModelOptions};
pub use names::Name;
pub use summary::{Abstractive, Extractive, Writer};
pub use translate::{Attempt, Event, Hypothesis, Limits, Observer, Summarizer, Translator};

/// The result of this crate's fallible operations.
pub type Result<T> = std::result::Result<T, Error>;
