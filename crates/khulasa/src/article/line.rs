//! What can be seen of one line, before anything is known of its neighbours.

use khulasa_tokenizer::normalize::fold;

use super::words::{bare, is_blank};

/// Longer lines are running text, whatever they say: no rule looks at them.
const MAX_WORDS: usize = 50;
const MAX_BYTES: usize = 1000;

/// One line of text and what its rules ask of it. Lines too long to be anything but running text
/// have no words here.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// The line itself.
    pub text: &'a str,
    /// Its words as they stand, without those of punctuation alone.
    pub words: Vec<&'a str>,
    /// The line folded, each word by one space from the next.
    pub folded: String,
    /// How it ends.
    pub end: End,
    /// Whether all of it is the text of links.
    pub linked: bool,
}

/// How a line ends, behind closing quotes and brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// A full stop, an exclamation mark or an ellipsis.
    Stop,
    /// A question mark.
    Question,
    /// A colon.
    Colon,
    /// A comma, semicolon or dash: the sentence goes on.
    Comma,
    /// None of these.
    Open,
}

impl<'a> Line<'a> {
    /// Looks at a line.
    pub fn new(text: &'a str, linked: bool) -> Self {
        let short = text.len() <= MAX_BYTES && text.split_whitespace().nth(MAX_WORDS).is_none();
        let words = if short { text } else { "" };
        let folded = fold(words).split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            text,
            words: words
                .split_whitespace()
                .filter(|w| !bare(w).is_empty())
                .collect(),
            folded,
            end: end(text),
            linked,
        }
    }

    /// Whether the line is short enough to be anything but running text.
    pub fn is_short(&self) -> bool {
        !self.folded.is_empty()
    }

    /// Its folded words, bare.
    pub fn folded_words(&self) -> impl Iterator<Item = &str> {
        self.folded.split(' ').map(bare).filter(|w| !w.is_empty())
    }
}

/// How a text ends, behind closing quotes, brackets and blanks.
pub(super) fn end(text: &str) -> End {
    let closing = |c: char| is_blank(c) || "»\"”’')]}›".contains(c);
    let last = text.trim_end_matches(closing).chars().next_back();
    match last {
        Some('.' | '!' | '…' | '۔') => End::Stop,
        Some('?' | '؟') => End::Question,
        Some(':') => End::Colon,
        Some('،' | ',' | '؛' | ';' | '-' | '–' | '—') => End::Comma,
        _ => End::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends() {
        for (text, expected) in [
            ("من هو الراوي؟", End::Question),
            ("قال: \"لن نعود.\" ", End::Stop),
            ("(انتهى).\u{200F}", End::Stop),
            ("وتشمل التوصيات:", End::Colon),
            ("خلفية", End::Open),
            ("", End::Open),
        ] {
            assert_eq!(end(text), expected, "{text}");
        }
    }

    #[test]
    fn long_lines_have_no_words() {
        assert!(!Line::new(&"كلمة ".repeat(60), false).is_short());
        assert!(!Line::new(&"ك".repeat(2000), false).is_short());
        let line = Line::new("  فيسبوك  -  تويتر ", false);
        assert!(line.is_short());
        assert_eq!(line.folded, "فيسبوك - تويتر");
        assert_eq!(line.folded_words().collect::<Vec<_>>(), ["فيسبوك", "تويتر"]);
    }
}
