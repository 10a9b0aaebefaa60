//! Reading a number from words, figures or both: "ثلاثة ملايين ونصف المليون", "2.5 million",
//! "مليون و200 ألف", "one hundred and five", "الخامس والعشرين".

use khulasa_tokenizer::Span;

use super::tokens::{Token, TokenKind};
use super::value::Value;
use super::words::{self, Form, Term};

/// A number as it was read.
pub(super) struct Spelled {
    pub(super) span: Span,
    /// What it may be, likeliest first: one value, or several where it may be several numbers.
    pub(super) readings: Vec<Vec<Value>>,
    /// The power of ten of its last magnitude word, 0 for none.
    pub(super) power: u32,
    pub(super) form: Written,
    /// Whether there are figures in it.
    pub(super) figures: bool,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    Cardinal,
    Ordinal,
    /// Only a part of one, "نصف".
    Fraction,
    /// Many of a power of ten.
    Many(u32),
    /// A decade.
    Decade,
    /// A magnitude without a number before it: "ألف".
    Lone,
}

/// A term of the text.
enum Piece<'a> {
    Figures(&'a [Vec<Value>]),
    Word(Term, Form),
}

struct Found<'a> {
    piece: Piece<'a>,
    /// Whether "و" or "and" stands before it.
    and: bool,
    arabic: bool,
    /// Whether the article stands before it, in Arabic.
    article: bool,
    /// The index after it.
    next: usize,
}

/// What was read last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Nothing,
    Figures,
    Small,
    Ten,
    Tens,
    Hundred,
    Power(u32),
    End,
}

/// Reads the number that begins at a token. Gives the index after it.
pub(super) fn read(tokens: &[Token], at: usize) -> Option<(Spelled, usize)> {
    let mut number = Number::default();
    let mut next = at;
    // As it was before the last conjunction.
    let mut before_and = None;
    while let Some(found) = find(tokens, next, next == at) {
        if found.and {
            before_and = Some((number.clone(), next));
        }
        if !number.take(&found, tokens) {
            if number.too_large
                && let Some(before) = before_and
            {
                (number, next) = before;
            }
            break;
        }
        next = number.skip_to.take().unwrap_or(found.next);
    }
    number.finish(tokens, at, next)
}

/// The term at a token, a conjunction before it passed over.
fn find(tokens: &[Token], at: usize, first: bool) -> Option<Found<'_>> {
    let mut index = at;
    let mut and = false;
    if !first {
        match &tokens.get(index)?.kind {
            // "twenty-five", "25-million"
            TokenKind::Mark('-' | '\u{2011}') if tokens[index].glued => index += 1,
            TokenKind::Word { text, .. } if text == "and" || text == "و" => {
                and = true;
                index += 1;
                if tokens.get(index)?.word() == "a" || tokens.get(index)?.word() == "one" {
                    // "two and a half", "one and one quarter"
                    let fraction = words::english(tokens.get(index + 1)?.word());
                    if matches!(fraction, Some((Term::Fraction(_), _))) {
                        index += 1;
                    }
                }
            }
            // "tens of thousands"
            TokenKind::Word { text, .. }
                if text == "of"
                    && matches!(
                        words::english(tokens[index - 1].word()),
                        Some((Term::Many(_), _))
                    )
                    && matches!(
                        words::english(tokens.get(index + 1)?.word()),
                        Some((Term::Many(_), _))
                    ) =>
            {
                index += 1;
            }
            _ => {}
        }
    }
    let token = tokens.get(index)?;
    let found = |piece, and, arabic, article| {
        Some(Found {
            piece,
            and,
            arabic,
            article,
            next: index + 1,
        })
    };
    match &token.kind {
        TokenKind::Figures { readings, .. } => found(Piece::Figures(readings), and, false, false),
        TokenKind::Mark('½') => found(
            Piece::Word(Term::Fraction(500_000), Form::Cardinal),
            true,
            false,
            false,
        ),
        TokenKind::Word { text, .. } if text.is_ascii() => {
            let glued = token.glued
                && matches!(
                    tokens.get(index.wrapping_sub(1))?.kind,
                    TokenKind::Figures { .. }
                );
            let (term, form) = match &**text {
                "m" | "b" | "k" | "t" if glued => (suffix(text), Form::Cardinal),
                text => words::english(text)?,
            };
            found(Piece::Word(term, form), and, false, false)
        }
        TokenKind::Word { text, .. } => {
            // "المئة" is none, it means percent; "لست" is "I am not".
            if matches!(&**text, "المئه" | "بالمئه" | "المائه" | "بالمائه" | "لست")
            {
                return None;
            }
            let (word, with_and, term, form) = words::without_prefixes(text)
                .into_iter()
                .find_map(|(word, and)| words::arabic(word).map(|(t, f)| (word, and, t, f)))?;
            let article = text
                .strip_suffix(word)
                .is_some_and(|before| before.ends_with("ال") || before.ends_with("لل"));
            if article
                && !word.ends_with('ن')
                && matches!(term, Term::Dual(_) | Term::Hundreds(200))
            {
                // "الألفي" is a name: a dual without its nun takes no article.
                return None;
            }
            found(Piece::Word(term, form), and || with_and, true, article)
        }
        TokenKind::Mark(_) => None,
    }
}

fn suffix(letter: &str) -> Term {
    Term::Power(match letter {
        "k" => 3,
        "m" => 6,
        "b" => 9,
        _ => 12,
    })
}

#[derive(Default, Clone)]
struct Number {
    last: Option<Last>,
    /// Whole thousands and more.
    total: Value,
    /// What is below the next magnitude.
    group: Value,
    /// What a following "hundred" multiplies.
    small: Value,
    /// Numbers that a conjunction may have only put side by side.
    parts: Vec<Value>,
    /// Other readings of figures, where nothing but a magnitude follows them.
    others: Vec<Vec<Value>>,
    power: u32,
    ordinal: bool,
    fraction: bool,
    many: Option<u32>,
    decade: bool,
    lone: bool,
    figures: bool,
    arabic: bool,
    skip_to: Option<usize>,
    /// "مليون وثلاثة ملايين": what came after the conjunction is a number of its own.
    too_large: bool,
}

impl Number {
    fn value(&self) -> Value {
        self.total.plus(self.group).plus(self.small)
    }

    /// Takes a term if it can be a part of this number.
    fn take(&mut self, found: &Found<'_>, tokens: &[Token]) -> bool {
        let last = self.last.unwrap_or(Last::Nothing);
        let first = last == Last::Nothing;
        if last == Last::End {
            return false;
        }
        if first {
            self.arabic = found.arabic;
        }
        let and = found.and && !first;
        // Whether a smaller number may be added now.
        let adds = first
            || match last {
                Last::Hundred | Last::Power(_) => and || !found.arabic && !self.arabic,
                _ => false,
            };
        let taken = match &found.piece {
            Piece::Figures(readings) => {
                if !(first || and && matches!(last, Last::Power(_))) {
                    return false;
                }
                self.figures = true;
                let Some([value]) = readings.first().map(Vec::as_slice) else {
                    if !first {
                        return false;
                    }
                    // Figures side by side.
                    self.others = readings.to_vec();
                    self.last = Some(Last::End);
                    return true;
                };
                if let Last::Power(power) = last
                    && *value >= Value::from(1).shift(power)
                {
                    return false;
                }
                if first {
                    self.others = readings[1..].to_vec();
                }
                self.side_by_side(first);
                self.group = *value;
                Last::Figures
            }
            Piece::Word(term, form) => {
                let Some(last) = self.word(*term, last, and, adds, found, tokens) else {
                    return false;
                };
                self.ordinal |= *form == Form::Ordinal;
                last
            }
        };
        self.last = Some(taken);
        true
    }

    /// Notes that what comes may be a number of its own.
    fn side_by_side(&mut self, first: bool) {
        if !first {
            self.parts.push(self.value());
        }
    }

    fn word(
        &mut self,
        term: Term,
        last: Last,
        and: bool,
        adds: bool,
        found: &Found<'_>,
        tokens: &[Token],
    ) -> Option<Last> {
        let first = last == Last::Nothing;
        let follows = !and && !first;
        match term {
            Term::Small(value) => {
                let after_tens = follows && last == Last::Tens && !found.arabic && value < 10;
                if !adds && !after_tens {
                    return None;
                }
                if and {
                    self.side_by_side(first);
                }
                match after_tens {
                    true => self.small = self.small.plus(Value::from(value)),
                    false => {
                        self.group = self.group.plus(self.small);
                        self.small = Value::from(value);
                    }
                }
                Some(Last::Small)
            }
            Term::Ten => {
                if follows && last == Last::Small {
                    self.small = self.small.plus(Value::from(10));
                } else if adds {
                    self.group = self.group.plus(self.small);
                    self.small = Value::from(10);
                } else {
                    return None;
                }
                Some(Last::Ten)
            }
            Term::Tens(value) => {
                // "خمسة وعشرون"
                let after_unit = and && last == Last::Small && found.arabic;
                if after_unit {
                    self.small = self.small.plus(Value::from(value));
                } else if adds {
                    if and {
                        self.side_by_side(first);
                    }
                    self.group = self.group.plus(self.small);
                    self.small = Value::from(value);
                } else {
                    return None;
                }
                Some(Last::Tens)
            }
            Term::Hundred => {
                if follows && matches!(last, Last::Small | Last::Ten | Last::Tens) {
                    self.group = self.group.plus(self.small.times(100));
                    self.small = Value::default();
                } else if follows && last == Last::Figures {
                    self.group = self.group.times(100);
                } else if first || and && matches!(last, Last::Power(_)) {
                    self.group = self.group.plus(Value::from(100));
                    self.lone = first;
                } else {
                    return None;
                }
                Some(Last::Hundred)
            }
            Term::Hundreds(value) => {
                if !(first || and && matches!(last, Last::Power(_))) {
                    return None;
                }
                self.group = self.group.plus(Value::from(value));
                Some(Last::Hundred)
            }
            Term::Power(power) => self.magnitude(power, last, and, found),
            Term::Dual(power) => {
                if !(first || and && matches!(last, Last::Power(larger) if larger > power)) {
                    return None;
                }
                self.total = self.total.plus(Value::from(2).shift(power));
                self.power = power;
                Some(Last::Power(power))
            }
            Term::Fraction(part) => self.part(part, last, and, found, tokens),
            Term::Many(power) => {
                if follows && power >= 3 && self.many.is_none() && self.value() < Value::from(1_000)
                {
                    // "ثلاثة ملايين", "عشرة آلاف"
                    return self.magnitude(power, last, false, found);
                }
                if and || (!first && self.many.is_none()) {
                    return None;
                }
                self.many = Some(self.many.unwrap_or(0) + power);
                self.power += power;
                Some(Last::Power(power))
            }
            Term::Decade(value) => {
                if !first {
                    return None;
                }
                self.small = Value::from(value);
                self.decade = true;
                Some(Last::End)
            }
        }
    }

    fn magnitude(&mut self, power: u32, last: Last, and: bool, found: &Found<'_>) -> Option<Last> {
        if self.total > Value::default() && self.power <= power && !matches!(last, Last::Power(_)) {
            self.too_large = true;
            return None;
        }
        self.power = power;
        match last {
            Last::Nothing => {
                self.total = Value::from(1).shift(power);
                self.lone = true;
            }
            Last::Power(larger) if and && larger > power => {
                self.total = self.total.plus(Value::from(1).shift(power));
            }
            // "عشرات آلاف", "ألف مليار"
            Last::Power(_) if !and && self.many.is_some() => {
                self.many = self.many.map(|many| many + power);
            }
            Last::Power(_) if !and && !found.article => {
                self.total = self.total.shift(power);
            }
            Last::Power(_) => return None,
            _ if and => return None,
            _ => {
                let group = self.group.plus(self.small).shift(power);
                self.total = self.total.plus(group);
                self.group = Value::default();
                self.small = Value::default();
                for reading in &mut self.others {
                    for value in reading {
                        *value = value.shift(power);
                    }
                }
            }
        }
        Some(Last::Power(power))
    }

    /// "نصف", "ونصف", "نصف مليون", "ونصف المليون", "two-thirds", "half a million".
    fn part(
        &mut self,
        part: u64,
        last: Last,
        and: bool,
        found: &Found<'_>,
        tokens: &[Token],
    ) -> Option<Last> {
        let value = Value::millionths(part);
        // "two thirds", "ثلاثة أرباع"
        let word = tokens[found.next - 1].word();
        let plural = word.ends_with('s') || word.starts_with("ار") || word.starts_with("اخ");
        if !and && matches!(last, Last::Small | Last::Figures) {
            // "the third quarter" is none.
            if self.ordinal || !plural && self.small != Value::from(1) {
                return None;
            }
            let times = self.value().whole()?;
            self.small = value.times(times);
            self.group = Value::default();
            self.fraction = true;
            return Some(Last::End);
        }
        if !and && last != Last::Nothing {
            return None;
        }
        // The magnitude that it is a part of may follow.
        let mut index = found.next;
        while matches!(tokens.get(index)?.word(), "a" | "of" | "an") {
            index += 1;
        }
        let of = find(tokens, index, true).and_then(|of| match of.piece {
            Piece::Word(Term::Power(power), _) if !of.and => Some((power, of.next)),
            _ => None,
        });
        let power = match (of, last) {
            (Some((power, next)), _) => {
                self.skip_to = Some(next);
                power
            }
            (None, Last::Power(power)) => power,
            _ => 0,
        };
        self.power = self.power.max(power);
        self.fraction = last == Last::Nothing && power == 0;
        if power == 0 && last != Last::Nothing {
            // "two and a half million"
            self.small = self.small.plus(value);
            return Some(Last::Small);
        }
        self.total = self.total.plus(value.shift(power));
        Some(Last::End)
    }

    fn finish(self, tokens: &[Token], from: usize, to: usize) -> Option<(Spelled, usize)> {
        let last = self.last?;
        let span = tokens[from].span.start..tokens[to - 1].span.end;
        let mut readings = Vec::new();
        let side_by_side = last == Last::End && self.figures && self.value() == Value::default();
        if !side_by_side {
            readings.push(vec![self.value()]);
        }
        readings.extend(self.others);
        for &part in &self.parts {
            let rest = self.total.plus(self.group).plus(self.small).minus(part);
            readings.push(vec![part, rest]);
        }
        let single = to - from == 1;
        let word = tokens[to - 1].word();
        if self.lone && single && word.ends_with('ا') {
            // "ألفا": a thousand as an object, or two of them without their nun.
            readings.push(vec![readings[0][0].times(2)]);
        }
        if self.ordinal
            && !self.arabic
            && let Some(parts @ 3..) = readings[0][0].whole()
        {
            // "a third"
            readings.push(vec![Value::millionths(1_000_000 / parts)]);
        }
        if self.decade {
            let [value] = readings[0][..] else {
                return None;
            };
            readings.extend((1..=20).map(|century| vec![Value::from(century * 100).plus(value)]));
        }
        let form = match self.many {
            Some(power) => Written::Many(power),
            None if self.decade => Written::Decade,
            None if self.lone && single => Written::Lone,
            None if self.fraction || self.ordinal && !self.arabic && is_part(tokens, from) => {
                Written::Fraction
            }
            None if self.ordinal => Written::Ordinal,
            None => Written::Cardinal,
        };
        Some((
            Spelled {
                span,
                readings,
                power: self.power,
                form,
                figures: self.figures,
            },
            to,
        ))
    }
}

/// Whether an English ordinal names a part: "an eighth", "one-tenth".
fn is_part(tokens: &[Token], at: usize) -> bool {
    let before = |count: usize| at.checked_sub(count).map(|i| &tokens[i]);
    let word = |count: usize| before(count).map_or("", Token::word);
    matches!(word(1), "a" | "an" | "one")
        || before(1).and_then(Token::mark) == Some('-') && word(2) == "one"
}
