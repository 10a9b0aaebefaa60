//! Finding numbers in a text, Arabic or English.
//!
//! A number is a run of digits with single separators inside. What `1.234` or `3,5` means depends
//! on where it was written, so a number has several *readings*.

use super::{arabic_words, english_words as english};
use khulasa_tokenizer::chars::{self, is_mark};
use khulasa_tokenizer::normalize::fold;

/// A value in plain decimal notation without needless zeros: `1234`, `0.5`.
pub(super) type Value = String;

/// What was found in a text.
pub(super) struct Text<'a> {
    /// Its numbers in order.
    pub(super) numbers: Vec<Number<'a>>,
    /// Whether Arabic number words stand in it, apart from magnitudes after digits.
    pub(super) spells_number: bool,
}

/// A number in digits, or an Arabic magnitude without digits ("مليون و200 ألف").
pub(super) struct Number<'a> {
    /// As it is written, without the magnitude.
    pub(super) text: &'a str,
    /// What it may mean, likeliest first: lists of values, without the magnitude.
    pub(super) readings: Vec<Vec<Value>>,
    /// The power of ten of the word after it: 6 for "million", 0 for none.
    pub(super) magnitude: usize,
    pub(super) in_digits: bool,
    /// Whether it is a part of a date, where a month's name may stand for it.
    pub(super) in_date: bool,
    /// Whether "pm" or "مساء" follows, after the minutes if there are any.
    pub(super) is_pm: bool,
    /// What stands between the number before it and this one, "" before the first.
    pub(super) gap: &'a str,
}

/// A run of digits, or one of letters and their marks.
enum Token {
    Digits {
        end: usize,
        groups: Vec<String>,
        separators: Vec<char>,
    },
    Word {
        end: usize,
    },
}

/// Finds all numbers of a text, in time linear in its length.
pub(super) fn scan(text: &str) -> Text<'_> {
    let mut found = Text {
        numbers: Vec::new(),
        spells_number: false,
    };
    let mut at = 0;
    // Where the last number ended, its magnitude included.
    let mut last_end = usize::MAX;
    while let Some((start, token)) = next_token(text, at) {
        let mut number = match token {
            Token::Word { end } => {
                at = end;
                let word = fold(&text[start..end]);
                found.spells_number |= arabic_words::spells_number(&word);
                let Some((value, magnitude)) = arabic_words::lone_magnitude(&word) else {
                    continue;
                };
                Number {
                    text: &text[start..end],
                    readings: vec![vec![value.to_string()]],
                    magnitude,
                    in_digits: false,
                    in_date: false,
                    is_pm: false,
                    gap: "",
                }
            }
            Token::Digits {
                end,
                groups,
                separators,
            } => {
                at = end;
                Number {
                    text: &text[start..end],
                    readings: readings(&groups, &separators),
                    magnitude: 0,
                    in_digits: true,
                    in_date: in_date(text, start, end, &separators),
                    is_pm: false,
                    gap: "",
                }
            }
        };
        number.gap = text.get(last_end..start).unwrap_or_default();
        if number.in_digits
            && let Some((end, word)) = word_after(text, at)
        {
            if let Some(magnitude) =
                arabic_words::magnitude(&fold(word)).or(english::magnitude(word))
            {
                number.magnitude = magnitude;
                at = end;
            }
            let dotted = text[at..].trim_start().get(..4);
            number.is_pm = dotted.is_some_and(|t| t.eq_ignore_ascii_case("p.m."))
                || english::is_pm(word)
                || arabic_words::is_pm(&fold(word));
        }
        // "7:30 pm": the hour is the number before.
        if number.is_pm
            && number.gap == ":"
            && let Some(hour) = found.numbers.last_mut()
        {
            hour.is_pm = true;
        }
        last_end = at;
        found.numbers.push(number);
    }
    found
}

/// The next number or word from `at` on.
fn next_token(text: &str, at: usize) -> Option<(usize, Token)> {
    let (offset, first) = text[at..]
        .char_indices()
        .find(|&(_, c)| digit(c).is_some() || c.is_alphabetic())?;
    let start = at + offset;
    if digit(first).is_none() {
        // "و" before a digit or a magnitude word is not a part of it.
        let end = start
            + text[start..]
                .find(|c| !in_word(c))
                .unwrap_or(text.len() - start);
        return Some((start, Token::Word { end }));
    }
    let mut groups = vec![String::new()];
    let mut separators = Vec::new();
    let mut chars = text[start..].char_indices().peekable();
    let mut end = start;
    while let Some((i, c)) = chars.next() {
        if let (Some(digit), Some(group)) = (digit(c), groups.last_mut()) {
            group.push(digit);
            end = start + i + c.len_utf8();
        } else if is_separator(c) && chars.peek().is_some_and(|&(_, next)| digit(next).is_some()) {
            if c.is_whitespace()
                && !is_group_of_three(&text[start + i + c.len_utf8()..], groups.last())
            {
                break;
            }
            separators.push(c);
            groups.push(String::new());
        } else {
            break;
        }
    }
    Some((
        start,
        Token::Digits {
            end,
            groups,
            separators,
        },
    ))
}

/// A digit of any kind in ASCII.
fn digit(c: char) -> Option<char> {
    char::from_digit(chars::digit(c)?, 10)
}

/// Whether a character can stand in a word: letters and the marks on them.
fn in_word(c: char) -> bool {
    c.is_alphabetic() || is_mark(c) || c == 'ـ'
}

fn is_separator(c: char) -> bool {
    matches!(
        c,
        '.' | ',' | '٫' | '٬' | '،' | '\'' | '’' | ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}'
    )
}

/// Whether a space may have been put between thousands: `10 000`.
fn is_group_of_three(rest: &str, before: Option<&String>) -> bool {
    let digits = rest
        .chars()
        .take(4)
        .take_while(|&c| digit(c).is_some())
        .count();
    digits == 3 && before.is_some_and(|group| group.len() <= 3)
}

/// What groups of digits may mean.
fn readings(groups: &[String], separators: &[char]) -> Vec<Vec<Value>> {
    let grouped = |groups: &[String], separators: &[char]| {
        groups[0].len() <= 3
            && groups[1..].iter().all(|group| group.len() == 3)
            && separators.windows(2).all(|pair| pair[0] == pair[1])
            && !separators.contains(&'٫')
    };
    let parts = || groups.iter().map(|group| value(group, "")).collect();
    let Some((&last, before)) = separators.split_last() else {
        return vec![parts()];
    };
    let mut readings = Vec::new();
    if grouped(groups, separators) {
        readings.push(vec![value(&groups.concat(), "")]);
    }
    let (fraction, whole) = groups.split_last().unwrap_or((&groups[0], &[]));
    if matches!(last, '.' | ',' | '،' | '٫') && !before.contains(&last) && grouped(whole, before)
    {
        readings.push(vec![value(&whole.concat(), fraction)]);
    }
    // "5,6", "13.3.2020": figures that only stand side by side.
    if readings.is_empty() || matches!(last, ',' | '،' | ' ') {
        readings.push(parts());
    }
    readings
}

/// A value in plain notation.
fn value(whole: &str, fraction: &str) -> Value {
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

/// A value times a power of ten.
pub(super) fn shift(number: &str, magnitude: usize) -> Value {
    if magnitude == 0 {
        return number.to_owned();
    }
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let zeros = "0".repeat(magnitude.saturating_sub(fraction.len()));
    let (up, rest) = fraction.split_at(fraction.len().min(magnitude));
    value(&format!("{whole}{up}{zeros}"), rest)
}

/// Whether a number is a part of a date in figures: 13/03/2020, 2020-03-13, 13.3.2020.
fn in_date(text: &str, start: usize, end: usize, separators: &[char]) -> bool {
    let mark = |c: char| matches!(c, '/' | '-' | '\\' | '–');
    // Marks of direction stand around the parts of dates on many pages.
    let before = text[..start].trim_end_matches(chars::is_invisible);
    let after = text[end..].trim_start_matches(chars::is_invisible);
    separators.len() == 2 || before.ends_with(mark) || after.starts_with(mark)
}

/// The word after a number, a space or nothing between them.
fn word_after(text: &str, at: usize) -> Option<(usize, &str)> {
    let rest = &text[at..];
    let word = rest.strip_prefix([' ', '\u{a0}', '-']).unwrap_or(rest);
    let end = word.find(|c| !in_word(c)).unwrap_or(word.len());
    (end > 0).then(|| (at + rest.len() - word.len() + end, &word[..end]))
}
