//! Currencies. Names are CLDR 46's for `ar` and `en`, without the country ("ليرة سورية", "Syrian
//! pound" are of one family), with the symbols and spellings that newspapers use.

use khulasa_tokenizer::Span;

use super::compare::Texts;
use super::flag::{Flag, FlagKind};
use super::tokens::Token;
use super::words::without_prefixes;

/// Currencies that translate each other: Arabic words as they are folded, English words, symbols
/// and codes in lower case.
struct Family {
    arabic: &'static [&'static str],
    english: &'static [&'static str],
}

const fn family(arabic: &'static [&'static str], english: &'static [&'static str]) -> Family {
    Family { arabic, english }
}

const FAMILIES: [Family; 22] = [
    family(
        &["دولار", "دولارا", "دولارات", "دولاران", "دولارين"],
        &["dollar", "dollars", "usd", "$"],
    ),
    family(
        &["يورو", "اورو", "يوروات", "يوروهات"],
        &["euro", "euros", "eur", "€"],
    ),
    family(
        &["ليره", "ليرات", "ليرتان", "ليرتين"],
        &[
            "lira", "liras", "lire", "pound", "pounds", "syp", "lbp", "try", "₺",
        ],
    ),
    family(
        &["جنيه", "جنيها", "جنيهات", "جنيهان", "جنيهين", "استرليني"],
        &[
            "pound", "pounds", "sterling", "gbp", "egp", "sdg", "quid", "£",
        ],
    ),
    family(
        &["دينار", "دينارا", "دنانير", "ديناران", "دينارين"],
        &["dinar", "dinars", "iqd", "kwd", "jod", "tnd", "lyd", "bhd"],
    ),
    family(
        &["درهم", "درهما", "دراهم", "درهمان", "درهمين"],
        &["dirham", "dirhams", "aed", "mad"],
    ),
    family(
        &["ريال", "ريالا", "ريالات", "ريالان", "ريالين"],
        &[
            "riyal", "riyals", "rial", "rials", "real", "reals", "reais", "sar", "qar", "omr",
            "yer", "irr",
        ],
    ),
    family(&["ين", "ينا", "ينات"], &["yen", "jpy", "¥"]),
    family(
        &["يوان", "يوانا", "يوانات"],
        &["yuan", "renminbi", "cny", "rmb", "¥"],
    ),
    family(
        &["روبيه", "روبيات"],
        &[
            "rupee", "rupees", "rupiah", "rupiahs", "inr", "idr", "pkr", "₹",
        ],
    ),
    family(
        &["روبل", "روبلا", "روبلات"],
        &["ruble", "rubles", "rouble", "roubles", "rub", "₽"],
    ),
    family(
        &["شيكل", "شيكلا", "شيقل", "شيقلا", "شواكل", "شيكلات"],
        &["shekel", "shekels", "ils", "₪"],
    ),
    family(
        &["فرنك", "فرنكا", "فرنكات"],
        &["franc", "francs", "chf", "xof", "xaf"],
    ),
    family(
        &["كرونه", "كرونات", "كرون"],
        &[
            "krona", "kronor", "krone", "kroner", "kronur", "crown", "crowns", "koruna", "kroon",
            "sek", "nok", "dkk",
        ],
    ),
    family(&["بيزو", "بيسو", "بيزوس"], &["peso", "pesos"]),
    family(&["تومان", "تومانا"], &["toman", "tomans"]),
    family(&["وون", "وونا"], &["won", "krw", "₩"]),
    family(&["راند", "راندا"], &["rand", "zar"]),
    family(&["شلن", "شلنا", "شلنات"], &["shilling", "shillings"]),
    family(&["زلوتي"], &["zloty", "zlotys"]),
    family(&["بر", "برا"], &["birr"]),
    family(&["نايرا"], &["naira", "₦"]),
];

/// Words that are currencies only beside a number.
const AMBIGUOUS: [&str; 12] = [
    "بر", "برا", "ين", "ينا", "won", "real", "pound", "pounds", "try", "rub", "mad", "crown",
];

/// The currencies of a text: which, and where.
fn find(text: &str, tokens: &[Token]) -> Vec<(usize, Span, bool)> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let raw = &text[token.span.clone()];
        let word = token.word();
        for (i, family) in FAMILIES.iter().enumerate() {
            let name = match word {
                // "C$", "US$"
                "" => family.english.contains(&raw).then_some(""),
                word if word.is_ascii() => {
                    family.english.iter().find(|name| **name == word).copied()
                }
                _ => without_prefixes(word)
                    .into_iter()
                    .find_map(|(word, _)| family.arabic.iter().find(|name| **name == word).copied())
                    // "بين" is "between", not "in yen".
                    .filter(|name| word == *name || !AMBIGUOUS.contains(name)),
            };
            if let Some(name) = name {
                // Codes are written in capitals.
                let code = name.len() == 3 && word.is_ascii() && !matches!(name, "yen" | "won");
                if code && !raw.chars().all(char::is_uppercase) {
                    continue;
                }
                let sure = !AMBIGUOUS.contains(&name) || beside_number(tokens, at);
                found.push((i, token.span.clone(), sure));
            }
        }
    }
    found
}

/// Whether a number or a magnitude stands before a word.
fn beside_number(tokens: &[Token], at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| {
        (before.saturating_sub(1)..=before)
            .any(|i| super::spelled::read(tokens, i).is_some_and(|(_, next)| next == at))
    })
}

/// Currencies of the source that the target has not, and those only in it.
pub(super) fn compare(texts: &Texts<'_>) -> Vec<Flag> {
    let source = find(texts.source, &texts.found_in_source.tokens);
    let target = find(texts.target, &texts.found_in_target.tokens);
    let has = |found: &[(usize, Span, bool)], family: usize| {
        found.iter().any(|(other, ..)| *other == family)
    };
    // "$" in both, or a pound that is a lira there: any family of the same word will do.
    let only = |found: &[(usize, Span, bool)], others: &[(usize, Span, bool)]| -> Vec<Span> {
        let spans = found.iter().filter(|(family, span, sure)| {
            *sure
                && !found
                    .iter()
                    .any(|(same, at, _)| at == span && has(others, *same))
                && !has(others, *family)
        });
        spans.map(|(_, span, _)| span.clone()).collect()
    };
    texts.pair(
        FlagKind::Currency,
        only(&source, &target),
        only(&target, &source),
    )
}
