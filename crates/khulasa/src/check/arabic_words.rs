//! Arabic number words, as far as checking numbers in figures needs them.

/// The power of ten that a folded word stands for after digits.
pub(super) fn magnitude(word: &str) -> Option<usize> {
    Some(match word {
        "الف" | "الفا" | "الاف" => 3,
        "مليون" | "مليونا" | "ملايين" => 6,
        "مليار" | "مليارا" | "مليارات" | "بليون" | "بليونا" | "بلايين" => {
            9
        }
        "تريليون" | "تريليونا" | "تريليونات" | "ترليون" | "ترليونا" => {
            12
        }
        _ => return None,
    })
}

/// Whether a folded word says that the hour before it is in the afternoon.
pub(super) fn is_pm(word: &str) -> bool {
    matches!(word, "مساء" | "ظهرا" | "عصرا")
}

/// The value and power of ten of a folded word that stands for a magnitude without digits.
pub(super) fn lone_magnitude(word: &str) -> Option<(u32, usize)> {
    without_prefixes(word).into_iter().find_map(|word| {
        Some(match word {
            "ميه" | "مايه" => (1, 2),
            "ميتان" | "ميتين" | "ميتا" | "ميتي" | "مايتان" | "مايتين" | "مايتا" | "مايتي" => {
                (2, 2)
            }
            "الفان" | "الفين" | "الفي" => (2, 3),
            "مليونان" | "مليونين" | "مليوني" => (2, 6),
            "ملياران" | "مليارين" | "ملياري" => (2, 9),
            word => (1, magnitude(word)?),
        })
    })
}

/// Folded words for three to nineteen, tens and a thousand; ordinals and parts of a whole.
const SPELLED: [&str; 56] = [
    "الف",
    "ثلاث",
    "ثلاثه",
    "اربع",
    "اربعه",
    "خمس",
    "خمسه",
    "ست",
    "سته",
    "سبع",
    "سبعه",
    "ثمان",
    "ثماني",
    "ثمانيه",
    "تسع",
    "تسعه",
    "عشر",
    "عشره",
    "عشرون",
    "عشرين",
    "ثلاثون",
    "ثلاثين",
    "اربعون",
    "اربعين",
    "خمسون",
    "خمسين",
    "ستون",
    "ستين",
    "سبعون",
    "سبعين",
    "ثمانون",
    "ثمانين",
    "تسعون",
    "تسعين",
    "ثالث",
    "ثالثه",
    "رابع",
    "رابعه",
    "خامس",
    "خامسه",
    "سادس",
    "سادسه",
    "سابع",
    "سابعه",
    "ثامن",
    "ثامنه",
    "تاسع",
    "تاسعه",
    "عاشر",
    "عاشره",
    "نصف",
    "ربع",
    "ثلث",
    "ثلثي",
    "ضعف",
    "اضعاف",
];

/// Whether a folded word is a number word beyond two. "المئة" is none: it means percent.
pub(super) fn spells_number(word: &str) -> bool {
    if matches!(word, "الميه" | "بالميه" | "المايه" | "بالمايه") {
        return false;
    }
    let known = |word: &str| SPELLED.contains(&word);
    lone_magnitude(word).is_some()
        || without_prefixes(word).into_iter().any(|word| {
            known(word)
                // "خمسا", "الثمانينيات", "الخمسيني", "الألفية", "ثلاثمئة"
                || ["ا", "ي", "يه", "يات", "ميه", "مايه"].iter().any(|end| word.strip_suffix(end).is_some_and(known))
        })
}

/// A word, and what is left of it without a conjunction, a preposition and the article.
fn without_prefixes(word: &str) -> [&str; 4] {
    let first = word.strip_prefix(['و', 'ف']).unwrap_or(word);
    let second = first.strip_prefix(['ب', 'ك', 'ل']).unwrap_or(first);
    // "لل" is a preposition with the article.
    let third = second
        .strip_prefix("ال")
        .or_else(|| second.strip_prefix('ل'))
        .unwrap_or(second);
    [word, first, second, third]
}
