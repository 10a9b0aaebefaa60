//! Strings as Python has them, for scores depend on what is a space there.

/// Whether Python's `str.split` splits here: beside Unicode's white space, the four information
/// separators of ASCII.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// The words of a text, without white space.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// `str.rstrip`.
pub(crate) fn trim_end(text: &str) -> &str {
    text.trim_end_matches(is_space)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces() {
        let text = "a\u{1f}b\u{a0}\u{2003}c\u{200b}d\t";
        assert_eq!(words(text).collect::<Vec<_>>(), ["a", "b", "c\u{200b}d"]);
        assert_eq!(trim_end("a \u{1c}\n"), "a");
    }
}
