//! Arabic text on its way into a model, and English text on its way out.
//!
//! ```text
//! bytes ─encoding─▶ text ─sentences─▶ spans ─normalize─▶ model text ─tokenizer─▶ ids
//! ids ─tokenizer─▶ text
//! ```
//!
//! ```
//! use khulasa_tokenizer::{Language, clauses, language, normalize, sentences};
//!
//! let text = "أعلن الوزير القرار.. وقال: «لن نتراجع!»؛ ثم غادر. هل يعود؟";
//! assert_eq!(language::detect(text), Language::Arabic);
//! let last = sentences::split(text).pop().unwrap();
//! assert_eq!(&text[last], "هل يعود؟");
//! assert_eq!(normalize::for_model("قـــال\u{202c} ١٢٫٥"), "قال 12.5");
//! assert_eq!(clauses::join(&["He waited.", "The bus left."]), "He waited, the bus left.");
//! ```
//!
//! Each module is one of these steps; none knows what an article or a model is. Spans are byte
//! ranges of the text that was passed in, so the text shown to a reader is never a changed one.

#![forbid(unsafe_code)]

pub mod chars;
pub mod clauses;
pub mod encoding;
pub mod english;
mod error;
pub mod language;
pub mod normalize;
mod sentencepiece;
pub mod sentences;
mod tokenizer;
pub mod words;

pub use encoding::{Decoded, Encoding};
pub use error::Error;
pub use language::Language;
pub use tokenizer::Tokenizer;

/// The result of this crate's fallible operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A byte range of a text, always on character boundaries.
pub type Span = std::ops::Range<usize>;
