//! What an article is, whatever file it came from.

mod boilerplate;
mod dates;
mod flow;
mod guard;
mod head;
mod html;
mod kinds;
mod line;
mod lines;
mod list;
mod read;
mod site;
mod words;

use khulasa_tokenizer::{Language, Span, language, sentences};
use serde::{Deserialize, Serialize};

use crate::SentenceId;

use kinds::Block;

pub use read::{Format, ReadOptions};

/// An article as it was read: its text, and where in the text its parts stand.
///
/// `text` is the decoded source, or for HTML the text extracted from it; nothing in it is
/// normalised. All spans are byte ranges of `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// The name it goes by in outputs: its path, or what the caller says.
    pub id: String,
    /// The text that all spans refer to.
    pub text: String,
    /// The encoding it was decoded from, by its WHATWG name ("UTF-8", "windows-1256").
    pub encoding: &'static str,
    /// The language it looks like.
    pub language: Language,
    /// How many characters could not be decoded; each is a U+FFFD in the text.
    pub undecodable: usize,
    /// Its parts in reading order, boilerplate included.
    pub paragraphs: Vec<Paragraph>,
}

/// The sentences of a paragraph. Only running text is split: a title, a heading or a dateline is
/// one thing to say, and boilerplate says nothing.
fn sentences(text: &str, span: &Span, kind: Kind) -> Vec<Span> {
    if !kind.is_prose() {
        return vec![span.clone()];
    }
    let moved = |s: Span| span.start + s.start..span.start + s.end;
    sentences::split(&text[span.clone()])
        .into_iter()
        .map(moved)
        .collect()
}

/// One part of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph {
    /// What part it plays.
    pub kind: Kind,
    /// Where it stands in [`Article::text`].
    pub span: Span,
    /// Its sentences, in order, each inside `span`; together they hold every character of the
    /// paragraph that is not whitespace.
    pub sentences: Vec<Span>,
}

/// The part that a paragraph plays in an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// The headline.
    Title,
    /// Date, place, section or agency, standing apart from the text.
    Dateline,
    /// Who wrote it, standing apart from the text.
    Byline,
    /// A sub-heading.
    Heading,
    /// Running text.
    Body,
    /// An item of a list.
    ListItem,
    /// Site names, share links, "read also" lines and the like: kept, never translated.
    Boilerplate,
}

impl Kind {
    /// Whether a paragraph of this kind is translated.
    pub fn is_translated(self) -> bool {
        self != Kind::Boilerplate
    }

    /// Whether a summary may be made of paragraphs of this kind.
    pub fn is_prose(self) -> bool {
        matches!(self, Kind::Body | Kind::ListItem)
    }
}

impl Article {
    /// An article of plain text: what each line is, is told from the text alone.
    pub fn from_text(id: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let blocks = lines::blocks(&text);
        let sites = lines::site_names(&text, &blocks);
        let blocks = lines::split_site_labels(&text, blocks, &sites);
        Self::from_blocks(id.into(), text, &blocks, &sites)
    }

    /// An article that was split before: a title, if it has one, and a paragraph of these
    /// sentences, which stay as they are.
    pub fn from_sentences<S: AsRef<str>>(
        id: impl Into<String>,
        title: Option<&str>,
        sentences: &[S],
    ) -> Self {
        let mut text = String::new();
        let mut add = |part: &str| {
            let start = text.len();
            text.push_str(part.trim());
            let span = start..text.len();
            text.push('\n');
            span
        };
        let title = title.map(|title| {
            let span = add(title);
            Paragraph {
                kind: Kind::Title,
                sentences: vec![span.clone()],
                span,
            }
        });
        let sentences: Vec<Span> = sentences.iter().map(|s| add(s.as_ref())).collect();
        let body = sentences.first().zip(sentences.last());
        let body = body.map(|(first, last)| Paragraph {
            kind: Kind::Body,
            span: first.start..last.end,
            sentences: sentences.clone(),
        });
        Self {
            id: id.into(),
            language: language::detect(&text),
            encoding: "UTF-8",
            undecodable: 0,
            text,
            paragraphs: title.into_iter().chain(body).collect(),
        }
    }

    /// An article of which the blocks are known.
    fn from_blocks(id: String, text: String, blocks: &[Block], sites: &[String]) -> Self {
        let kinds = kinds::kinds(&text, blocks, sites);
        let paragraph = |(block, kind): (&Block, Kind)| Paragraph {
            kind,
            span: block.span.clone(),
            sentences: sentences(&text, &block.span, kind),
        };
        let paragraphs = blocks.iter().zip(kinds).map(paragraph).collect();
        Self {
            language: language::detect(&text),
            encoding: "UTF-8",
            undecodable: 0,
            id,
            text,
            paragraphs,
        }
    }

    /// The text of a span of this article.
    pub fn slice(&self, span: &Span) -> &str {
        &self.text[span.clone()]
    }

    /// The places of all sentences in paragraphs of the kinds that are wanted, in order.
    pub(crate) fn sentence_ids(
        &self,
        wanted: impl Fn(Kind) -> bool,
    ) -> impl Iterator<Item = SentenceId> {
        let paragraphs = self.paragraphs.iter().enumerate();
        let wanted = paragraphs.filter(move |(_, p)| wanted(p.kind));
        wanted.flat_map(|(paragraph, p)| {
            (0..p.sentences.len()).map(move |sentence| SentenceId {
                paragraph,
                sentence,
            })
        })
    }

    /// The text of a sentence; empty if there is no such sentence.
    pub fn sentence(&self, id: SentenceId) -> &str {
        let paragraph = self.paragraphs.get(id.paragraph);
        let span = paragraph.and_then(|p| p.sentences.get(id.sentence));
        span.map_or("", |span| self.slice(span))
    }

    /// The title's text, if the article has one.
    pub fn title(&self) -> Option<&str> {
        let title = self.paragraphs.iter().find(|p| p.kind == Kind::Title)?;
        Some(self.slice(&title.span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_stay_as_they_are() {
        let lines = ["قال. ثم مضى.", "", " نعم "];
        let article = Article::from_sentences("a", Some("عنوان"), &lines);
        assert_eq!(article.title(), Some("عنوان"));
        let of = |sentence| {
            article.sentence(SentenceId {
                paragraph: 1,
                sentence,
            })
        };
        assert_eq!([0, 1, 2].map(of), ["قال. ثم مضى.", "", "نعم"]);
        assert_eq!(article.paragraphs.len(), 2);
        let empty = Article::from_sentences("a", None, &[""; 0]);
        assert!(empty.paragraphs.is_empty());
    }
}
