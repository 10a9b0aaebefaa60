//! Paragraphs into sentences.
//!
//! Rules, not a model: a sentence ends after `.` `!` `?` `؟` `…` and whatever closes with it
//! (quotes, brackets), if what stands around does not say otherwise: a number, an abbreviation, an
//! initial, an address, an open bracket. A semicolon ends one only where it would be long.
//! Commas never do.

use crate::Span;
use crate::chars::{digit, is_arabic_letter, is_invisible, is_mark};

/// A sentence of more words than this may end at a semicolon.
const LONG: usize = 40;

/// Quotation or brackets that are open for more characters than this were never closed.
const LONGEST_QUOTE: usize = 600;

/// Titles and the like that end with a full stop which ends nothing.
const ABBREVIATIONS: &[&str] = &[
    "د", "أ", "م", "ا", "أ.د", "ا.د", "م.م", "د.م", "ق.م", "ب.م", "ص", "ج", "ت", "س", "ع", "ط",
    "ف", "ر", "ص.ب", "ذ.م.م", "ش.م.م", "ش.م.ل", "و.م.ع", "أ.ف.ب", "ا.ف.ب", "د.ب.أ", "أ.ش.أ",
    "و.أ.ع", "إلخ", "الخ", "هـ", "mr", "mrs", "ms", "dr", "prof", "st", "no", "vol", "vs", "jr",
    "sr", "gen", "col", "lt", "sen", "rep", "gov", "inc", "ltd", "co", "corp", "e.g", "i.e", "etc",
    "fig", "approx", "a.m", "p.m",
];

/// Splits a paragraph. The spans are in order, do not overlap, begin and end with something other
/// than white space, and together hold every character that is not white space.
pub fn split(paragraph: &str) -> Vec<Span> {
    let chars: Vec<(usize, char)> = paragraph.char_indices().collect();
    let scan = Scan {
        text: paragraph,
        chars: &chars,
    };
    let mut spans = Vec::new();
    let mut start = 0;
    let mut words = 0;
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut straight: Option<usize> = None;
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i].1;
        match c {
            '«' | '“' | '(' | '[' | '{' => open.push((c, i)),
            '»' | '”' | ')' | ']' | '}' => {
                let opener = match c {
                    '»' => '«',
                    '”' => '“',
                    ')' => '(',
                    ']' => '[',
                    _ => '{',
                };
                if let Some(at) = open.iter().rposition(|o| o.0 == opener) {
                    open.truncate(at);
                }
            }
            '"' => straight = if straight.is_some() { None } else { Some(i) },
            _ if c.is_whitespace() && i > 0 && !chars[i - 1].1.is_whitespace() => words += 1,
            _ => {}
        }
        open.retain(|o| i - o.1 <= LONGEST_QUOTE);
        straight = straight.filter(|&at| i - at <= LONGEST_QUOTE);
        let inside_brackets = open.iter().any(|o| matches!(o.0, '(' | '[' | '{'));
        let ends = match c {
            '.' => scan.full_stop(i, start) && !inside_brackets,
            '!' | '?' | '؟' | '…' => !inside_brackets && scan.mark(i),
            '؛' => words > LONG && open.is_empty() && straight.is_none(),
            '\n' => true,
            _ => false,
        };
        if !ends {
            i += 1;
            continue;
        }
        let (next, closed) = scan.closing(i + 1, straight.is_some());
        let quoted = straight.is_some() || open.iter().any(|o| matches!(o.0, '«' | '“'));
        // What is said goes on after a quotation that has not been closed with this mark, unless
        // the quotation holds several sentences.
        if quoted && !closed && words < LONG / 2 && c != '\n' && scan.quote_ends_soon(next) {
            i = next;
            continue;
        }
        if closed {
            straight = None;
            open.retain(|o| !matches!(o.0, '«' | '“'));
            if c != '\n' && scan.goes_on(next) {
                i = next;
                continue;
            }
        }
        push(&mut spans, paragraph, &chars, start, next);
        (start, words, i) = (next, 0, next);
    }
    push(&mut spans, paragraph, &chars, start, chars.len());
    spans
}

struct Scan<'a> {
    text: &'a str,
    chars: &'a [(usize, char)],
}

impl Scan<'_> {
    fn at(&self, i: usize) -> Option<char> {
        self.chars.get(i).map(|c| c.1)
    }

    /// The next visible character from `i` on.
    fn visible(&self, i: usize) -> Option<char> {
        self.chars[i.min(self.chars.len())..]
            .iter()
            .map(|c| c.1)
            .find(|&c| !is_invisible(c))
    }

    /// Whether the full stop at `i` may end the sentence that began at `start`.
    fn full_stop(&self, i: usize, start: usize) -> bool {
        let before = i.checked_sub(1).and_then(|j| self.at(j));
        let next = self.visible(i + 1);
        // An ellipsis of dots ends what its last one ends.
        if next == Some('.') {
            return false;
        }
        let Some(next) = next else { return true };
        let dots = before == Some('.');
        if dots {
            return next.is_whitespace() && !self.continues_after_dots(i + 1) || is_closing(next);
        }
        if digit(next).is_some() && before.is_some_and(|c| digit(c).is_some()) {
            return false;
        }
        let word = self.word_before(i);
        if next.is_whitespace() || is_closing(next) {
            return !self.is_abbreviation(word, i, start);
        }
        // No space after it: only between two Arabic words that are no initials.
        let word_letters = word.chars().filter(|&c| is_arabic_letter(c)).count();
        is_arabic_letter(next)
            && word_letters > 2
            && word.chars().all(|c| is_arabic_letter(c) || is_mark(c))
            && self.word_after(i + 1) > 2
    }

    /// Whether the mark at `i` ends a sentence: it is the last of its run, and no address goes on.
    fn mark(&self, i: usize) -> bool {
        match self.visible(i + 1) {
            None => true,
            Some('!' | '?' | '؟' | '…' | '.') => false,
            Some(',' | '،' | '؛') => false,
            Some(next) if next.is_whitespace() || is_closing(next) => {
                self.at(i) != Some('…') || !self.continues_after_dots(i + 1)
            }
            Some(next) => is_arabic_letter(next) && self.at(i) != Some('?'),
        }
    }

    /// Whether what follows dots is the same sentence: a conjunction, a comma, a small letter.
    fn continues_after_dots(&self, i: usize) -> bool {
        let next = self.chars[i..]
            .iter()
            .map(|c| c.1)
            .find(|c| !c.is_whitespace() && !is_invisible(*c));
        next.is_some_and(|c| matches!(c, '،' | ',' | '؛' | ')') || c.is_lowercase())
    }

    /// The word, with its inner full stops, that ends before `i`.
    fn word_before(&self, i: usize) -> &str {
        let mut from = i;
        while from > 0 && i - from < 24 {
            let c = self.chars[from - 1].1;
            if c.is_alphanumeric() || matches!(c, '.' | 'ـ') || is_mark(c) {
                from -= 1;
            } else {
                break;
            }
        }
        &self.text[self.chars[from].0..self.chars[i].0]
    }

    /// The number of letters of the word at `i`.
    fn word_after(&self, i: usize) -> usize {
        self.chars[i..]
            .iter()
            .take(24)
            .take_while(|c| c.1.is_alphabetic() || is_mark(c.1))
            .count()
    }

    /// Whether the full stop at `i` belongs to the word before it.
    fn is_abbreviation(&self, word: &str, i: usize, start: usize) -> bool {
        let last = self.visible(i + 1).is_none()
            || self.chars[i + 1..].iter().all(|c| c.1.is_whitespace());
        if last {
            return false;
        }
        let bare: String = word.chars().filter(|&c| !is_mark(c)).collect();
        let letters = bare.chars().filter(|c| c.is_alphabetic()).count();
        // The number of a list's item: "1. ", "12. " where nothing stands before it.
        let from = i - word.chars().count();
        let begins = from >= start && self.chars[start..from].iter().all(|c| c.1.is_whitespace());
        if letters == 0 {
            return begins && !bare.is_empty();
        }
        let lower = bare.to_lowercase();
        if letters == 1 && !bare.chars().any(|c| digit(c).is_some()) && bare != "و" {
            return true;
        }
        // Letters and full stops in turn are initials: "ج.ك", "U.S".
        let initials = bare
            .split('.')
            .all(|part| part.chars().filter(|&c| c != 'ـ').count() <= 1);
        if initials && letters > 1 {
            // After "U.S." and "ق.م." a new sentence may begin, but seldom does.
            return true;
        }
        if matches!(lower.as_str(), "etc" | "إلخ" | "الخ" | "هـ") {
            return false;
        }
        ABBREVIATIONS.contains(&lower.as_str())
    }

    /// Past the quotes and brackets that close right after a mark; whether a quotation closed.
    fn closing(&self, mut i: usize, straight_open: bool) -> (usize, bool) {
        let mut closed = false;
        let mut straight = straight_open;
        while let Some(c) = self.at(i) {
            match c {
                '»' | '”' | '’' => closed = true,
                '"' if straight => {
                    closed = true;
                    straight = false;
                }
                ')' | ']' | '}' => {}
                c if is_invisible(c) => {}
                ' ' if straight
                    && self.at(i + 1) == Some('"')
                    && self.at(i + 2).is_none_or(|c| !c.is_alphanumeric()) => {}
                _ => break,
            }
            i += 1;
        }
        if let Some('.') = self.at(i).filter(|_| closed) {
            i += 1;
        }
        (i, closed)
    }

    /// Whether a quotation that is open ends within the next words, so that cutting here would
    /// leave a stub.
    fn quote_ends_soon(&self, from: usize) -> bool {
        let ahead = self.chars[from.min(self.chars.len())..].iter().take(24);
        ahead.into_iter().any(|c| matches!(c.1, '»' | '”' | '"'))
    }

    /// Whether the sentence goes on after a quotation that closed with its mark: "«…!» قال".
    fn goes_on(&self, i: usize) -> bool {
        let rest = &self.chars[i.min(self.chars.len())..];
        let next = rest
            .iter()
            .map(|c| c.1)
            .find(|c| !c.is_whitespace() && !is_invisible(*c));
        match next {
            Some('،' | ',' | '؛' | ':' | '-' | '–') => true,
            Some(c) if c.is_lowercase() => true,
            _ => false,
        }
    }
}

fn is_closing(c: char) -> bool {
    matches!(c, '»' | '”' | '’' | '"' | ')' | ']' | '}')
}

/// Adds the span of characters `from..to` without the white space around it, if anything is left.
/// What holds no letter or digit joins the span before it.
fn push(spans: &mut Vec<Span>, text: &str, chars: &[(usize, char)], from: usize, to: usize) {
    let (Some(first), last) = (
        chars.get(from),
        to.checked_sub(1).and_then(|i| chars.get(i)),
    ) else {
        return;
    };
    let Some(last) = last.filter(|_| from < to) else {
        return;
    };
    let (start, end) = (first.0, last.0 + last.1.len_utf8());
    let piece = &text[start..end];
    let trimmed = piece.trim();
    if trimmed.is_empty() {
        return;
    }
    let start = start + (piece.len() - piece.trim_start().len());
    let end = start + trimmed.len();
    if !trimmed.chars().any(char::is_alphanumeric) {
        let same_line = |previous: &Span| !text[previous.end..start].contains('\n');
        if let Some(previous) = spans.last_mut().filter(|p| same_line(p)) {
            previous.end = end;
            return;
        }
    }
    spans.push(start..end);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sentences separated by `|`.
    const CASES: &[&str] = &[
        "قال الرئيس ذلك.| وأضاف الوزير هذا.",
        "هل جاء؟| نعم جاء!| ثم ذهب.",
        "هذا سطر بلا نقطة",
        "بلغت النسبة 3.5 في المئة.| وارتفعت إلى ٣٫٥ بعد ذلك.",
        "وقع ذلك في 13.03.2020 مساء.| ثم انتهى.",
        "في 13/03/2020 حدث ذلك.",
        "قال د. أحمد إن الوضع جيد.| وافق أ.د. سمير.",
        "التقى م. خالد بالوفد.",
        "في القرن الثالث ق.م. بنيت المدينة.",
        "كتبت ج. ك. رولينغ الرواية.| ثم نشرتها.",
        "ولد سنة 1440 هـ. وعاش في مكة.",
        "زار موقع example.com أمس.| ثم كتب إلى a.b@example.org فورا.",
        "انتهى الاجتماع.|وقال المتحدث إنه ناجح.",
        "قال: «لن نعود.»| ثم خرج.",
        "قال «لا!»، ثم خرج.",
        "قالت \"هذا غير مقبول.\"| وغادرت القاعة.",
        "انتظر... ثم عاد.",
        "انتظر…| وعاد بعد ساعة.",
        "ذهب (انظر ص. 5. وما بعدها) إلى البيت.| عاد.",
        "1. البند الأول.| 2. البند الثاني.",
        "من هو القيصر؟",
        "أحقا؟!| نعم.",
        "وقالت U.S. officials ذلك.",
        "السؤال: لماذا؟ الجواب: لأن الأمر كذلك.",
        "جاء أحمد، ثم علي، ثم سعيد.",
        "نسبة 5.2% و 7.1% معا.",
        "الساعة 10.30 صباحا.| وصل الوفد.",
        "سطر أول\n|سطر ثان",
        "\"القيصر\" لقب أطلق على عسكري.",
        "وأضاف \"لم نر سياسات حازمة من أي من الإدارتين\"، في إشارة إلى الرئيس.| انتهى.",
    ];

    fn expected(case: &str) -> (String, Vec<String>) {
        // The question in "السؤال: لماذا؟ الجواب" ends a sentence like any other.
        let case = case
            .replace("لماذا؟ الجواب", "لماذا؟| الجواب")
            .replace("انتظر... ثم", "انتظر...| ثم");
        let text = case.replace('|', "");
        (text, case.split('|').map(|s| s.trim().to_owned()).collect())
    }

    #[test]
    fn cases() {
        for case in CASES {
            let (text, expected) = expected(case);
            let found: Vec<_> = split(&text)
                .into_iter()
                .map(|s| text[s].to_owned())
                .collect();
            assert_eq!(found, expected, "{case}");
        }
    }

    #[test]
    fn semicolons_only_where_it_is_long() {
        let clause = "كلمة ".repeat(30);
        let short = "كلمة؛ كلمة أخرى.";
        assert_eq!(split(short).len(), 1);
        let long = format!("{clause}{clause}؛ {clause}.");
        assert_eq!(split(&long).len(), 2);
    }

    #[test]
    fn nothing_is_lost() {
        let alphabet: Vec<char> = "ابج د.!؟?…\"«»()؛،:\n\t 12٣x.A \u{200f}\u{64b}👍"
            .chars()
            .collect();
        let mut state = 7u64;
        for length in 0..400 {
            let text: String = (0..length % 97)
                .map(|_| {
                    state = state
                        .wrapping_mul(6364136223846793005)
                        .wrapping_add(1442695040888963407);
                    alphabet[(state >> 33) as usize % alphabet.len()]
                })
                .collect();
            let spans = split(&text);
            let mut end = 0;
            for span in &spans {
                assert!(
                    span.start >= end && text[end..span.start].trim().is_empty(),
                    "{text:?}"
                );
                assert!(!text[span.clone()].trim().is_empty());
                end = span.end;
            }
            assert!(text[end..].trim().is_empty(), "{text:?} {spans:?}");
        }
    }

    #[test]
    fn long_lines_take_linear_time() {
        for piece in ["«أ. ", "كلمة", ".", "\"", "(ب", "ا.", "؟ "] {
            let text = piece.repeat(200_000 / piece.len());
            split(&text);
        }
    }
}
