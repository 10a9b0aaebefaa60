//! What a translation keeps as it is: addresses, handles, tags, Latin words.

use khulasa_tokenizer::Span;
use khulasa_tokenizer::chars::is_arabic_letter;

use super::flag::{Flag, FlagKind};

/// Addresses, handles and Latin words of the source that the target lacks, and addresses only in
/// the target.
pub(super) fn compare(source: &str, target: &str) -> Vec<Flag> {
    let lower = target.to_lowercase();
    let lost = kept(source).into_iter().filter(|span| {
        let text = source[span.clone()].to_lowercase();
        !contains(&lower, &text)
    });
    let mut flags: Vec<Flag> = lost
        .map(|span| Flag::lost(FlagKind::Verbatim, source, span))
        .collect();
    let original = source.to_lowercase();
    let added = kept(target).into_iter().filter(|span| {
        let text = target[span.clone()].to_lowercase();
        // Tags are translated.
        is_address(&text) && !text.starts_with('#') && !contains(&original, &text)
    });
    flags.extend(added.map(|span| Flag::added(FlagKind::Verbatim, target, span)));
    flags
}

/// Where web and mail addresses, handles and tags stand in a text.
pub(super) fn addresses(text: &str) -> Vec<Span> {
    let is_address = |span: &Span| is_address(&text[span.clone()].to_lowercase());
    kept(text).into_iter().filter(is_address).collect()
}

/// Whether a text stands in another, not as a part of a longer word.
fn contains(text: &str, part: &str) -> bool {
    text.match_indices(part).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let after = text[start + part.len()..].chars().next();
        let inside = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        !inside(before)
            && !inside(after)
            && (!is_address(part) || !matches!(after, Some('/' | '@' | '_')))
    })
}

/// Whether a text in lower case is a web or mail address, a handle or a tag.
fn is_address(text: &str) -> bool {
    text.contains("://")
        || text.starts_with("www.")
        || text.contains('@') && text.len() > 2
        || text.starts_with('#') && text.len() > 2
        || text.split_once('.').is_some_and(|(name, rest)| {
            name.len() > 2
                && name.is_ascii()
                && rest.split('/').next().is_some_and(|end| {
                    let last = end.rsplit('.').next().unwrap_or(end);
                    matches!(
                        last,
                        "com" | "org" | "net" | "info" | "edu" | "gov" | "int" | "io" | "tv"
                    )
                })
        })
}

/// Runs of Latin letters, digits and the marks of addresses that hold two letters or more.
fn kept(text: &str) -> Vec<Span> {
    let in_run = |c: char| {
        c.is_alphanumeric()
            && !is_arabic_letter(c)
            && khulasa_tokenizer::chars::digit(c).is_none_or(|_| c.is_ascii())
            || matches!(
                c,
                '.' | ':' | '/' | '@' | '_' | '-' | '#' | '%' | '?' | '=' | '&' | '+' | '~'
            )
    };
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(in_run).map(|offset| at + offset) {
        let end = start
            + text[start..]
                .find(|c| !in_run(c))
                .unwrap_or(text.len() - start);
        at = end;
        let run = &text[start..end];
        let trimmed = run.trim_end_matches(['.', ':', '/', '?', '-', '&', '=', '+', '~', '%']);
        let trimmed =
            trimmed.trim_start_matches(['.', ':', '/', '-', '?', '&', '=', '+', '~', '%']);
        if trimmed.is_empty() {
            continue;
        }
        let offset = trimmed.as_ptr().addr() - text.as_ptr().addr();
        if is_address(&trimmed.to_lowercase()) {
            spans.push(offset..offset + trimmed.len());
            continue;
        }
        // Words on their own: "F-16", "M5", "Fair".
        for word in trimmed.split([
            '/', ':', '.', '_', '#', '?', '=', '&', '+', '~', '%', '@', '-',
        ]) {
            let letters = word.chars().filter(char::is_ascii_alphabetic).count();
            let digits = word.chars().any(|c| c.is_ascii_digit());
            if letters >= 2
                || letters == 1 && digits && word.starts_with(|c: char| c.is_ascii_uppercase())
            {
                let offset = word.as_ptr().addr() - text.as_ptr().addr();
                spans.push(offset..offset + word.len());
            }
        }
    }
    spans
}
