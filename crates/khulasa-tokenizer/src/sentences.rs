//! Paragraphs into sentences.
//!
//! Rules, not a model: a sentence ends after `.` `!` `?` `؟` `…` and whatever closes with it
//! (quotes, brackets), if what stands around does not say otherwise: a number, an abbreviation, an
//! initial, an address, an open bracket, a quotation that goes on. A semicolon ends one only where
//! it would be long. Commas never do. One pass, whatever the text; `tests/sentences.rs` has the
//! cases.

use crate::Span;
use crate::chars::{digit, is_arabic_letter, is_invisible, is_mark};
use crate::normalize::fold;

/// A sentence of more words than this is cut at semicolons.
const LONG: usize = 40;

/// A sentence of at most this many bytes, about 40 words, keeps a quotation of several sentences
/// whole.
const WHOLE_QUOTATION: usize = 480;

/// A quotation of at most this many bytes, about five words, may be a name: «من سيربح المليون؟».
const NAME: usize = 64;

/// Quotation or brackets that are open for more bytes than this were never closed.
const LONGEST_QUOTATION: usize = 1200;

/// No text has more quotation marks and brackets open at once.
const DEEPEST: usize = 8;

/// Words of more than one letter whose full stop ends nothing. Single letters and letters with
/// full stops between them (أ.د, U.S) are initials anyway.
const ABBREVIATIONS: &[&str] = &[
    "مج", "تح", "mr", "mrs", "ms", "dr", "prof", "st", "no", "vol", "vs", "jr", "sr", "gen", "col",
    "lt", "sen", "rep", "gov", "inc", "ltd", "co", "corp", "fig", "approx",
];

/// Verbs, folded, that tell who said the quotation before them.
const SAYING: &[&str] = &[
    "قال",
    "قالت",
    "قالوا",
    "يقول",
    "تقول",
    "يقولون",
    "اضاف",
    "اضافت",
    "يضيف",
    "تضيف",
    "اكد",
    "اكدت",
    "يوكد",
    "توكد",
    "اوضح",
    "اوضحت",
    "يوضح",
    "توضح",
    "اشار",
    "اشارت",
    "يشير",
    "تشير",
    "كتب",
    "كتبت",
    "يكتب",
    "تكتب",
    "صرح",
    "صرحت",
    "تابع",
    "تابعت",
    "يتابع",
    "تتابع",
    "سال",
    "سالت",
    "يسال",
    "تسال",
    "تساءل",
    "تساءلت",
    "يتساءل",
    "تتساءل",
    "يروي",
    "تروي",
    "روي",
    "روت",
    "ختم",
    "ختمت",
    "علق",
    "علقت",
    "يعلق",
    "تعلق",
    "رد",
    "ردت",
    "يرد",
    "ترد",
    "يشرح",
    "تشرح",
    "صرخ",
    "صرخت",
    "هتف",
    "هتفت",
    "صاح",
    "صاحت",
    "همس",
    "همست",
    "اجاب",
    "اجابت",
    "يجيب",
    "تجيب",
    "ذكر",
    "ذكرت",
    "حذر",
    "حذرت",
];

/// Splits a paragraph. The spans are in order, do not overlap, begin and end with something other
/// than white space, and together hold every character that is not white space.
pub fn split(paragraph: &str) -> Vec<Span> {
    let mut splitter = Splitter {
        text: paragraph,
        spans: Vec::new(),
        sentence: Sentence::default(),
        open: Vec::new(),
        next_closer: 0,
    };
    let mut end = None;
    let mut in_word = false;
    for (i, c) in paragraph.char_indices() {
        if end.is_some_and(|end| end <= i) {
            splitter.finish(i);
            (end, in_word) = (None, false);
        }
        if c.is_whitespace() {
            in_word = false;
        } else {
            if splitter.sentence.words == 0 {
                splitter.sentence.start = i;
            }
            splitter.sentence.words += usize::from(!in_word);
            splitter.sentence.has_text |= c.is_alphanumeric();
            in_word = true;
        }
        // What closes with a mark that ends a sentence ends nothing more.
        if end.is_none() {
            end = splitter.end(i, c);
        }
        splitter.quotation(i, c);
    }
    splitter.finish(paragraph.len());
    splitter.spans
}

/// The sentence that is being read.
#[derive(Default)]
struct Sentence {
    /// Where its first visible character is; where the one before it ended until one comes.
    start: usize,
    words: usize,
    /// Whether it has a letter or digit yet.
    has_text: bool,
    /// Where it may be cut, and the words before.
    semicolons: Vec<(usize, usize)>,
}

struct Splitter<'a> {
    text: &'a str,
    spans: Vec<Span>,
    sentence: Sentence,
    /// What closes the quotations and brackets that are open, and where they opened.
    open: Vec<(char, usize)>,
    /// The place of the next mark that closes a quotation, if it has been looked up.
    next_closer: usize,
}

impl Splitter<'_> {
    /// Where the sentence ends if `c` at `i` ends it: behind what closes with `c`.
    fn end(&mut self, i: usize, c: char) -> Option<usize> {
        match c {
            '.' | '!' | '?' | '؟' | '…' if self.sentence.has_text => {}
            '؛' if self.open.is_empty() => {
                self.sentence
                    .semicolons
                    .push((i + c.len_utf8(), self.sentence.words));
                return None;
            }
            '\n' | '\u{2028}' | '\u{2029}' => return Some(i + c.len_utf8()),
            _ => return None,
        }
        self.open.retain(|o| i - o.1 <= LONGEST_QUOTATION);
        let after = i + c.len_utf8();
        let may_end = if c == '.' {
            self.full_stop(i)
        } else {
            self.mark(i, c)
        };
        if !may_end {
            return None;
        }
        let (end, closes_quotation) = self.closing(after);
        let bracket = self.open.iter().find(|o| matches!(o.0, ')' | ']' | '}'));
        if let Some(bracket) = bracket {
            // Only brackets around whole sentences hold ends of sentences.
            return (self.before(bracket.1).is_empty() && end > after).then_some(end);
        }
        let Some(&(_, opened)) = self.open.first() else {
            return (!closes_quotation || !self.goes_on(end)).then_some(end);
        };
        if !closes_quotation {
            let closer = self.closer(after);
            let whole = closer.saturating_sub(self.sentence.start) <= WHOLE_QUOTATION;
            return (!whole).then_some(end);
        }
        let is_name = c != '.'
            && end - opened <= NAME
            && self
                .before(opened)
                .trim_end()
                .ends_with(|c: char| c != ':' && !c.is_whitespace());
        (!is_name && !self.goes_on(end)).then_some(end)
    }

    /// Opens and closes quotations and brackets. `"` `“` `”` are written either way round.
    fn quotation(&mut self, i: usize, c: char) {
        let closer = match c {
            '«' => '»',
            '“' | '”' => '”',
            '(' => ')',
            '[' => ']',
            '{' => '}',
            '»' | '"' | ')' | ']' | '}' => c,
            _ => return,
        };
        let opened = self.open.iter().rposition(|o| o.0 == closer);
        let opens = match c {
            '«' | '(' | '[' | '{' => true,
            '"' | '“' | '”' => opened.is_none(),
            _ => false,
        };
        if opens {
            if self.open.len() == DEEPEST {
                self.open.remove(0);
            }
            self.open.push((closer, i));
        } else if let Some(opened) = opened {
            self.open.truncate(opened);
        }
    }

    /// Whether the full stop at `i` may end a sentence.
    fn full_stop(&self, i: usize) -> bool {
        let before = self.text[..i].chars().next_back();
        let Some(next) = self.visible(i + 1) else {
            return true;
        };
        if next == '.' {
            return false;
        }
        if before == Some('.') {
            return is_closing(next) || next.is_whitespace() && !self.continues(i + 1);
        }
        let word = self.word_before(i);
        if next.is_whitespace() || is_closing(next) {
            return !self.is_abbreviation(word, i);
        }
        // No space after it: another word of more than two letters must follow, and none of its
        // own kind that could make a name of the two.
        let word = word.rsplit('.').next().unwrap_or_default();
        let follows = self.text[i + 1..].chars().take(24);
        let length = follows
            .take_while(|&c| is_arabic_letter(c) || is_mark(c))
            .count();
        length > 2 && word.chars().filter(|&c| !is_mark(c)).count() != 1
    }

    /// Whether the mark `c` at `i` may end a sentence: it is the last of its run, and no address
    /// goes on after it.
    fn mark(&self, i: usize, c: char) -> bool {
        let after = i + c.len_utf8();
        match self.visible(after) {
            None => true,
            Some('!' | '?' | '؟' | '…' | '.' | ',' | '،' | '؛') => false,
            Some(next) if next.is_whitespace() || is_closing(next) => {
                c != '…' || !self.continues(after)
            }
            Some(next) => is_arabic_letter(next) && c != '?',
        }
    }

    /// Whether the full stop at `i` belongs to the word before it.
    fn is_abbreviation(&self, word: &str, i: usize) -> bool {
        if self.text[i + 1..].chars().all(char::is_whitespace) {
            return false;
        }
        let bare: String = word.chars().filter(|&c| !is_mark(c)).collect();
        let before = self.before(i - word.len());
        if bare.chars().all(|c| digit(c).is_some()) {
            // The number of a list's item.
            return !bare.is_empty() && before.chars().all(|c| !c.is_alphanumeric());
        }
        let mut parts = bare.split('.').map(|part| part.trim_end_matches('ـ'));
        if bare.contains(|c| digit(c).is_some()) || !parts.all(|part| part.chars().count() < 2) {
            return ABBREVIATIONS.contains(&bare.to_lowercase().as_str());
        }
        // Initials. After those of an era a sentence may well begin; after others it is "and he
        // said" if anything.
        let era = matches!(bare.as_str(), "م" | "هـ" | "ه")
            && before.trim_end().ends_with(|c| digit(c).is_some());
        if bare == "هـ" || era {
            return self.text[i + 1..].trim_start().starts_with('(');
        }
        !(bare.contains('.') && self.says(i + 1, "و"))
    }

    /// Whether the sentence goes on at `i`, after a quotation that closed with its mark: «…!» قال.
    fn goes_on(&self, i: usize) -> bool {
        let quoted_first = self.text[self.sentence.start..].starts_with(['«', '“', '”', '"']);
        let next =
            self.text[i..].trim_start_matches(|c: char| c.is_whitespace() || is_invisible(c));
        let next = next.chars().next();
        next.is_some_and(|c| matches!(c, '،' | ',' | '؛' | ':' | '-' | '–') || c.is_lowercase())
            || quoted_first && self.says(i, "")
    }

    /// Whether dots at the end of `..i` leave their sentence open.
    fn continues(&self, i: usize) -> bool {
        let next =
            self.text[i..].trim_start_matches(|c: char| c.is_whitespace() || is_invisible(c));
        let next = next.chars().next();
        next.is_some_and(|c| matches!(c, '،' | ',' | '؛' | ')') || c.is_lowercase())
    }

    /// Whether the next word from `i` on is a verb of saying with this before it.
    fn says(&self, i: usize, prefix: &str) -> bool {
        let rest = self.text[i..].trim_start();
        let end = rest
            .char_indices()
            .take(16)
            .find(|c| !c.1.is_alphanumeric() && !is_mark(c.1));
        let word = fold(&rest[..end.map_or(0, |c| c.0)]);
        word.strip_prefix(prefix)
            .is_some_and(|verb| SAYING.contains(&verb))
    }

    /// Past the quotes and brackets that close right after a mark, and whether a quotation closes.
    fn closing(&self, from: usize) -> (usize, bool) {
        let is_open = |closer| self.open.iter().any(|o| o.0 == closer);
        let (mut straight, mut closed, mut end) = (is_open('"'), false, from);
        let mut chars = self.text[from..].char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|c| c.1);
            match c {
                '»' | '”' | '’' => closed = true,
                '“' if is_open('”') => closed = true,
                '"' if straight || at == 0 && next.is_none_or(char::is_whitespace) => {
                    (closed, straight) = (true, false);
                }
                ')' | ']' | '}' => {}
                ' ' if straight && next == Some('"') => {
                    let behind = self.text[from + at + 2..].chars().next();
                    if behind.is_some_and(char::is_alphanumeric) {
                        break;
                    }
                }
                '.' if closed => {}
                c if is_invisible(c) => {}
                _ => break,
            }
            end = from + at + c.len_utf8();
        }
        (end, closed)
    }

    /// Where the next mark that closes a quotation is, at or after `from`.
    fn closer(&mut self, from: usize) -> usize {
        if self.next_closer < from {
            let found = self.text[from..].find(['»', '”', '“', '"']);
            self.next_closer = found.map_or(usize::MAX, |at| from + at);
        }
        self.next_closer
    }

    /// What the sentence has before `end`.
    fn before(&self, end: usize) -> &str {
        let text = self.text.get(self.sentence.start..end);
        text.unwrap_or_default()
    }

    /// The next visible character from `i` on.
    fn visible(&self, i: usize) -> Option<char> {
        self.text[i..].chars().find(|&c| !is_invisible(c))
    }

    /// The word, with its inner full stops, that ends before `i`.
    fn word_before(&self, i: usize) -> &str {
        let before = &self.text[..i];
        let letters = before.char_indices().rev().take(24);
        let word = letters
            .take_while(|&(_, c)| c.is_alphanumeric() || matches!(c, '.' | 'ـ') || is_mark(c))
            .last();
        &before[word.map_or(i, |w| w.0)..]
    }

    /// Adds the sentence that ends before `end`, in pieces if it is long, and begins the next.
    fn finish(&mut self, end: usize) {
        let sentence = std::mem::take(&mut self.sentence);
        self.sentence.start = end;
        let mut start = sentence.start;
        if sentence.words > LONG {
            let mut words = 0;
            let ends = sentence
                .semicolons
                .iter()
                .map(|s| s.1)
                .skip(1)
                .chain([sentence.words]);
            for (&(at, before), next) in sentence.semicolons.iter().zip(ends) {
                if next - words > LONG {
                    self.push(start..at);
                    (start, words) = (at, before);
                }
            }
        }
        self.push(start..end);
    }

    /// Adds a span without the white space around it, if anything is left. What holds no letter or
    /// digit joins the span before it on its line.
    fn push(&mut self, span: Span) {
        let piece = &self.text[span.clone()];
        let trimmed = piece.trim();
        if trimmed.is_empty() {
            return;
        }
        let start = span.start + (piece.len() - piece.trim_start().len());
        let span = start..start + trimmed.len();
        if !trimmed.chars().any(char::is_alphanumeric) {
            let same_line = |s: &Span| !self.text[s.end..start].contains('\n');
            if let Some(previous) = self.spans.last_mut().filter(|s| same_line(s)) {
                previous.end = span.end;
                return;
            }
        }
        self.spans.push(span);
    }
}

fn is_closing(c: char) -> bool {
    matches!(c, '»' | '”' | '“' | '’' | '"' | ')' | ']' | '}')
}
