//! What an Arabic sentence looks like from outside: whether it can stand alone in a summary.

use khulasa_tokenizer::normalize::fold;
use khulasa_tokenizer::words::words;

/// With fewer words a sentence is a fragment.
const FEWEST_WORDS: usize = 5;

/// With fewer words, what has no full stop is a caption or a sub-heading.
const FEWEST_WITHOUT_STOP: usize = 15;

/// Whether a sentence is one that says something: no question, no fragment, no caption, nothing
/// that only announces what follows.
pub(super) fn stands_alone(text: &str) -> bool {
    let closing = |c: char| c.is_whitespace() || matches!(c, '"' | '»' | '”' | ')');
    let text = text.trim_end_matches(closing);
    let fewest = match text.ends_with(['.', '!']) {
        true => FEWEST_WORDS,
        false => FEWEST_WITHOUT_STOP,
    };
    !text.ends_with(['؟', '?', ':', '…']) && text.split_whitespace().count() >= fewest
}

/// Whether a sentence quotes somebody.
pub(super) fn quotes(text: &str) -> bool {
    text.contains(['"', '«', '»', '“', '”'])
}

/// Whether a sentence goes on from the one before it: it opens with a pronoun, a demonstrative, a
/// contrast or with "he added".
pub(super) fn continues(text: &str) -> bool {
    let mut folded = words(text).map(|(_, word)| fold(word));
    let mut next = || folded.next().unwrap_or_default();
    let first = next();
    let bare = first.strip_prefix('و').unwrap_or(&first);
    OPENERS.contains(&bare)
        || (first.starts_with('و') && SAYING.contains(&bare.strip_suffix('ت').unwrap_or(bare)))
        || PAIRS.contains(&(bare, next().as_str()))
}

/// First words, without "و".
const OPENERS: [&str; 21] = [
    "هو",
    "هي",
    "هم",
    "هما",
    "هذا",
    "هذه",
    "هؤلاء",
    "ذلك",
    "تلك",
    "لكن",
    "لكنه",
    "لكنها",
    "بل",
    "كما",
    "بدوره",
    "بدورها",
    "كذلك",
    "لذلك",
    "كذا",
    "لهذا",
    "بذلك",
];

/// Verbs of saying that a speech goes on with, after "و" and with or without the "ت" of the feminine.
const SAYING: [&str; 17] = [
    "اضاف",
    "تابع",
    "اوضح",
    "قال",
    "اشار",
    "ذكر",
    "زاد",
    "اعتبر",
    "اردف",
    "ختم",
    "لفت",
    "استطرد",
    "مضي",
    "واصل",
    "استدرك",
    "راي",
    "خلص",
];

/// First two words, the first without "و".
const PAIRS: [(&str, &str); 9] = [
    ("من", "جانبه"),
    ("من", "جانبها"),
    ("من", "جهته"),
    ("من", "جهتها"),
    ("من", "ناحيته"),
    ("في", "المقابل"),
    ("الا", "ان"),
    ("غير", "ان"),
    ("الي", "ذلك"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standing_alone() {
        for (text, alone) in [
            ("أعلنت الوزارة افتتاح ثلاثة مستشفيات جديدة.", true),
            ("من يدفع ثمن هذه الحرب الطويلة؟", false),
            ("«من يدفع ثمن هذه الحرب الطويلة؟»", false),
            ("وجاء في البيان الذي صدر أمس:", false),
            ("خاص بالصحيفة.", false),
            ("جانب من افتتاح المستشفى الجديد في العاصمة", false),
        ] {
            assert_eq!(stands_alone(text), alone, "{text}");
        }
    }

    #[test]
    fn going_on() {
        for (text, on) in [
            ("وأضاف أن الخطة تحتاج إلى عام.", true),
            ("وأضافت الوزيرة أن الخطة تحتاج إلى عام.", true),
            ("وهو ما نفته الوزارة.", true),
            ("هذه الخطوة هي الأولى.", true),
            ("إلّا أنّ الحكومة رفضت.", true),
            ("من جهته، قال الوزير إنه سيستقيل.", true),
            ("«وتابع» الرجل كلامه.", true),
            ("قال الوزير إن الخطة تحتاج إلى عام.", false),
            ("وصل الوفد إلى العاصمة.", false),
            ("من المقرر أن تبدأ المحادثات غدا.", false),
            ("", false),
        ] {
            assert_eq!(continues(text), on, "{text}");
        }
    }
}
