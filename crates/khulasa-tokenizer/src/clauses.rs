//! Sentences that are too long for a model, in pieces, and the pieces' English joined again.

use unicode_segmentation::UnicodeSegmentation;

use crate::Span;
use crate::normalize::fold;

/// Words that begin a clause.
const OPENERS: &[&str] = &[
    "كما",
    "حيث",
    "فيما",
    "بينما",
    "لكن",
    "ولكن",
    "اذ",
    "مما",
    "الذي",
    "التي",
    "الذين",
    "اللذين",
    "وذلك",
    "وقد",
    "وقال",
    "واضاف",
    "واكد",
    "واوضح",
    "واشار",
    "وكان",
    "وكانت",
    "بعد",
    "قبل",
    "خلال",
    "منذ",
    "عندما",
    "حين",
    "حتي",
    "وفق",
    "وفقا",
    "بحسب",
    "الا",
    "غير",
    "رغم",
    "بسبب",
    "لان",
    "كي",
];

/// Splits a sentence into pieces that all fit, at the best borders near the middle: after `؛ : ،`,
/// before a word that opens a clause, between words, and at last anywhere between graphemes. A
/// sentence that fits is one piece; a piece of one grapheme is never split. The pieces together
/// hold every character that is not white space.
///
/// `fits` is called at most a few times per piece, on texts that halve in length.
pub fn split_long(sentence: &str, fits: &dyn Fn(&str) -> bool) -> Vec<Span> {
    let mut pieces = Vec::new();
    let mut waiting = vec![trim(sentence, 0..sentence.len())];
    while let Some(span) = waiting.pop() {
        let text = &sentence[span.clone()];
        if text.is_empty() {
            continue;
        }
        match if fits(text) { None } else { border(text) } {
            None => pieces.push(span),
            Some(at) => {
                waiting.push(trim(sentence, span.start + at..span.end));
                waiting.push(trim(sentence, span.start..span.start + at));
            }
        }
    }
    pieces
}

fn trim(text: &str, span: Span) -> Span {
    let piece = &text[span.clone()];
    let start = span.start + (piece.len() - piece.trim_start().len());
    start..start + piece.trim().len()
}

/// The best place to cut a text in two: the strongest border, the nearer to the middle the better.
fn border(text: &str) -> Option<usize> {
    let middle = text.len() as f64 / 2.0;
    // A border's strength against its distance from the middle: one at a quarter of the text loses
    // to a border half as strong in the middle.
    let value = |strength: f64, at: usize| strength * (1.0 - (at as f64 - middle).abs() / middle);
    let mut best: Option<(f64, usize)> = None;
    let mut offer = |strength: f64, at: usize| {
        let value = value(strength, at);
        if at > 0 && at < text.len() && best.is_none_or(|b| value > b.0) {
            best = Some((value, at));
        }
    };
    let mut start = None;
    let mut after_mark = 0.0;
    for (i, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if c.is_whitespace() {
            start = None;
            continue;
        }
        if start.is_none() {
            start = Some(i);
            let word = text[i..].split_whitespace().next().unwrap_or_default();
            let word: String = word.chars().take(12).collect();
            let opens = OPENERS.contains(&fold(&word).as_str());
            let strength = match (after_mark > 0.0, opens) {
                (true, true) => after_mark + 1.0,
                (true, false) => after_mark,
                (false, true) => 2.0,
                (false, false) if word.starts_with('و') && word.chars().count() > 3 => 1.0,
                (false, false) => 0.3,
            };
            offer(strength, i);
        }
        after_mark = match c {
            '؛' | ';' => 6.0,
            ':' => 3.0,
            '،' | ',' => 4.0,
            '-' | '–' | '—' | ')' | '»' | '”' => 1.5,
            _ => 0.0,
        };
    }
    match best {
        Some((_, at)) => Some(at),
        None => {
            // One word: the grapheme border nearest to the middle.
            let mut borders = text
                .grapheme_indices(true)
                .map(|(at, _)| at)
                .skip(1)
                .peekable();
            let mut last = None;
            while let Some(at) = borders.next_if(|&at| at as f64 <= middle || last.is_none()) {
                last = Some(at);
            }
            last
        }
    }
}

/// Joins the English of pieces: an inner piece loses the full stop that the model gave it, and the
/// next one its capital where it is a small word's.
pub fn join(pieces: &[&str]) -> String {
    let mut out = String::new();
    for piece in pieces.iter().map(|p| p.trim()).filter(|p| !p.is_empty()) {
        if out.is_empty() {
            out.push_str(piece);
            continue;
        }
        if out.ends_with('.') && !out.ends_with("..") && !ends_with_initial(&out) {
            out.pop();
            if !out.ends_with([',', ';', ':']) {
                out.push(',');
            }
        }
        out.push(' ');
        let first = piece
            .split(|c: char| !c.is_alphabetic())
            .next()
            .unwrap_or_default();
        if SMALL.contains(&first) {
            out.push_str(&first.to_lowercase());
            out.push_str(&piece[first.len()..]);
        } else {
            out.push_str(piece);
        }
    }
    out
}

/// Words that are no names, so that they lose their capital within a sentence.
const SMALL: &[&str] = &[
    "The",
    "A",
    "An",
    "And",
    "But",
    "Or",
    "In",
    "On",
    "At",
    "Of",
    "For",
    "With",
    "By",
    "From",
    "As",
    "While",
    "Which",
    "Who",
    "That",
    "This",
    "These",
    "It",
    "He",
    "She",
    "They",
    "We",
    "After",
    "Before",
    "During",
    "When",
    "Where",
    "Because",
    "Since",
    "According",
    "However",
    "Although",
    "There",
    "His",
    "Her",
    "Its",
    "Their",
    "To",
];

fn ends_with_initial(text: &str) -> bool {
    let word = text.rsplit(' ').next().unwrap_or_default();
    word.matches('.').count() > 1
        || word.chars().count() == 2 && word.starts_with(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(n: usize) -> impl Fn(&str) -> bool {
        move |text| text.split_whitespace().count() <= n
    }

    fn pieces(text: &str, fits: &dyn Fn(&str) -> bool) -> Vec<String> {
        split_long(text, fits)
            .into_iter()
            .map(|s| text[s].to_owned())
            .collect()
    }

    #[test]
    fn borders() {
        let cases: &[(&str, usize, &[&str])] = &[
            ("قال الرئيس إنه سيعود غدا", 9, &["قال الرئيس إنه سيعود غدا"]),
            (
                "قال الرئيس إنه سيعود، وأضاف أنه متعب",
                5,
                &["قال الرئيس إنه سيعود،", "وأضاف أنه متعب"],
            ),
            (
                "وصل الوفد إلى المدينة حيث استقبله الوالي أمس",
                5,
                &["وصل الوفد إلى المدينة", "حيث استقبله الوالي أمس"],
            ),
            ("أ ب ت ث", 2, &["أ ب", "ت ث"]),
        ];
        for (text, n, expected) in cases {
            assert_eq!(pieces(text, &words(*n)), *expected);
        }
    }

    #[test]
    fn a_word_that_is_too_long_is_cut_between_graphemes() {
        let text = "كَ".repeat(40);
        let found = pieces(&text, &|t| t.len() <= 20);
        assert_eq!(found.concat(), text);
        assert!(found.iter().all(|p| p.len() <= 20 && p.starts_with('ك')));
        assert_eq!(pieces("ك", &|_| false), ["ك"]);
    }

    #[test]
    fn nothing_is_lost_and_time_is_near_linear() {
        for piece in ["كلمة ", "كلمة، ", "كلمة", "وقال الوزير؛"] {
            let text = piece.repeat(200_000 / piece.len());
            let calls = std::cell::Cell::new(0);
            let spans = split_long(&text, &|t| {
                calls.set(calls.get() + t.len());
                t.len() <= 400
            });
            let kept: String = spans.iter().map(|s| &text[s.clone()]).collect();
            let bare = |s: &str| s.split_whitespace().collect::<String>();
            assert_eq!(bare(&kept), bare(&text));
            assert!(spans.iter().all(|s| s.len() <= 400));
            assert!(
                calls.get() < 40 * text.len(),
                "{}",
                calls.get() / text.len()
            );
        }
    }

    #[test]
    fn joined() {
        let cases: &[(&[&str], &str)] = &[
            (
                &["He said so.", "The minister left."],
                "He said so, the minister left.",
            ),
            (&["He said so,", "and left."], "He said so, and left."),
            (
                &["In the U.S.", "Washington waits."],
                "In the U.S. Washington waits.",
            ),
            (&["Why?", "Nobody knows."], "Why? Nobody knows."),
            (&["", "One.", ""], "One."),
            (&["He waited...", "Then left."], "He waited... Then left."),
        ];
        for (pieces, expected) in cases {
            assert_eq!(join(pieces), *expected);
        }
    }
}
