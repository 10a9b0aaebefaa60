//! Times of the day: "15:30", "3:30 p.m.", "الثالثة والنصف عصرا", "noon".

use khulasa_tokenizer::Span;

use super::compare::Texts;
use super::flag::{Flag, FlagKind};
use super::mentions::{Mentions, Number};
use super::tokens::{Token, TokenKind};
use super::value::Value;
use super::words::{self, Form, Term, without_prefixes};

/// A time of the day.
pub(super) struct Clock {
    pub(super) span: Span,
    /// The minutes since midnight that it may mean.
    pub(super) minutes: Vec<u32>,
    /// Hour and minute as they are written.
    pub(super) parts: [u64; 2],
    half: Option<Half>,
}

/// Before or after noon.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    /// "صباحا", "فجرا", "a.m."
    Morning,
    /// "ظهرا": around twelve.
    Noon,
    /// "عصرا", "مساء", "p.m."
    Afternoon,
    /// "ليلا": before or after midnight.
    Night,
}

/// Reads the time that begins at a token. Gives the index after it.
pub(super) fn read(tokens: &[Token], at: usize) -> Option<(Clock, usize)> {
    let mut index = at;
    let o_clock = is_word(&tokens[at], "ساعه");
    if o_clock {
        index += 1;
        while tokens
            .get(index)
            .is_some_and(|token| matches!(token.word(), "حوالي" | "نحو"))
        {
            index += 1;
        }
    }
    let token = tokens.get(index)?;
    let (hour, minute, mut next, sure) = match &token.kind {
        TokenKind::Figures { .. } => figures(tokens, index)?,
        TokenKind::Word { text, .. } if matches!(&**text, "half" | "quarter") => {
            past(tokens, index)?
        }
        TokenKind::Word { text, .. } if text.is_ascii() => {
            let (Term::Small(hour @ 1..=12), Form::Cardinal) = words::english(text)? else {
                return None;
            };
            (hour, 0, index + 1, false)
        }
        TokenKind::Word { .. } => spoken(tokens, index, o_clock)?,
        TokenKind::Mark(_) => return None,
    };
    let four = matches!(
        token.kind,
        TokenKind::Figures {
            digits: Some(4),
            ..
        }
    );
    let half = match four {
        true => None,
        false => half(
            tokens,
            &mut next,
            o_clock || matches!(token.kind, TokenKind::Word { .. }),
        ),
    };
    let zone = tokens.get(next).is_some_and(|token| {
        matches!(token.word(), "gmt" | "utc" | "بتوقيت" | "clock")
            || token.word() == "o" && tokens.get(next + 2).is_some_and(|t| t.word() == "clock")
            || token.word() == "local" && tokens.get(next + 1).is_some_and(|t| t.word() == "time")
    });
    if !(o_clock || sure || half.is_some() || zone) || hour > 24 || minute > 59 {
        return None;
    }
    let span = tokens[at].span.start..tokens[next - 1].span.end;
    Some((
        Clock {
            span,
            minutes: minutes(hour, minute, half),
            parts: [hour, minute],
            half,
        },
        next,
    ))
}

/// "half past three", "a quarter to ten".
fn past(tokens: &[Token], at: usize) -> Option<(u64, u64, usize, bool)> {
    let minute = if tokens[at].word() == "half" { 30 } else { 15 };
    let hour = tokens.get(at + 2)?;
    let hour = match words::english(hour.word()) {
        Some((Term::Small(hour), Form::Cardinal)) => Some(hour),
        _ => hour.small(),
    };
    let hour = hour.filter(|hour| (1..=12).contains(hour))?;
    match tokens[at + 1].word() {
        "past" => Some((hour, minute, at + 3, true)),
        "to" if minute == 15 => Some((if hour == 1 { 12 } else { hour - 1 }, 45, at + 3, true)),
        _ => None,
    }
}

/// The hour before a conjunction that has its half of the day from the time after it.
pub(super) fn shared(tokens: &[Token], before: &Number, at: usize, time: &Clock) -> Option<Clock> {
    let is_joined = match &tokens[before.next..at] {
        [] => tokens[at].word().starts_with('و'),
        [joint] => {
            matches!(
                joint.word(),
                "and" | "to" | "or" | "until" | "و" | "الي" | "حتي"
            ) || matches!(joint.mark(), Some('-' | '–'))
        }
        _ => false,
    };
    let [hour] = before.spelled.readings.first()?[..] else {
        return None;
    };
    let hour = hour.whole().filter(|hour| (1..=12).contains(hour))?;
    (is_joined && time.half.is_some()).then(|| Clock {
        span: before.spelled.span.clone(),
        minutes: minutes(hour, 0, time.half),
        parts: [hour, 0],
        half: time.half,
    })
}

/// "15:30", "3.30", "0815", "3": hour, minute, the index after it, whether it is surely a time.
fn figures(tokens: &[Token], at: usize) -> Option<(u64, u64, usize, bool)> {
    let minute = |token: Option<&Token>| {
        token
            .filter(|t| {
                matches!(
                    t.kind,
                    TokenKind::Figures {
                        digits: Some(2),
                        ..
                    }
                )
            })
            .and_then(Token::small)
    };
    if let TokenKind::Figures { readings, digits } = &tokens[at].kind {
        if *digits == Some(4) {
            let value = tokens[at].small()?;
            return Some((value / 100, value % 100, at + 1, false));
        }
        if digits.is_none() {
            // "10.30 a.m.": a decimal number by its form.
            let [time] = readings.first()?[..] else {
                return None;
            };
            let time = time.times(100).whole()?;
            return Some((time / 100, time % 100, at + 1, false));
        }
    }
    let hour = tokens[at].small()?;
    let colon = tokens
        .get(at + 1)
        .is_some_and(|t| t.mark() == Some(':') && t.glued);
    match minute(tokens.get(at + 2)) {
        Some(minute) if colon && hour <= 24 && tokens[at + 2].glued => {
            // "1:02:33" is a duration.
            let more = tokens
                .get(at + 3)
                .is_some_and(|t| t.mark() == Some(':') && t.glued);
            (!more).then_some((hour, minute, at + 3, true))
        }
        _ => Some((hour, 0, at + 1, false)),
    }
}

/// "الثالثة والنصف", "العاشرة إلا ربعا", "الثانية عشرة".
fn spoken(tokens: &[Token], at: usize, o_clock: bool) -> Option<(u64, u64, usize, bool)> {
    let hour = |index: usize| {
        let word = tokens.get(index)?.word();
        without_prefixes(word).into_iter().find_map(|(stem, _)| {
            // An hour has the article.
            let article = word.len() > stem.len() && word[..word.len() - stem.len()].ends_with('ل');
            match words::arabic(stem)? {
                (Term::Small(hour), form)
                    if article && (form == Form::Ordinal) == (stem != "واحده") =>
                {
                    Some(hour)
                }
                _ => None,
            }
        })
    };
    let mut hour = hour(at)?;
    let mut next = at + 1;
    let word = |index: usize| tokens.get(index).map_or("", Token::word);
    if matches!(word(next), "عشره" | "عشر") {
        hour += 10;
        next += 1;
    }
    // "الساعات الأولى" are no time.
    if hour == 1 && tokens[at].word().ends_with("اولي") {
        return None;
    }
    let part = |word: &str| {
        Some(match word {
            "نصف" | "النصف" => 30,
            "ربع" | "الربع" | "ربعا" => 15,
            "ثلث" | "الثلث" | "ثلثا" => 20,
            _ => return None,
        })
    };
    let mut minute = 0;
    let mut sure = o_clock;
    if let Some(added) = word(next).strip_prefix('و').and_then(part) {
        minute = added;
        next += 1;
        sure = true;
    } else if matches!(word(next), "الا")
        && let Some(less) = part(word(next + 1))
    {
        minute = 60 - less;
        hour = if hour == 1 { 12 } else { hour - 1 };
        next += 2;
        sure = true;
    } else if o_clock && let Some(value) = minutes_after(tokens, next) {
        minute = value.0;
        next = value.1;
    }
    Some((hour, minute, next, sure))
}

/// "وعشر دقائق", "و45 دقيقة".
fn minutes_after(tokens: &[Token], at: usize) -> Option<(u64, usize)> {
    let (number, next) =
        super::spelled::read(tokens, at + usize::from(tokens.get(at)?.word() == "و"))?;
    let is_minutes = tokens
        .get(next)
        .is_some_and(|token| matches!(token.word(), "دقيقه" | "دقائق"));
    let [value] = number.readings.first()?[..] else {
        return None;
    };
    let value = value.whole().filter(|&value| value < 60)?;
    is_minutes.then_some((value, next + 1))
}

fn is_word(token: &Token, stem: &str) -> bool {
    without_prefixes(token.word())
        .iter()
        .any(|(word, _)| *word == stem)
        && token.word().contains("ال")
}

/// Before or after noon, as the words after the hour say.
fn half(tokens: &[Token], next: &mut usize, surely: bool) -> Option<Half> {
    let mut index = *next;
    // "من صباح اليوم", "from the", "in the afternoon"
    while tokens
        .get(index)
        .is_some_and(|token| matches!(token.word(), "من" | "in" | "the" | "at"))
    {
        index += 1;
    }
    let word = tokens.get(index)?.word();
    let after = |count: usize| tokens.get(index + count).map_or("", Token::word);
    // "أصيب 5 مساء السبت" has no time in it.
    if !surely
        && (matches!(word, "صباح" | "فجر" | "عصر" | "ظهر")
            || word == "مساء" && (after(1).starts_with("ال") || matches!(after(1), "يوم" | "امس")))
    {
        return None;
    }
    let (half, length) = match word {
        "صباحا" | "صباح" | "فجرا" | "فجر" | "am" | "morning" => (Half::Morning, 1),
        "ظهرا" | "ظهر" => (Half::Noon, 1),
        "عصرا" | "عصر" | "مساء" | "pm" | "afternoon" | "evening" => (Half::Afternoon, 1),
        "ليلا" | "night" => (Half::Night, 1),
        "بعد" if after(1) == "الظهر" => (Half::Afternoon, 2),
        "قبل" if after(1) == "الظهر" => (Half::Morning, 2),
        "بعد" if after(1) == "منتصف" => (Half::Morning, 3),
        "after" if after(1) == "midnight" => (Half::Morning, 2),
        "a" if after(2) == "m" => (Half::Morning, 3),
        "p" if after(2) == "m" => (Half::Afternoon, 3),
        _ => return None,
    };
    // The last dot of "p.m." may end the sentence.
    *next = (index + length).min(tokens.len());
    Some(half)
}

fn minutes(hour: u64, minute: u64, half: Option<Half>) -> Vec<u32> {
    let twelve = hour % 12;
    let hours: &[u64] = match half {
        _ if hour > 12 => &[hour % 24],
        None => &[hour % 24, (hour + 12) % 24],
        Some(Half::Morning) => &[twelve],
        Some(Half::Noon) if hour >= 10 => &[hour],
        Some(Half::Noon | Half::Afternoon) => &[twelve + 12],
        // Twelve to four of the night are after midnight.
        Some(Half::Night) if hour == 12 || hour <= 4 => &[twelve],
        Some(Half::Night) => &[twelve + 12],
    };
    hours
        .iter()
        .map(|hour| (hour * 60 + minute) as u32)
        .collect()
}

/// Times of the source that the target gives otherwise or not at all, and times only in it.
pub(super) fn compare(texts: &Texts<'_>) -> Vec<Flag> {
    let (source, target) = (&texts.found_in_source, &texts.found_in_target);
    let agree = |a: &Clock, b: &Clock| a.minutes.iter().any(|minute| b.minutes.contains(minute));
    let lost = source.times.iter().filter(|time| {
        !(target.times.iter().any(|other| agree(time, other))
            || target.times.is_empty() && said_in_numbers(time, target))
    });
    let added = target.times.iter().filter(|time| {
        !(source.times.iter().any(|other| agree(time, other))
            || source.times.is_empty() && said_in_numbers(time, source))
    });
    let lost = lost.map(|time| time.span.clone()).collect();
    let added = added.map(|time| time.span.clone()).collect();
    texts.pair(FlagKind::Time, lost, added)
}

/// Whether a text has hour and minute of a time as plain numbers.
fn said_in_numbers(time: &Clock, found: &Mentions) -> bool {
    let [hour, minute] = time.parts;
    let has = |value: u64| found.says(Value::from(value));
    (has(hour) || has(hour + 12) || has(hour * 100 + minute))
        && (minute == 0 || has(minute) || has(hour * 100 + minute))
}
