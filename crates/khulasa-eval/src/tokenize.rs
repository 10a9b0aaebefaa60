//! How BLEU sees words: mteval's rules as sacrebleu has them.

use std::sync::LazyLock;

use regex::Regex;

/// What BLEU takes for a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tokenize {
    /// mteval-v13a, the usual one: punctuation of ASCII is separated, except in numbers.
    #[default]
    V13a,
    /// mteval-v14: all of Unicode's punctuation and symbols are separated.
    International,
    /// Every character is a word.
    Char,
    /// What stands between spaces: for text that is tokenised.
    None,
}

impl Tokenize {
    /// Its name in signatures.
    pub fn name(self) -> &'static str {
        match self {
            Self::V13a => "13a",
            Self::International => "intl",
            Self::Char => "char",
            Self::None => "none",
        }
    }

    /// The text with spaces between its words.
    pub(crate) fn apply(self, text: &str) -> String {
        match self {
            Self::V13a => v13a(text),
            Self::International => international(text),
            Self::Char => spaced(text, |_| true),
            Self::None => text.to_owned(),
        }
    }
}

fn v13a(text: &str) -> String {
    let text = text
        .replace("<skipped>", "")
        .replace("-\n", "")
        .replace('\n', " ");
    let text = format!(" {} ", unescape(&text));
    split_figures(spaced(&text, is_symbol))
}

fn international(text: &str) -> String {
    static RULES: LazyLock<[(Regex, &str); 3]> = LazyLock::new(|| {
        [
            rule(r"(\P{N})(\p{P})", "$1 $2 "),
            rule(r"(\p{P})(\P{N})", " $1 $2"),
            rule(r"(\p{S})", " $1 "),
        ]
    });
    replace(text.to_owned(), &*RULES)
}

/// The four entities that news texts carry.
pub(crate) fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
}

/// ASCII's punctuation without the apostrophe, the comma, the hyphen and the full stop.
pub(crate) fn is_symbol(c: char) -> bool {
    matches!(c, '{'..='~' | '['..='`' | ' '..='&' | '('..='+' | ':'..='@' | '/')
}

/// Separates full stops and commas that are not within numbers, and hyphens behind digits.
pub(crate) fn split_figures(text: String) -> String {
    static RULES: LazyLock<[(Regex, &str); 3]> = LazyLock::new(|| {
        [
            rule(r"([^0-9])([.,])", "$1 $2 "),
            rule(r"([.,])([^0-9])", " $1 $2"),
            rule(r"([0-9])(-)", "$1 $2 "),
        ]
    });
    replace(text, &*RULES)
}

/// The text with spaces around the characters that are wanted.
pub(crate) fn spaced(text: &str, wanted: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        match wanted(c) {
            true => out.extend([' ', c, ' ']),
            false => out.push(c),
        }
    }
    out
}

#[allow(clippy::expect_used)]
fn rule(pattern: &str, replacement: &'static str) -> (Regex, &'static str) {
    (
        Regex::new(pattern).expect("the patterns are constants"),
        replacement,
    )
}

fn replace(mut text: String, rules: &[(Regex, &str)]) -> String {
    for (pattern, replacement) in rules {
        text = pattern.replace_all(&text, *replacement).into_owned();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_numbers_and_punctuation() {
        let words = |tokenize: Tokenize, text: &str| {
            let text = tokenize.apply(text);
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let text = "It rose 3,500.5% (2019-20)&amp;so, \u{201c}he\u{201d} said.";
        assert_eq!(
            words(Tokenize::V13a, text),
            "It rose 3,500.5 % ( 2019 - 20 ) & so , \u{201c}he\u{201d} said ."
        );
        assert_eq!(
            words(
                Tokenize::International,
                "He\u{2014}\u{201c}20\u{20ac}\u{201d}, 3.5."
            ),
            "He \u{2014} \u{201c}20 \u{20ac} \u{201d} , 3.5."
        );
        assert_eq!(words(Tokenize::Char, "a bc"), "a b c");
        assert_eq!(words(Tokenize::None, "a.b"), "a.b");
    }
}
