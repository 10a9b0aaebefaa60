//! Arabic text on its way into a model, and English text on its way out.
//!
//! ```text
//! bytes ─encoding─▶ text ─sentences─▶ spans ─normalize─▶ model text ─tokenizer─▶ ids
//! ids ─tokenizer─▶ text
//! ```
//!
//! Each module is one of these steps; none knows what an article or a model is. Spans are byte
//! ranges of the text that was passed in, so the text shown to a reader is never a changed one.

#![forbid(unsafe_code)]

pub mod chars;
pub mod clauses;
pub mod english;
mod error;
pub mod normalize;
pub mod sentences;
mod tokenizer;

pub use error::Error;
pub use tokenizer::Tokenizer;

/// The result of this crate's fallible operations.
pub type Result<T> = std::result::Result<T, Error>;

/// A byte range of a text, always on character boundaries.
pub type Span = std::ops::Range<usize>;
