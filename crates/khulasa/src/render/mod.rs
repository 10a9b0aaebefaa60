//! Digests as people and programs read them: text, JSON, Markdown and web pages.

mod html;
mod json;
mod markdown;
mod notes;
mod prose;
mod text;

use std::io::{self, Write};

use crate::Digest;

pub use html::html;
pub use text::{Parts, TextStream};

/// How a digest is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OutputFormat {
    /// For a terminal: headline, summary, translation.
    #[default]
    Text,
    /// The [`Digest`] as JSON, indented.
    Json,
    /// The [`Digest`] as JSON on one line.
    Jsonl,
    /// Markdown: headline, summary, translation.
    Markdown,
    /// A web page that needs nothing else: Arabic beside English. See [`html`] for several
    /// digests on one page.
    Html,
}

/// What is said beside a headline that is not the article's own.
const MADE: &str = "headline made from the article";

/// How text is laid out. The other formats have no options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RenderOptions {
    /// Columns to wrap at; `None` leaves each paragraph on one line.
    pub width: Option<usize>,
    /// Whether the terminal understands ANSI styles (bold, dim, colour).
    pub styles: bool,
}

/// Writes a digest.
///
/// In every format but HTML, digests may follow one another in the same output. In text and
/// Markdown nothing that stands in the article or was written by a model can style or redirect the
/// reader's terminal: control characters are left out.
///
/// # Errors
/// Whatever the writer reports.
pub fn render(
    digest: &Digest,
    format: OutputFormat,
    options: &RenderOptions,
    mut out: impl Write,
) -> io::Result<()> {
    match format {
        OutputFormat::Text => text::write(digest, options, out),
        OutputFormat::Json => json::pretty(digest, &mut out),
        OutputFormat::Jsonl => json::line(digest, &mut out),
        OutputFormat::Markdown => markdown::write(digest, &mut out),
        OutputFormat::Html => html(std::slice::from_ref(digest), out),
    }
}

#[cfg(test)]
mod tests;
