//! Which language of the Arabic script a text is in.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::chars::{is_arabic_letter, is_invisible, is_mark};

/// A text's language, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Language {
    /// Arabic.
    Arabic,
    /// Persian.
    Persian,
    /// Urdu.
    Urdu,
    /// Another language of the Arabic script: Kurdish, Pashto, Uyghur, Sindhi …
    OtherArabicScript,
    /// A language of another script.
    OtherScript,
    /// None: there are no letters.
    None,
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Arabic => "Arabic",
            Self::Persian => "Persian",
            Self::Urdu => "Urdu",
            Self::OtherArabicScript => "another language in Arabic script (Kurdish, Pashto …)",
            Self::OtherScript => "a language in another script",
            Self::None => "no language",
        })
    }
}

/// Letters that are looked at; the rest of a long text is in the same language.
const SAMPLE: usize = 20_000;

const ARABIC_WORDS: &[&str] = &[
    "في", "من", "على", "إلى", "الى", "أن", "ان", "إن", "التي", "الذي", "عن", "هذا", "هذه", "ذلك",
    "مع", "كان", "كانت", "قال", "وقال", "ما", "لا", "لم", "قد", "بعد", "بين", "كما", "أو", "هو",
    "هي",
];
/// With Arabic ya and kaf, as older keyboards have them.
const PERSIAN_WORDS: &[&str] = &[
    "است", "اين", "كه", "را", "از", "به", "با", "براي", "مي", "شد", "شده", "بود", "هاي", "خود",
    "يك", "كرد", "تا", "نيز", "بايد", "آنها", "اند",
];
const URDU_WORDS: &[&str] = &[
    "ہے", "کے", "کی", "کا", "میں", "اور", "سے", "نے", "کو", "ہیں", "یہ", "پر", "تھا", "گیا", "بھی",
    "نہیں",
];

/// The language of a text. Names and quotations of another language in it do not change that.
pub fn detect(text: &str) -> Language {
    let (mut arabic, mut other) = (0usize, 0usize);
    let (mut persian_letters, mut urdu_letters, mut foreign_letters, mut arabic_letters) =
        (0, 0, 0, 0);
    let letters = text
        .chars()
        .filter(|c| c.is_alphabetic() && !is_mark(*c))
        .take(SAMPLE);
    for c in letters {
        if !is_arabic_letter(c) {
            other += 1;
            continue;
        }
        arabic += 1;
        match c {
            'ٹ' | 'ڈ' | 'ڑ' | 'ں' | 'ے' | 'ہ' | 'ھ' => urdu_letters += 1,
            'پ' | 'چ' | 'ژ' | 'گ' => persian_letters += 1,
            'ی' | 'ک' => {}
            'ۆ' | 'ێ' | 'ڕ' | 'ڵ' | 'ە' | 'ڤ' | 'ټ' | 'ډ' | 'ړ' | 'ږ' | 'ښ' | 'ې' | 'ۍ' | 'ځ'
            | 'څ' | 'ڼ' | 'ۇ' | 'ۈ' | 'ۋ' | 'ڭ' | 'ڄ' | 'ٻ' | 'ڀ' | 'ڠ' | 'ڽ' | 'ݢ' => {
                foreign_letters += 1
            }
            'ة' | 'أ' | 'إ' | 'ى' => arabic_letters += 1,
            _ => {}
        }
    }
    if arabic == 0 && other == 0 {
        return Language::None;
    }
    // A third in Arabic script is enough: pages carry menus and links in Latin letters.
    if arabic * 2 < other {
        return Language::OtherScript;
    }
    let (mut in_arabic, mut articles, mut in_persian, mut in_urdu) =
        (0usize, 0usize, 0usize, 0usize);
    let clean = |c: char| !is_mark(c) && !is_invisible(c);
    for word in text
        .split(|c: char| !is_arabic_letter(c) && clean(c))
        .filter(|w| !w.is_empty())
        .take(SAMPLE / 4)
    {
        in_arabic += usize::from(ARABIC_WORDS.contains(&word));
        articles += usize::from(word.len() > 8 && word.starts_with("ال"));
        let plain = word.replace('ی', "ي").replace('ک', "ك");
        in_persian += usize::from(PERSIAN_WORDS.contains(&plain.as_str()));
        in_urdu += usize::from(URDU_WORDS.contains(&word));
    }
    let share = |n: usize| n as f64 / arabic as f64;
    let score = |words: usize, letters: usize| words as f64 * 5.0 + letters as f64;
    let candidates = [
        (
            Language::Arabic,
            score(in_arabic, arabic_letters + articles),
        ),
        (Language::Urdu, score(in_urdu, 3 * urdu_letters)),
        (Language::Persian, score(in_persian, 3 * persian_letters)),
        (
            Language::OtherArabicScript,
            if share(foreign_letters) > 0.02 {
                5.0 * foreign_letters as f64
            } else {
                0.0
            },
        ),
    ];
    // Of equals the first: a text of a few plain letters is taken for Arabic.
    let mut best = candidates[0];
    for candidate in candidates {
        if candidate.1 > best.1 {
            best = candidate;
        }
    }
    best.0
}

/// The share of Arabic letters among all letters, 0 where there are none.
pub fn arabic_share(text: &str) -> f64 {
    let (mut arabic, mut all) = (0usize, 0usize);
    for c in text.chars().filter(|&c| c.is_alphabetic() && !is_mark(c)) {
        all += 1;
        arabic += usize::from(is_arabic_letter(c));
    }
    if all == 0 {
        0.0
    } else {
        arabic as f64 / all as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages() {
        let cases = [
            (
                "أعلن الوزير أمس أن الحكومة ستدرس المقترح الجديد قبل نهاية الشهر",
                Language::Arabic,
            ),
            ("وصل الوفد", Language::Arabic),
            (
                "قال المتحدث باسم شركة Microsoft إن نظام Windows سيحدث قريبا",
                Language::Arabic,
            ),
            (
                "زار الرئيس مدينة گلستان وإلتقى پوتين في چاپخانه، وقال إن الزيارة مهمة",
                Language::Arabic,
            ),
            (
                "وقال المسؤول ان ایران لن تتراجع عن موقفها فی المفاوضات التي جرت في فيينا",
                Language::Arabic,
            ),
            (
                "رئیس جمهور ایران گفت که این تصمیم برای مردم بسیار مهم است و باید اجرا شود",
                Language::Persian,
            ),
            ("وزیر خارجه از سفر خود به پاریس خبر داد", Language::Persian),
            (
                "وزیر اعظم نے کہا ہے کہ حکومت عوام کے مسائل حل کرنے کے لیے کام کر رہی ہے",
                Language::Urdu,
            ),
            (
                "سەرۆکی هەرێم ڕایگەیاند کە حکوومەت کار بۆ چارەسەرکردنی کێشەکان دەکات",
                Language::OtherArabicScript,
            ),
            (
                "د افغانستان ولسمشر وویل چې د سولې خبرې به ډېر ژر پیل شي",
                Language::OtherArabicScript,
            ),
            (
                "The president said that talks would go on.",
                Language::OtherScript,
            ),
            (
                "رييس جمهور ايران گفت كه اين تصميم براي مردم بسيار مهم است و بايد اجرا شود",
                Language::Persian,
            ),
            (
                "وزير خارجه از سفر خود به تهران خبر داد و افزود كه مذاكرات ادامه مي يابد",
                Language::Persian,
            ),
            (
                "کراچی میں شدید بارش کے بعد سڑکوں پر پانی جمع ہو گیا اور شہریوں کو مشکلات کا سامنا ہے",
                Language::Urdu,
            ),
            (
                "ئەم هەفتەیە لە هەولێر کۆبوونەوەیەک بۆ باسکردنی بارودۆخی ئابووری بەڕێوەچوو",
                Language::OtherArabicScript,
            ),
            (
                "د هلمند ولایت چارواکي وایي چې په وروستیو نښتو کې ګڼ شمېر کسان وژل شوي دي",
                Language::OtherArabicScript,
            ),
            (
                "ئۇيغۇر تىلى تۈركىي تىللار ئائىلىسىگە تەۋە",
                Language::OtherArabicScript,
            ),
            (
                "سنڌي ٻولي سنڌ جي ماڻهن جي ٻولي آهي",
                Language::OtherArabicScript,
            ),
            (
                "ھذا الكتاب من أھم الكتب التي صدرت ھذا العام",
                Language::Arabic,
            ),
            (
                "قال محمود احمدی نژاد ان ایران لن تتخلی عن حقها فی التخصیب وان الغرب سیندم",
                Language::Arabic,
            ),
            ("Президент заявил", Language::OtherScript),
            ("12/3 … !!", Language::None),
            ("", Language::None),
        ];
        for (text, language) in cases {
            assert_eq!(detect(text), language, "{text}");
        }
    }

    #[test]
    fn shares() {
        assert_eq!(arabic_share("نعم yes"), 0.5);
        assert_eq!(arabic_share("123"), 0.0);
    }
}
