//! The edges of words and lines.

use khulasa_tokenizer::chars::is_invisible;

/// Whether a character carries no text of its own: whitespace, or an invisible control such as a
/// byte-order mark or a bidirectional mark.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_invisible(c)
}

/// A word without the punctuation and symbols around it.
pub(super) fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_words() {
        for (word, expected) in [("«الراوي»،", "الراوي"), ("(أ", "أ"), ("...", "")]
        {
            assert_eq!(bare(word), expected);
        }
    }
}
