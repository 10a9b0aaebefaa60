//! Bytes and files into articles, and what is wrong with those that are none.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use khulasa_tokenizer::{Encoding, Language, encoding};

use super::{Article, html, lines};
use crate::{Error, Result};

/// A larger file is no article, in bytes: 128 MiB.
pub(super) const MAX_BYTES: usize = 128 << 20;
/// A text of more lines is no article.
pub(super) const MAX_LINES: usize = 1_000_000;
/// How far into a file its format is looked for, in bytes.
const SNIFFED: usize = 4096;

/// How a file is to be read. The default finds everything out by itself.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The encoding, where it is known; otherwise it is detected.
    pub encoding: Option<Encoding>,
    /// The format, where it is known; otherwise it is told from the content and the file's name.
    pub format: Option<Format>,
    /// Whether to go on with a text that does not look like Arabic.
    pub force: bool,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Plain text.
    Text,
    /// A web page, or a part of one.
    Html,
}

impl Article {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Folder`] for what is no readable file, and what
    /// [`from_bytes`](Self::from_bytes) reports.
    pub fn read(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Self> {
        let path = path.as_ref();
        let unreadable = |source| Error::Read {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.is_dir() {
            return Err(Error::Folder {
                path: path.to_owned(),
            });
        }
        let options = ReadOptions {
            format: options.format.or_else(|| named_format(path)),
            ..options.clone()
        };
        Self::from_reader(path.display().to_string(), file, &options)
    }

    /// Reads what a reader, such as standard input, holds; `id` is the name it goes by in outputs
    /// and errors.
    ///
    /// # Errors
    /// [`Error::Read`] where the reader fails, and what [`from_bytes`](Self::from_bytes) reports.
    pub fn from_reader(
        id: impl Into<String>,
        reader: impl Read,
        options: &ReadOptions,
    ) -> Result<Self> {
        let id = id.into();
        let mut bytes = Vec::new();
        // One more byte than may be, so that what is too large is seen to be.
        let read = reader.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes);
        match read {
            Ok(_) => Self::from_bytes(id, &bytes, options),
            Err(source) => Err(Error::Read {
                path: id.into(),
                source,
            }),
        }
    }

    /// Reads the content of a file; `id` is the name it goes by in outputs and errors.
    ///
    /// Takes time and memory in proportion to the content, whatever it is.
    ///
    /// # Errors
    /// Where the content is no article: [`Error::Empty`], [`Error::NoLetters`], [`Error::Binary`],
    /// [`Error::TooLarge`], [`Error::Html`], and [`Error::NotArabic`] unless
    /// [`ReadOptions::force`] is set.
    pub fn from_bytes(id: impl Into<String>, bytes: &[u8], options: &ReadOptions) -> Result<Self> {
        let id = id.into();
        if bytes.len() > MAX_BYTES {
            return Err(Error::TooLarge {
                id,
                limit: MAX_BYTES,
                unit: "bytes",
            });
        }
        let format = options.format.unwrap_or_else(|| format_of(bytes));
        let decoded = match encoding::decode(bytes, options.encoding, format == Format::Html) {
            Err(khulasa_tokenizer::Error::Binary(what)) => return Err(Error::Binary { id, what }),
            decoded => decoded?,
        };
        if is_noise(&decoded.text) {
            let what = "data full of control characters";
            return Err(Error::Binary { id, what });
        }
        let article = match format {
            Format::Text => {
                check_lines(&id, &decoded.text)?;
                Self::from_text(id, decoded.text)
            }
            Format::Html => match html::read(&decoded.text) {
                Ok(page) => {
                    check_lines(&id, &page.text)?;
                    Self::from_blocks(id, page.text, &page.blocks, &page.sites)
                }
                Err(offset) => return Err(Error::Html { id, offset }),
            },
        };
        let article = Self {
            encoding: decoded.encoding.name(),
            undecodable: decoded.replacements,
            ..article
        };
        article.check(options.force)
    }

    /// The article itself, if there is something to translate in it.
    fn check(self, force: bool) -> Result<Self> {
        let id = || self.id.clone();
        if self.paragraphs.is_empty() {
            return Err(Error::Empty { id: id() });
        }
        if !self.text.chars().any(char::is_alphabetic) {
            return Err(Error::NoLetters { id: id() });
        }
        if self.language != Language::Arabic && !force {
            return Err(Error::NotArabic {
                id: id(),
                language: self.language,
            });
        }
        Ok(self)
    }
}

fn check_lines(id: &str, text: &str) -> Result<()> {
    if text.split(lines::BREAKS).nth(MAX_LINES).is_some() {
        return Err(Error::TooLarge {
            id: id.to_owned(),
            limit: MAX_LINES,
            unit: "lines",
        });
    }
    Ok(())
}

/// The format that a file's name stands for, where it stands for one.
fn named_format(path: &Path) -> Option<Format> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    matches!(extension.as_str(), "html" | "htm" | "xhtml" | "shtml").then_some(Format::Html)
}

/// The format that a file's beginning shows.
fn format_of(bytes: &[u8]) -> Format {
    // Without its zero bytes ASCII in UTF-16 reads like ASCII.
    let beginning = bytes.iter().take(SNIFFED).filter(|&&byte| byte != 0);
    let ascii: String = beginning
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect();
    // The bytes of a byte-order mark, in UTF-8 and UTF-16.
    let ascii = ascii.trim_start_matches(['\u{EF}', '\u{BB}', '\u{BF}', '\u{FE}', '\u{FF}']);
    let ascii = ascii.trim_start();
    let tags = [
        "<html",
        "<!doctype html",
        "<head",
        "<body",
        "<meta",
        "<article",
        "<div",
        "<p>",
        "<p ",
        "<h1",
        "<table",
        "<br",
    ];
    if ascii.starts_with('<') && tags.iter().any(|tag| ascii.contains(tag)) {
        Format::Html
    } else {
        Format::Text
    }
}

/// Whether control characters, which no text has, make up more than a hundredth of it.
fn is_noise(text: &str) -> bool {
    let controls = text
        .bytes()
        .filter(|b| matches!(b, 0..=8 | 0x0E..=0x19 | 0x1C..=0x1F))
        .count();
    controls * 100 > text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        let utf16 = |text: &str| -> Vec<u8> {
            std::iter::once(0xFEFF)
                .chain(text.encode_utf16())
                .flat_map(u16::to_le_bytes)
                .collect()
        };
        for html in [
            "<!DOCTYPE html><p>أ",
            "\u{FEFF}\n<html>",
            "<div>أ</div>",
            "<!-- --><BODY>",
        ] {
            assert_eq!(format_of(html.as_bytes()), Format::Html, "{html}");
            assert_eq!(format_of(&utf16(html)), Format::Html, "{html}");
        }
        for text in ["", "خبر", "قال <p> ثم", "<3 كلمة", "<https://example.org>"] {
            assert_eq!(format_of(text.as_bytes()), Format::Text, "{text}");
        }
        assert_eq!(named_format(Path::new("a/b.HTM")), Some(Format::Html));
        assert_eq!(named_format(Path::new("a/b.txt")), None);
    }

    #[test]
    fn noise() {
        assert!(is_noise("أ\0\u{1}\u{2}"));
        assert!(!is_noise("أ\tب\n\r\u{C}"));
    }
}
