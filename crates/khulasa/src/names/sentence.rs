//! A sentence and its translation, as far as names go.

use std::collections::{BTreeMap, BTreeSet};

use khulasa_tokenizer::Span;
use khulasa_tokenizer::normalize::fold;
use khulasa_tokenizer::words::{is_stop_word, words};

use crate::SentenceId;

use super::{NEAR, latin::distance};

/// Capitalised words that are no names.
const TITLES: [&str; 13] = [
    "Sen", "Rep", "Gov", "Gen", "Col", "Maj", "Lt", "Mrs", "Miss", "The", "May", "March", "Sir",
];

/// A sentence with its translation.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) id: SentenceId,
    pub(crate) target: String,
    /// The Arabic words that may be names, folded.
    words: Vec<String>,
    /// The keys of single words in quotes.
    quoted: Vec<String>,
    tokens: Vec<Token>,
}

/// A word of the English without what is appended to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// A word's key with the word.
pub(crate) type Keys = Vec<(String, String)>;

impl Seen {
    /// A sentence, as the translator reads it, with its translation.
    pub(crate) fn new(id: SentenceId, source: &str, target: &str) -> Self {
        let may_be_name = |word: &&str| !is_stop_word(word) && word.chars().count() > 2;
        let in_quotes = quotes(source).into_iter().filter_map(|span| {
            let mut inside = words(&source[span]).map(|(_, word)| word);
            let word = inside.next().filter(may_be_name)?;
            inside.next().is_none().then(|| key(&fold(word)).to_owned())
        });
        Self {
            id,
            target: target.to_owned(),
            words: words(source)
                .map(|(_, word)| word)
                .filter(may_be_name)
                .map(fold)
                .collect(),
            quoted: in_quotes.collect(),
            tokens: tokens(target),
        }
    }

    /// The English words in small letters.
    pub(super) fn small_words(&self) -> impl Iterator<Item = &str> {
        let small = self
            .tokens
            .iter()
            .filter(|token| !is_capitalised(&token.text));
        small.map(|token| token.text.as_str())
    }

    /// Whether the Arabic has a word alone in quotes.
    pub(super) fn quotes(&self, key: &str) -> bool {
        self.quoted.iter().any(|quoted| quoted == key)
    }

    /// What the English has for a word alone in quotes: if one name alone stands in quotes, that.
    pub(super) fn quoted_token(&self) -> Option<Token> {
        let mut names = quotes(&self.target).into_iter().filter_map(|span| {
            let inside = tokens(&self.target[span.clone()]);
            let inside = match &inside[..] {
                [article, rest @ ..] if article.text.eq_ignore_ascii_case("the") => rest,
                all => all,
            };
            let [first, .., last] = inside else {
                let [only] = inside else { return None };
                return is_capitalised(&only.text).then(|| only.within(span.start));
            };
            (inside.len() == 2 && is_capitalised(&first.text)).then(|| Token {
                text: format!("{} {}", first.text, last.text),
                span: span.start + first.span.start..span.start + last.span.end,
            })
        });
        let name = names.next()?;
        names.next().is_none().then_some(name)
    }

    /// The text of [`quoted_token`](Self::quoted_token), if the Arabic quotes one word.
    pub(super) fn quoted_name(&self) -> Option<&str> {
        let token = self.quoted_token()?;
        (self.quoted.len() == 1).then(|| &self.target[token.span])
    }

    /// The English word for an Arabic one: a capitalised one that is near to it, and nearer than
    /// to any other of the sentence. `small` are words that are no names, whatever begins with
    /// them.
    pub(super) fn name_of(
        &self,
        key: &str,
        keys: &Keys,
        small: &BTreeSet<String>,
    ) -> Option<(&Token, f32)> {
        let names = self.tokens.iter().filter(|token| {
            token.text.chars().count() > 2
                && is_capitalised(&token.text)
                && !small.contains(&token.text.to_lowercase())
                && !TITLES.contains(&token.text.as_str())
        });
        let all = names.map(|token| (token, distance(key, &token.text)));
        let (token, best) = all
            .filter(|(_, distance)| *distance <= near(key))
            .min_by(|a, b| a.1.total_cmp(&b.1))?;
        let nearest = keys
            .iter()
            .all(|(other, _)| distance(other, &token.text) >= best);
        nearest.then_some((token, best))
    }
}

impl Token {
    fn within(&self, start: usize) -> Self {
        Self {
            text: self.text.clone(),
            span: start + self.span.start..start + self.span.end,
        }
    }
}

/// A folded word without a conjunction, preposition and article, where there is an article: the
/// form in which names are compared.
pub(super) fn key(word: &str) -> &str {
    ["وبال", "ولل", "وال", "فال", "بال", "كال", "لل", "ال"]
        .iter()
        .filter_map(|clitics| word.strip_prefix(clitics))
        .find(|rest| rest.chars().count() > 2)
        .unwrap_or(word)
}

/// A folded word without its first letter, if that may be a conjunction or preposition.
pub(super) fn without_clitic(word: &str) -> Option<&str> {
    word.strip_prefix(['و', 'ب', 'ل', 'ك'])
        .filter(|rest| rest.chars().count() > 2)
}

/// The keys of each sentence's words. "وترامب" has that of "ترامب" where that is written too, and
/// itself but once.
pub(super) fn keys(sentences: &[&Seen]) -> Vec<Keys> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for word in sentences.iter().flat_map(|s| &s.words) {
        *counts.entry(key(word)).or_default() += 1;
    }
    let count = |key: &str| counts.get(key).copied().unwrap_or(0);
    let of = |word: &String| {
        let own = key(word);
        let key = without_clitic(word)
            .filter(|rest| count(own) == 1 && count(rest) > 0)
            .unwrap_or(own);
        (key.to_owned(), word.clone())
    };
    let keys = sentences.iter().map(|s| s.words.iter().map(of).collect());
    keys.collect()
}

/// How a word is written most often, the first of equals.
pub(super) fn surface<'a>(of: &str, keys: &'a [Keys]) -> &'a str {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let words = keys.iter().flatten().filter(|(key, _)| key == of);
    for (_, word) in words {
        *counts.entry(word).or_default() += 1;
    }
    let most = counts.values().copied().max().unwrap_or(0);
    let mut often = counts.iter().filter(|(_, count)| **count == most);
    // The shortest has the fewest clitics.
    let shortest = often
        .next()
        .map(|first| often.fold(*first.0, |a, (b, _)| if b.len() < a.len() { b } else { a }));
    shortest.unwrap_or_default()
}

/// How far a name may be from the Arabic. Of three letters, all have to be right.
fn near(key: &str) -> f32 {
    match key.chars().count() {
        ..=3 => 0.15,
        _ => NEAR,
    }
}

fn is_capitalised(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

/// The words of an English text, without possessive endings.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (start, c.is_alphabetic()) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                let word = &text[from..at];
                let after_apostrophe = text[..from].ends_with(['\'', '’']) && word == "s";
                if !after_apostrophe {
                    tokens.push(Token {
                        text: word.to_owned(),
                        span: from..at,
                    });
                }
                start = None;
            }
            _ => {}
        }
    }
    tokens
}

/// What stands in quotes.
fn quotes(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut open: Option<usize> = None;
    for (at, c) in text.char_indices() {
        match (c, open) {
            ('«' | '“', _) | ('"', None) => open = Some(at + c.len_utf8()),
            ('»' | '”' | '"', Some(start)) => {
                spans.push(start..at);
                open = None;
            }
            _ => {}
        }
    }
    spans
}
