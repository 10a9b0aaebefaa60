//! Quotation marks and brackets.

use khulasa_tokenizer::Span;

use super::flag::{Flag, FlagKind};

/// A quote of at least this many words has its marks in a translation; shorter ones are titles
/// and names, which English may set without.
const QUOTED_WORDS: usize = 5;

/// The marks of a text.
#[derive(Default)]
struct Marks {
    /// Quotations, without their marks.
    quotes: Vec<Span>,
    /// A mark or bracket without its partner.
    alone: Option<Span>,
    /// Whether there are quotation marks at all.
    any: bool,
}

/// Flags on quotes that have no marks in the target, and on marks without a partner there.
pub(super) fn compare(source: &str, target: &str) -> Vec<Flag> {
    let (of_source, of_target) = (find(source), find(target));
    if of_source.alone.is_none()
        && let Some(span) = of_target.alone
    {
        let what = "a quotation mark or bracket has no partner";
        return vec![Flag::in_target(FlagKind::Quote, target, span, what)];
    }
    let long = |span: &&Span| source[(*span).clone()].split_whitespace().count() >= QUOTED_WORDS;
    match of_source.quotes.iter().find(long) {
        Some(quote) if !of_target.any => {
            let mut flag = Flag::lost(FlagKind::Quote, source, quote.clone());
            flag.message = format!("a quote has lost its marks: “{}”", &source[quote.clone()]);
            vec![flag]
        }
        _ => Vec::new(),
    }
}

fn find(text: &str) -> Marks {
    let mut marks = Marks::default();
    let mut open: Vec<(char, Span)> = Vec::new();
    let mut before = ' ';
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let end = start + c.len_utf8();
        let after = chars.peek().map_or(' ', |&(_, c)| c);
        let partner = match c {
            '«' | '‹' => Some((true, '»')),
            '»' | '›' => Some((false, '»')),
            '“' | '„' => Some((true, '”')),
            '”' => Some((false, '”')),
            '(' | '﴾' => Some((true, ')')),
            ')' | '﴿' => Some((false, ')')),
            '[' => Some((true, ']')),
            ']' => Some((false, ']')),
            // A straight mark closes what is open.
            '"' => Some((!open.iter().any(|(mark, _)| *mark == '"'), '"')),
            _ => None,
        };
        if let Some((opens, mark)) = partner {
            let is_quote = !matches!(mark, ')' | ']');
            marks.any |= is_quote;
            if opens {
                open.push((mark, start..end));
            } else if let Some(at) = open.iter().rposition(|(other, _)| *other == mark) {
                let (_, from) = open.remove(at);
                if is_quote {
                    marks.quotes.push(from.end..start);
                }
            } else if !(mark == ')' && (before.is_alphanumeric() && start < 4)) {
                // "a)" counts.
                marks.alone.get_or_insert(start..end);
            }
        }
        // English may quote in single marks.
        marks.any |=
            matches!(c, '‘') || c == '\'' && !before.is_alphanumeric() && after.is_alphanumeric();
        before = c;
    }
    if let Some((_, span)) = open.into_iter().next() {
        marks.alone.get_or_insert(span);
    }
    marks
}
