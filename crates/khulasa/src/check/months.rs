//! Names of months, as CLDR 46 has them for `ar`, `ar-SY`, `ar-DZ`, `ar-MA`, `ar-TN` and `en`
//! (calendars `gregorian` and `islamic`), with the spellings that newspapers add.

use super::tokens::Token;
use super::words::without_prefixes;

/// A month: 1 to 12 of the Gregorian year, 13 to 24 of the Hijri year.
pub(super) type Month = u64;

/// A month's name in a text.
pub(super) struct Named {
    pub(super) month: Month,
    /// The index after its last token.
    pub(super) next: usize,
    /// Whether the word means something else too ("may", "آب"), so that only a number beside it
    /// makes it a month for certain.
    pub(super) ambiguous: bool,
}

const GREGORIAN: [(&str, &str, &[&str]); 12] = [
    // English, its abbreviation, folded Arabic: Egyptian and Gulf, Levantine, Maghrebi.
    ("january", "jan", &["يناير", "كانون الثاني", "جانفي"]),
    ("february", "feb", &["فبراير", "شباط", "فيفري"]),
    ("march", "mar", &["مارس", "اذار"]),
    ("april", "apr", &["ابريل", "نيسان", "افريل"]),
    ("may", "may", &["مايو", "ايار", "ماي"]),
    ("june", "jun", &["يونيو", "حزيران", "جوان", "يونيه"]),
    (
        "july",
        "jul",
        &["يوليو", "تموز", "جويليه", "يوليوز", "يوليه"],
    ),
    ("august", "aug", &["اغسطس", "اب", "غشت", "اوت"]),
    ("september", "sep", &["سبتمبر", "ايلول", "شتنبر"]),
    ("october", "oct", &["اكتوبر", "تشرين الاول"]),
    ("november", "nov", &["نوفمبر", "تشرين الثاني", "نونبر"]),
    ("december", "dec", &["ديسمبر", "كانون الاول", "دجنبر"]),
];

const HIJRI: [&[&str]; 12] = [
    &["محرم", "muharram"],
    &["صفر", "safar"],
    &["ربيع الاول"],
    &["ربيع الثاني", "ربيع الاخر"],
    &["جمادي الاولي", "جمادي الاول"],
    &["جمادي الاخره", "جمادي الثانيه", "جمادي الاخر", "جمادي الثاني"],
    &["رجب", "rajab"],
    &["شعبان", "shaban", "shaaban"],
    &["رمضان", "ramadan", "ramadhan", "ramazan"],
    &["شوال", "shawwal", "shawal"],
    &["ذو القعده", "ذي القعده", "ذوالقعده"],
    &["ذو الحجه", "ذي الحجه", "ذوالحجه"],
];

/// Words that are months only in company.
const AMBIGUOUS: [&str; 15] = [
    "may",
    "march",
    "mar",
    "اب",
    "مارس",
    "ماي",
    "جوان",
    "اوت",
    "محرم",
    "صفر",
    "رجب",
    "شعبان",
    "رمضان",
    "ramadan",
    "safar",
];

/// The month whose name begins at a token.
pub(super) fn named(tokens: &[Token], at: usize) -> Option<Named> {
    let word = tokens[at].word();
    if word.is_empty() {
        return None;
    }
    let found = |month, length, ambiguous| {
        Some(Named {
            month,
            next: at + length,
            ambiguous,
        })
    };
    if word.is_ascii() {
        if !tokens[at].is_capital() {
            return None;
        }
        let position = GREGORIAN.iter().position(|(name, short, _)| {
            word == *name || word == *short || word == "sept" && *short == "sep"
        });
        if let Some(i) = position {
            // "Heinrich August Meissner"
            let name = |at: Option<&Token>| at.is_some_and(Token::is_capital);
            let in_name =
                name(at.checked_sub(1).and_then(|i| tokens.get(i))) && name(tokens.get(at + 1));
            return found(i as Month + 1, 1, in_name || AMBIGUOUS.contains(&word));
        }
        return transliterated(tokens, at);
    }
    let second = tokens.get(at + 1).map_or("", Token::word);
    let is = |name: &str, word: &str| match name.split_once(' ') {
        Some((first, rest)) => first == word && rest == second,
        None => name == word,
    };
    for (word, _) in without_prefixes(word) {
        let gregorian = GREGORIAN.iter().map(|(_, _, names)| *names);
        for (month, names) in (1..).zip(gregorian.chain(HIJRI)) {
            if let Some(name) = names.iter().find(|name| is(name, word)) {
                let length = if name.contains(' ') { 2 } else { 1 };
                return found(month, length, AMBIGUOUS.contains(name));
            }
        }
    }
    None
}

/// A Hijri month in Latin letters, however it is transliterated: "Dhu al-Hijjah", "Rabi' II",
/// "Sha'ban", "Jumada al-Akhira".
fn transliterated(tokens: &[Token], at: usize) -> Option<Named> {
    let first = tokens[at].word();
    // The words after it, the article and marks passed over.
    let mut words = tokens[at + 1..]
        .iter()
        .zip(at + 2..)
        .take(6)
        .take_while(|(token, _)| !matches!(token.mark(), Some(',' | '.' | ';')))
        .filter(|(token, _)| {
            !matches!(
                token.word(),
                "" | "al" | "el" | "ul" | "l" | "as" | "ath" | "th"
            )
        })
        .map(|(token, next)| (token.word(), next));
    let (second, after) = words.next().unwrap_or(("", at + 1));
    let is_second = |stems: &[&str]| stems.iter().any(|stem| second.starts_with(stem));
    let order = |one: Month| {
        if is_second(&["aw", "ul", "ool", "first"]) || second == "i" {
            Some((one, after))
        } else if is_second(&["than", "akh", "aakh", "second"]) || second == "ii" {
            Some((one + 1, after))
        } else {
            None
        }
    };
    let (month, next) = match first {
        "rabi" | "rabia" | "rabii" | "rabee" => order(15)?,
        "jumada" | "jumad" | "jamadi" | "joumada" | "jumaada" => order(17)?,
        "dhu" | "dhul" | "zul" | "zu" | "thu" | "thul" | "dhi" | "zi" | "dhou" => {
            match second.chars().next() {
                // Dhi Qar is a province.
                Some('q') if second != "qar" => (23, after),
                Some('h') => (24, after),
                _ => return None,
            }
        }
        "sha" if second == "ban" || second == "aban" => (20, after),
        "dhulhijja" | "dhulhijjah" | "zulhijja" => (24, at + 1),
        "dhulqada" | "dhulqadah" | "zulqada" => (23, at + 1),
        _ => {
            let position = HIJRI.iter().position(|names| names.contains(&first))?;
            (position as Month + 13, at + 1)
        }
    };
    Some(Named {
        month,
        next,
        ambiguous: AMBIGUOUS.contains(&first),
    })
}
