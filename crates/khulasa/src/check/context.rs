//! What the words around a number say about it: years, percentages, names, and what it may mean
//! beside its value.

use super::mentions::Number;
use super::months;
use super::spelled::Written;
use super::tokens::{Token, TokenKind};
use super::value::Value;
use super::words::{self, Term, without_prefixes};

/// Lets numbers take from their neighbours what belongs to both, and adds what a unit makes of them.
pub(super) fn apply(tokens: &[Token], numbers: &mut [Number]) {
    share(tokens, numbers);
    scale(tokens, numbers);
    add_fractions(tokens, numbers);
}

/// Whether a number is a part of a name: "F-16", "G20".
pub(super) fn is_in_name(tokens: &[Token], at: usize) -> bool {
    let before = |count: usize| at.checked_sub(count).map(|i| &tokens[i]);
    let hyphen = before(1).and_then(Token::mark) == Some('-')
        && tokens[at].glued
        && before(2).is_some_and(Token::is_capital);
    hyphen || tokens[at].glued && before(1).is_some_and(Token::is_capital)
}

/// Whether figures are a year, by the words around them.
pub(super) fn is_year(tokens: &[Token], at: usize, next: usize) -> bool {
    let TokenKind::Figures {
        digits: Some(3..=4),
        ..
    } = tokens[at].kind
    else {
        return false;
    };
    let Some(value @ 600..=2200) = tokens[at].small() else {
        return false;
    };
    let before = at.checked_sub(1).map_or("", |i| tokens[i].word());
    let before_that = at.checked_sub(2).map_or("", |i| tokens[i].word());
    let after = tokens.get(next).map_or("", Token::word);
    let is = |word: &str| {
        without_prefixes(word).iter().any(|(word, _)| {
            matches!(
                *word,
                "عام"
                    | "سنه"
                    | "عامي"
                    | "صيف"
                    | "شتاء"
                    | "خريف"
                    | "ربيع"
                    | "موسم"
                    | "منذ"
                    | "مطلع"
                    | "اواخر"
                    | "اوائل"
                    | "نهايه"
                    | "بدايه"
                    | "منتصف"
                    | "دوره"
                    | "نسخه"
            )
        })
    };
    is(before)
        || is(before_that) && before == "و"
        || matches!(before, "في" | "بين") && value > 1800
        || months::named(tokens, at.wrapping_sub(1).min(tokens.len() - 1)).is_some()
        || at > 1 && months::named(tokens, at - 2).is_some()
        || matches!(
            after,
            "ه" | "م"
                | "هجري"
                | "هجريه"
                | "ميلاديه"
                | "ميلادي"
                | "للهجره"
                | "ah"
                | "bc"
                | "bce"
                | "ce"
                | "ad"
        )
        || value > 1800
            && matches!(
                before,
                "in" | "since"
                    | "of"
                    | "by"
                    | "until"
                    | "from"
                    | "year"
                    | "early"
                    | "late"
                    | "mid"
                    | "summer"
                    | "winter"
                    | "spring"
                    | "autumn"
                    | "season"
                    | "after"
                    | "before"
                    | "between"
            )
}

/// Whether a number is that of a century or of a decade of one.
pub(super) fn is_century(tokens: &[Token], at: usize, next: usize) -> bool {
    let word = |at: usize| tokens.get(at).map_or("", Token::word);
    let suffix = usize::from(matches!(word(next), "st" | "nd" | "rd" | "th"));
    // "1990s", "تسعينيات القرن"
    let decade = word(next) == "s" && tokens[at].small().is_some_and(|year| year > 1_000)
        || word(next) == "القرن"
            && words::arabic(word(at)).is_some_and(|(term, _)| matches!(term, Term::Decade(_)));
    decade
        || at
            .checked_sub(1)
            .is_some_and(|before| word(before) == "القرن")
        || matches!(word(next + suffix), "century" | "centuries")
}

/// Whether a number is a share in a hundred.
pub(super) fn is_percent(tokens: &[Token], at: usize, next: usize) -> bool {
    let is_sign = |token: &Token| matches!(token.mark(), Some('%' | '٪' | '﹪' | '％'));
    let after = tokens.get(next);
    let word = after.map_or("", Token::word);
    let second = tokens.get(next + 1).map_or("", Token::word);
    after.is_some_and(is_sign)
        || at.checked_sub(1).is_some_and(|i| {
            is_sign(&tokens[i])
                && !(i > 0 && matches!(tokens[i - 1].kind, TokenKind::Figures { .. }))
        })
        || matches!(
            word,
            "percent" | "pct" | "percentage" | "بالمئه" | "بالمائه" | "المئه" | "المائه" | "بالميه"
        )
        || word == "per" && matches!(second, "cent" | "hundred")
        || word == "في" && matches!(second, "المئه" | "المائه" | "الميه")
        || matches!(word, "نقطه" | "نقاط" | "point") && matches!(second, "مئويه" | "percentage")
}

/// Gives numbers what the number after them has: "3 or 4 million", "بين 5 و7 في المئة".
fn share(tokens: &[Token], numbers: &mut [Number]) {
    for i in (1..numbers.len()).rev() {
        let (left, right) = numbers.split_at_mut(i);
        let (before, number) = (&mut left[i - 1], &mut right[0]);
        let between = tokens.get(before.next..number.at).unwrap_or_default();
        let joined = between.len() <= 2
            && between.iter().all(|token| {
                matches!(
                    token.word(),
                    "و" | "الي" | "او" | "and" | "to" | "or" | "حتي" | "ام" | "من" | "from"
                ) || matches!(token.mark(), Some('-' | '–' | '—'))
            })
            && !(between.is_empty() && number.spelled.form == Written::Ordinal);
        if !joined {
            continue;
        }
        before.percent |= number.percent;
        let could_be = |number: &Number| {
            matches!(number.spelled.readings[0][..], [value] if (1_800..=2_200).contains(&value.whole().unwrap_or(0)))
                && number.spelled.figures
                && number.spelled.power == 0
        };
        if could_be(before) && could_be(number) {
            // "2011-2013", "between 2011 and 2013"
            let year = before.year || number.year;
            (before.year, number.year) = (year, year);
        }
        if before.spelled.power == 0
            && number.spelled.power > 0
            && before.spelled.figures | !between.is_empty()
        {
            let shifted: Vec<Vec<Value>> = before
                .spelled
                .readings
                .iter()
                .map(|reading| {
                    reading
                        .iter()
                        .map(|v| v.shift(number.spelled.power))
                        .collect()
                })
                .collect();
            before.spelled.readings.extend(shifted);
        }
    }
}

/// "ساعة ونصف" is one and a half, "three hours and a half" three and a half; a half is 50 percent.
fn add_fractions(tokens: &[Token], numbers: &mut [Number]) {
    for i in 0..numbers.len() {
        if numbers[i].spelled.form != Written::Fraction {
            continue;
        }
        let [part] = numbers[i].spelled.readings[0][..] else {
            continue;
        };
        let at = numbers[i].at;
        let mut readings = vec![vec![part.times(100)]];
        // What it is a half or quarter of.
        let of = &tokens[numbers[i].next.min(tokens.len())..];
        let of = of.iter().take(3).find_map(|token| match token.word() {
            "ساعه" | "الساعه" | "hour" | "hours" => Some(60),
            "عام" | "العام" | "سنه" | "السنه" | "year" | "years" => Some(12),
            "قرن" | "القرن" | "century" => Some(100),
            _ => None,
        });
        readings.extend(of.map(|units| vec![part.times(units)]));
        let and = tokens[at].word().starts_with('و')
            || at > 1 && (tokens[at - 1].word() == "a" && tokens[at - 2].word() == "and");
        if and {
            readings.push(vec![Value::from(1).plus(part)]);
            readings.push(vec![Value::from(2).plus(part)]);
            if i > 0 && at - numbers[i - 1].next <= 4 {
                let before = numbers[i - 1].spelled.readings.clone();
                let sums = before.iter().filter(|reading| reading.len() == 1);
                let sums: Vec<_> = sums.map(|reading| vec![reading[0].plus(part)]).collect();
                readings.extend(sums.iter().cloned());
                numbers[i - 1].spelled.readings.extend(sums);
            }
        }
        numbers[i].spelled.readings.extend(readings);
    }
}

/// "three decades" is 30 as well, "two dozen" 24, "ستة أسابيع" 42; "a few dozen" are dozens.
fn scale(tokens: &[Token], numbers: &mut [Number]) {
    for number in numbers {
        let before = number.at.checked_sub(1).map_or("", |i| tokens[i].word());
        if tokens[number.at].word() == "dozen" && matches!(before, "few" | "several" | "some") {
            number.spelled.form = Written::Many(1);
        }
        let mut after = number.next;
        while tokens
            .get(after)
            .is_some_and(|t| t.word() == "a" || t.mark() == Some('-'))
        {
            after += 1;
        }
        if before == "القرن"
            && let [Some(century @ 1..)] = number.spelled.readings[0]
                .iter()
                .map(|v| v.whole())
                .collect::<Vec<_>>()[..]
        {
            // "ستينيات القرن التاسع عشر" are the 1860s.
            let decades =
                (0..10).map(|decade| vec![Value::from((century - 1) * 100 + decade * 10)]);
            number.spelled.readings.extend(decades);
        }
        if tokens.get(number.next).map_or("", Token::word) == "بعد"
            && matches!(
                tokens.get(number.next + 1).map_or("", Token::word),
                "المئه" | "المائه"
            )
            && let [value] = number.spelled.readings[0][..]
        {
            // "الحادية والعشرين بعد المئة" is the 121st.
            number
                .spelled
                .readings
                .push(vec![value.plus(Value::from(100))]);
        }
        let factor = match tokens.get(after).map_or("", Token::word) {
            "decades" | "عقود" | "عقدا" => 10,
            "centuries" | "قرون" | "قرنا" => 100,
            "dozen" => 12,
            "weeks" | "اسابيع" | "اسبوعا" => 7,
            "years" | "اعوام" | "سنوات" => 12,
            _ => continue,
        };
        if let [value] = number.spelled.readings[0][..] {
            number.spelled.readings.push(vec![value.times(factor)]);
        }
    }
}
