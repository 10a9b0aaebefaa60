//! A text as numbers in figures, words and marks, with where they stand.

use khulasa_tokenizer::Span;
use khulasa_tokenizer::chars::{self, is_mark};
use khulasa_tokenizer::normalize::fold;

use super::value::{Value, readings};

/// A piece of a text.
pub(super) struct Token {
    pub(super) span: Span,
    pub(super) kind: TokenKind,
    /// Whether nothing stands between it and the piece before it.
    pub(super) glued: bool,
}

pub(super) enum TokenKind {
    /// A run of digits with single separators inside.
    Figures {
        /// What it may mean, likeliest first: lists of values.
        readings: Vec<Vec<Value>>,
        /// How many digits it has, if it has no separators.
        digits: Option<usize>,
    },
    /// A run of letters.
    Word {
        /// As it is compared: folded, in lower case.
        text: String,
        /// Whether it begins with a capital letter.
        capital: bool,
    },
    /// Any other visible character.
    Mark(char),
}

impl Token {
    /// A word's folded text, "" for anything else.
    pub(super) fn word(&self) -> &str {
        match &self.kind {
            TokenKind::Word { text, .. } => text,
            _ => "",
        }
    }

    pub(super) fn is_capital(&self) -> bool {
        matches!(self.kind, TokenKind::Word { capital: true, .. })
    }

    pub(super) fn mark(&self) -> Option<char> {
        match self.kind {
            TokenKind::Mark(mark) => Some(mark),
            _ => None,
        }
    }

    /// A number's only whole value, as parts of dates and times are.
    pub(super) fn small(&self) -> Option<u64> {
        match &self.kind {
            TokenKind::Figures {
                readings,
                digits: Some(1..=4),
            } => readings.first()?.first()?.whole(),
            _ => None,
        }
    }
}

/// Takes a text apart, in time linear in its length.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    let mut glued = false;
    while let Some(first) = text[at..].chars().next() {
        let start = at;
        at += first.len_utf8();
        let kind = if digit(first).is_some() {
            let (end, groups, separators) = figures(text, start);
            at = end;
            TokenKind::Figures {
                digits: separators.is_empty().then(|| groups[0].len()),
                readings: readings(&groups, &separators),
            }
        } else if first.is_alphabetic() {
            let rest = &text[start..];
            at = start + rest.find(|c| !in_word(c)).unwrap_or(rest.len());
            TokenKind::Word {
                text: folded(&text[start..at]),
                capital: first.is_uppercase(),
            }
        } else if first.is_whitespace() {
            glued = false;
            continue;
        } else if chars::is_invisible(first) || is_mark(first) || first == 'ـ' {
            continue;
        } else {
            TokenKind::Mark(first)
        };
        tokens.push(Token {
            span: start..at,
            kind,
            glued,
        });
        glued = true;
    }
    tokens
}

/// A folded word, with the ya that carries a hamza kept apart: "مئتا" is two hundred, "ميتا" dead.
fn folded(word: &str) -> String {
    word.split('ئ').map(fold).collect::<Vec<_>>().join("ئ")
}

/// The digit groups that start at `start` and the separators between them.
fn figures(text: &str, start: usize) -> (usize, Vec<String>, Vec<char>) {
    let mut groups = vec![String::new()];
    let mut separators = Vec::new();
    let mut chars = text[start..].char_indices().peekable();
    let mut end = start;
    while let Some((i, c)) = chars.next() {
        if let (Some(digit), Some(group)) = (digit(c), groups.last_mut()) {
            group.push(digit);
            end = start + i + c.len_utf8();
        } else if is_separator(c) && chars.peek().is_some_and(|&(_, next)| digit(next).is_some()) {
            let rest = &text[start + i + c.len_utf8()..];
            if c.is_whitespace() && !is_group_of_three(rest, groups.last()) {
                break;
            }
            separators.push(c);
            groups.push(String::new());
        } else {
            break;
        }
    }
    (end, groups, separators)
}

/// A digit of any kind in ASCII.
fn digit(c: char) -> Option<char> {
    char::from_digit(chars::digit(c)?, 10)
}

/// Whether a character can stand in a word: letters and the marks on them.
fn in_word(c: char) -> bool {
    c.is_alphabetic() || is_mark(c) || c == 'ـ' || c == '\u{200c}'
}

fn is_separator(c: char) -> bool {
    matches!(
        c,
        '.' | ',' | '٫' | '٬' | '،' | '\'' | '’' | ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}'
    )
}

/// Whether a space may have been put between thousands: `10 000`.
fn is_group_of_three(rest: &str, before: Option<&String>) -> bool {
    let digits = rest
        .chars()
        .take(4)
        .take_while(|&c| digit(c).is_some())
        .count();
    digits == 3 && before.is_some_and(|group| group.len() <= 3)
}
