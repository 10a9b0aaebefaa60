//! Terms in English text.

use khulasa_tokenizer::Span;

/// Where a text has these letters as whole words, case and all.
pub(super) fn in_words(text: &str, term: &str) -> Option<Span> {
    matches(text, term).find(|span| ends_word(&text[span.end..]))
}

/// Where a text has a term in any case, in the singular, the plural or the possessive. A "the"
/// before it is not asked for.
pub(super) fn find(text: &str, term: &str) -> Option<Span> {
    // Lower case of other scripts may have another length; the spans are the text's only if not.
    let lower = text.to_ascii_lowercase();
    let term = term.to_ascii_lowercase();
    let term = term.strip_prefix("the ").unwrap_or(&term);
    let plural = match term.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{term}es"),
    };
    [term, &plural, &format!("{term}s")]
        .into_iter()
        .filter_map(|form| in_words(&lower, form))
        .min_by_key(|span| span.start)
}

/// A text in which every whole word that is the term but for its case has the term's own, if the
/// term has a capital.
pub(super) fn settle(text: &str, term: &str) -> String {
    if !term.chars().any(char::is_uppercase) {
        return text.to_owned();
    }
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for span in matches(&lower, &term.to_ascii_lowercase()) {
        if span.start >= at && ends_word(&text[span.end..]) {
            out.push_str(&text[at..span.start]);
            out.push_str(term);
            at = span.end;
        }
    }
    out.push_str(&text[at..]);
    out
}

/// Where a text has these letters, not in the middle of a word at their beginning.
fn matches<'a>(text: &'a str, term: &'a str) -> impl Iterator<Item = Span> + 'a {
    text.match_indices(term)
        .filter(|(_, found)| !found.is_empty())
        .map(|(at, found)| at..at + found.len())
        .filter(|span| {
            let before = text[..span.start].chars().next_back();
            !before.is_some_and(char::is_alphanumeric)
        })
}

fn ends_word(rest: &str) -> bool {
    !rest.chars().next().is_some_and(char::is_alphanumeric)
}
