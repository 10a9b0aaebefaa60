//! What text, Markdown and HTML share: safe characters, paragraph numbers, list markers.

use crate::{Kind, SentenceId};

/// A text on one line, without control characters: none that steers a terminal, none that turns
/// the direction of what follows.
pub(super) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c == '\0') {
        let before = cleaned.len();
        if before > 0 {
            cleaned.push(' ');
        }
        let start = cleaned.len();
        cleaned.extend(
            word.chars()
                .filter(|&c| !c.is_control() && !turns_direction(c)),
        );
        if cleaned.len() == start {
            cleaned.truncate(before);
        }
    }
    cleaned
}

/// Bidirectional marks, embeddings, overrides and isolates.
pub(super) fn turns_direction(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The number that each paragraph is cited by, from 1; only prose has one.
pub(super) fn numbers(kinds: impl IntoIterator<Item = Kind>) -> Vec<Option<usize>> {
    let mut last = 0;
    let number = |kind: Kind| {
        kind.is_prose().then(|| {
            last += 1;
            last
        })
    };
    kinds.into_iter().map(number).collect()
}

/// The paragraphs that some sentences stand in, by their numbers, in order: `[2,5]`; empty where
/// there are none.
pub(super) fn citation(sources: &[SentenceId], numbers: &[Option<usize>]) -> String {
    let cited = sources.iter().filter_map(|id| *numbers.get(id.paragraph)?);
    let mut cited: Vec<usize> = cited.collect();
    cited.sort_unstable();
    cited.dedup();
    if cited.is_empty() {
        return String::new();
    }
    let cited: Vec<String> = cited.iter().map(usize::to_string).collect();
    format!("[{}]", cited.join(","))
}

/// Whether a list item brings its own number: `1.`, `2)`, `3-`.
pub(super) fn is_numbered(item: &str) -> bool {
    let rest = item.trim_start_matches(|c: char| c.is_numeric());
    rest.len() < item.len()
        && rest
            .trim_start()
            .starts_with(['.', ')', '-', '–', '/', ':'])
}

/// A list item without the bullet it brings.
pub(super) fn without_bullet(item: &str) -> &str {
    let rest = item.trim_start_matches(['•', '●', '▪', '*', '-', '–', '—', '·', '■']);
    rest.trim_start()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        for (text, expected) in [
            ("a\u{1b}[31mb", "a[31mb"),
            (" a \n\n b\t", "a b"),
            ("a \u{202e}\u{200f} b", "a b"),
            ("a\u{9b}2Jb\u{7f}\0c", "a2Jb c"),
            ("\u{2067}\n", ""),
        ] {
            assert_eq!(clean(text), expected);
        }
    }

    #[test]
    fn only_prose_is_numbered() {
        let kinds = [
            Kind::Title,
            Kind::Body,
            Kind::Boilerplate,
            Kind::Heading,
            Kind::ListItem,
        ];
        let numbers = numbers(kinds);
        assert_eq!(numbers, [None, Some(1), None, None, Some(2)]);
        let ids = |ids: &[(usize, usize)]| -> Vec<SentenceId> {
            ids.iter().map(|&id| id.into()).collect()
        };
        assert_eq!(citation(&ids(&[(4, 0), (1, 1), (1, 0)]), &numbers), "[1,2]");
        assert_eq!(citation(&ids(&[(0, 0), (99, 0)]), &numbers), "");
    }

    #[test]
    fn list_markers() {
        for (item, numbered, bare) in [
            ("1. One", true, "1. One"),
            ("٢- اثنان", true, "٢- اثنان"),
            ("• One", false, "One"),
            ("- One", false, "One"),
            ("200 people", false, "200 people"),
        ] {
            assert_eq!(is_numbered(item), numbered, "{item}");
            assert_eq!(without_bullet(item), bare);
        }
    }
}
