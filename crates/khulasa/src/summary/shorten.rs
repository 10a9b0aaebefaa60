//! English sentences cut to a number of words.

/// Words that begin a clause.
const OPENERS: [&str; 16] = [
    "that", "which", "who", "whose", "where", "when", "while", "as", "after", "before", "because",
    "although", "and", "but", "since", "until",
];

/// A sentence's beginning of at most so many words, cut at the end of a clause where there is one
/// in the second half of them, without what stands at the cut; the whole sentence if it is no
/// longer. Also whether it ends where a clause does.
pub(crate) fn shorten(text: &str, most: usize) -> (&str, bool) {
    let mut end = 0;
    let words: Vec<(usize, &str)> = text
        .split_whitespace()
        .map(|word| {
            let start = end + text[end..].find(word).unwrap_or(0);
            end = start + word.len();
            (start, word)
        })
        .collect();
    if words.len() <= most {
        return (text, true);
    }
    let ends_clause = |&count: &usize| {
        words[count - 1].1.ends_with([',', ';', ':', '—'])
            || OPENERS.contains(&words[count].1.to_lowercase().as_str())
    };
    let cut = (most.div_ceil(2).max(1)..=most).rev().find(ends_clause);
    let Some((start, word)) = cut.unwrap_or(most).checked_sub(1).map(|last| words[last]) else {
        return ("", false);
    };
    let loose = |c: char| matches!(c, ',' | ';' | ':' | '—' | '-' | '.' | '(');
    let kept = text[..start + word.len()].trim_end_matches(loose);
    (kept, cut.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts() {
        let text =
            "The ministry opened three hospitals, said the minister, after two years of work.";
        for (most, cut) in [
            (100, (text, true)),
            (13, (text, true)),
            (
                9,
                (
                    "The ministry opened three hospitals, said the minister",
                    true,
                ),
            ),
            (
                8,
                (
                    "The ministry opened three hospitals, said the minister",
                    true,
                ),
            ),
            (7, ("The ministry opened three hospitals", true)),
            (5, ("The ministry opened three hospitals", true)),
            (3, ("The ministry opened", false)),
            (1, ("The", false)),
            (0, ("", false)),
        ] {
            assert_eq!(shorten(text, most), cut, "{most}");
        }
        assert_eq!(shorten("", 0), ("", true));
        assert_eq!(shorten(" ، ", 0), ("", false));
    }
}
