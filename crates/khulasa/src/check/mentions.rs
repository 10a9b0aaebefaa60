//! What a text says in numbers: numbers themselves, percentages, days of months, dates in figures,
//! times. Found once for each text; every check of values works on these.

use khulasa_tokenizer::Span;

use super::context;
use super::months::{self, Month};
use super::spelled::{self, Spelled};
use super::times::{self, Clock};
use super::tokens::{Token, TokenKind, tokens};
use super::value::Value;
use super::verbatim;
use super::words::{MAY_SAY, without_prefixes};

/// Everything found in a text.
pub(super) struct Mentions {
    pub(super) numbers: Vec<Number>,
    pub(super) months: Vec<MonthName>,
    pub(super) dates: Vec<Figures>,
    pub(super) times: Vec<Clock>,
    /// Values that other words may stand for.
    pub(super) may_say: Vec<Value>,
    pub(super) tokens: Vec<Token>,
}

/// A number that is neither a time nor a part of a date in figures.
pub(super) struct Number {
    pub(super) spelled: Spelled,
    /// Indices of its tokens.
    pub(super) at: usize,
    pub(super) next: usize,
    pub(super) percent: bool,
    /// Whether it is the number of a year, by what stands beside it.
    pub(super) year: bool,
    /// Whether it is a day of a month.
    pub(super) day: bool,
    /// Whether it is a part of a name: "F-16", "COVID-19", "G20".
    pub(super) in_name: bool,
}

/// A month's name.
pub(super) struct MonthName {
    pub(super) month: Month,
    pub(super) span: Span,
    /// Whether the word may not mean the month.
    pub(super) ambiguous: bool,
    /// Days beside it.
    pub(super) days: Vec<u64>,
}

/// A date in figures: 13/03/2020, 2020-03-13, 13.3.2020.
pub(super) struct Figures {
    pub(super) span: Span,
    /// What stands in the place of the day, and of the month.
    pub(super) day: u64,
    pub(super) month: u64,
    pub(super) year: u64,
}

impl Mentions {
    /// Whether a value is said, as a number of its own or a part of one.
    pub(super) fn says(&self, value: Value) -> bool {
        let numbers = self
            .numbers
            .iter()
            .flat_map(|number| number.spelled.readings.iter().flatten());
        let times = self.times.iter().flat_map(|time| {
            let [hour, minute] = time.parts;
            [hour, hour + 12, minute, hour * 100 + minute]
        });
        let dates = self
            .dates
            .iter()
            .flat_map(|date| [date.day, date.month, date.year, date.year % 100]);
        numbers.copied().any(|said| said == value)
            || times.chain(dates).any(|said| Value::from(said) == value)
            || self.may_say.contains(&value)
    }
}

/// Finds everything in a text.
pub(super) fn find(text: &str) -> Mentions {
    let tokens = tokens(text);
    let mut found = Mentions {
        numbers: Vec::new(),
        months: Vec::new(),
        dates: Vec::new(),
        times: Vec::new(),
        may_say: Vec::new(),
        tokens: Vec::new(),
    };
    let mut months = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if let Some((date, next)) = date(&tokens, at) {
            found.dates.push(date);
            at = next;
        } else if let Some((time, next)) = times::read(&tokens, at) {
            // "between 5 and 10 p.m."
            if let Some(number) = found.numbers.last()
                && let Some(first) = times::shared(&tokens, number, at, &time)
            {
                found.times.push(first);
                found.numbers.pop();
            }
            found.times.push(time);
            at = next;
        } else if let Some(named) = months::named(&tokens, at) {
            let span = tokens[at].span.start..tokens[named.next - 1].span.end;
            months.push((at, named.next));
            found.months.push(MonthName {
                month: named.month,
                span,
                ambiguous: named.ambiguous,
                days: Vec::new(),
            });
            at = named.next;
        } else if let Some((spelled, next)) = spelled::read(&tokens, at) {
            found.numbers.push(number(spelled, &tokens, at, next));
            at = next;
        } else {
            at += 1;
        }
    }
    for (month, &(start, end)) in found.months.iter_mut().zip(&months) {
        month.days = days(&tokens, &mut found.numbers, start, end);
        if month.ambiguous {
            month.ambiguous = month.days.is_empty() && !is_month_in_context(&tokens, start, end);
        }
    }
    context::apply(&tokens, &mut found.numbers);
    // Digits of addresses are no numbers.
    let addresses = verbatim::addresses(text);
    let in_address = |number: &Number| {
        let start = number.spelled.span.start;
        addresses.iter().any(|span| span.contains(&start))
    };
    if !addresses.is_empty() {
        found.numbers.retain(|number| !in_address(number));
    }
    found.may_say = tokens.iter().flat_map(may_say).collect();
    found.tokens = tokens;
    found
}

fn number(spelled: Spelled, tokens: &[Token], at: usize, next: usize) -> Number {
    let year = spelled.power == 0
        && (spelled.figures && context::is_year(tokens, at, next)
            || context::is_century(tokens, at, next));
    Number {
        percent: context::is_percent(tokens, at, next),
        year,
        day: false,
        in_name: spelled.figures && context::is_in_name(tokens, at),
        spelled,
        at,
        next,
    }
}

/// A date in figures.
fn date(tokens: &[Token], at: usize) -> Option<(Figures, usize)> {
    let digits = |token: &Token| match &token.kind {
        TokenKind::Figures { digits, .. } => digits.unwrap_or(0),
        _ => 0,
    };
    let (parts, lengths, next) = match &tokens[at].kind {
        // 13.3.2020 is one piece.
        TokenKind::Figures {
            readings,
            digits: None,
        } => {
            let [a, b, c] = readings.last()?[..] else {
                return None;
            };
            let parts = [a.whole()?, b.whole()?, c.whole()?];
            let length = |value: u64| if value > 99 { 4 } else { 2 };
            (parts, parts.map(length), at + 1)
        }
        TokenKind::Figures { .. } => {
            let [first, mark, second, same, third] = tokens.get(at..at + 5)? else {
                return None;
            };
            let separator = mark.mark()?;
            if !matches!(separator, '/' | '-' | '\\' | '–') || same.mark() != Some(separator) {
                return None;
            }
            let parts = [first.small()?, second.small()?, third.small()?];
            (
                parts,
                [digits(first), digits(second), digits(third)],
                at + 5,
            )
        }
        _ => return None,
    };
    let [a, b, c] = parts;
    let (day, month, year) = match lengths {
        [1 | 2, 1 | 2, 4 | 2] => (a, b, c),
        [4, 1 | 2, 1 | 2] => (c, b, a),
        _ => return None,
    };
    if !(1..=31).contains(&day) || !(1..=31).contains(&month) || day.min(month) > 12 {
        return None;
    }
    let span = tokens[at].span.start..tokens[next - 1].span.end;
    Some((
        Figures {
            span,
            day,
            month,
            year,
        },
        next,
    ))
}

/// Days beside a month's name: "5 و7 آذار", "الخامس من آذار", "March 5 to 7".
fn days(tokens: &[Token], numbers: &mut [Number], start: usize, end: usize) -> Vec<u64> {
    let mut days = Vec::new();
    let mut take = |number: &mut Number| -> bool {
        let [value] = number.spelled.readings[0][..] else {
            return false;
        };
        let day = value.whole().filter(|day| (1..=31).contains(day));
        if let Some(day) = day
            && number.spelled.power == 0
            && !number.percent
        {
            number.day = true;
            days.push(day);
            return true;
        }
        false
    };
    let joins = |from: usize, to: usize| {
        from <= to
            && to - from <= 2
            && tokens[from..to].iter().all(|token| {
                matches!(
                    token.word(),
                    "و" | "او" | "الي" | "حتي" | "and" | "to" | "or" | "through" | "until"
                ) || matches!(token.mark(), Some('-' | '–' | '—' | '،' | ','))
            })
    };
    let links = |from: usize, to: usize| {
        from <= to
            && to - from <= 3
            && tokens[from..to].iter().all(|token| {
                matches!(
                    token.word(),
                    "من" | "شهر" | "of" | "the" | "st" | "nd" | "rd" | "th"
                )
            })
    };
    let mut edge = start;
    for i in (0..numbers.len()).rev() {
        let is_first = edge == start;
        let near = match is_first {
            true => links(numbers[i].next, edge),
            false => {
                joins(numbers[i].next, edge)
                    && !matches!(tokens.get(numbers[i].next).and_then(Token::mark), Some(','))
            }
        };
        if numbers[i].next > edge {
            continue;
        }
        if !near || !take(&mut numbers[i]) {
            break;
        }
        edge = numbers[i].at;
    }
    let mut edge = end;
    for number in numbers.iter_mut().filter(|number| number.at >= end) {
        let near = match edge == end {
            true => {
                number.at == end
                    || number.at == end + 1 && tokens[end].mark() == Some('.')
                    || number.at == end + 1 && tokens[end].word() == "the"
            }
            false => {
                let after = suffix(tokens, edge);
                joins(after, number.at)
                    && number.at > after
                    && !matches!(tokens[after].mark(), Some(',' | '،'))
            }
        };
        if !near || !number.spelled.figures || !take(number) {
            break;
        }
        edge = number.next;
    }
    days
}

/// Passes over "th" after a number.
fn suffix(tokens: &[Token], at: usize) -> usize {
    match tokens.get(at).map(Token::word) {
        Some("st" | "nd" | "rd" | "th") => at + 1,
        _ => at,
    }
}

/// Whether an ambiguous name is a month by the words around it.
fn is_month_in_context(tokens: &[Token], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).map(|i| &tokens[i]);
    let word = before.map_or("", Token::word);
    let year = tokens
        .get(end)
        .and_then(Token::small)
        .is_some_and(|value| value > 600);
    let slash = before.and_then(Token::mark) == Some('/')
        || tokens.get(end).and_then(Token::mark) == Some('/');
    year || slash
        || without_prefixes(word)
            .iter()
            .any(|(word, _)| *word == "شهر")
        || matches!(
            word,
            "in" | "last"
                | "next"
                | "since"
                | "until"
                | "early"
                | "late"
                | "mid"
                | "during"
                | "every"
                | "each"
                | "between"
                | "month"
                | "by"
        )
}

fn may_say(token: &Token) -> Vec<Value> {
    let word = token.word();
    let find = |word: &str| MAY_SAY.iter().find(|(name, _)| *name == word);
    let found = match word.is_ascii() {
        true => find(word),
        false => without_prefixes(word)
            .iter()
            .find_map(|(word, _)| find(word)),
    };
    let values = found.map_or(&[][..], |(_, values)| values);
    let roman = token.is_capital().then(|| roman(word)).flatten();
    values
        .iter()
        .copied()
        .chain(roman)
        .map(Value::from)
        .collect()
}

/// "XVI" is 16.
fn roman(word: &str) -> Option<u64> {
    let digit = |c: char| match c {
        'i' => Some(1),
        'v' => Some(5),
        'x' => Some(10),
        _ => None,
    };
    let digits: Vec<u64> = word.chars().map(digit).collect::<Option<_>>()?;
    let value = |i: usize| match digits.get(i + 1) {
        Some(&next) if next > digits[i] => -(digits[i] as i64),
        _ => digits[i] as i64,
    };
    let sum: i64 = (0..digits.len().min(8)).map(value).sum();
    u64::try_from(sum).ok().filter(|&sum| sum > 0)
}
