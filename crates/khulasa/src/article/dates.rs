//! Dates as newspapers write them, and the few words that stand beside them in a dateline.

use super::words::bare;

/// What is left of a line once its dates are taken away.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dated {
    /// Whether a whole date was there: `13/03/2020`, `الجمعة 13 مارس`, `آذار/مارس 2020`.
    pub has_date: bool,
    /// How many words are neither part of a date nor usual beside one.
    pub other_words: usize,
    /// How many words name a news agency.
    pub agencies: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A date on its own: day, month and year.
    Date,
    Month,
    Weekday,
    Number,
    /// A word that stands only beside dates, or a time of day.
    Beside,
    Agency,
    Other,
}

/// Looks for dates in a folded line.
pub(super) fn dated(folded: &str) -> Dated {
    let mut parts = Vec::new();
    for word in folded.split_whitespace() {
        let word = word.trim_matches(|c: char| "()[]{}،,؛;:.|«»\"".contains(c));
        if is_numeric_date(word) {
            parts.push(Part::Date);
        } else {
            let pieces = word.split(|c: char| "/-–—،,|()".contains(c)).map(bare);
            parts.extend(pieces.filter(|p| !p.is_empty()).map(part));
        }
    }
    let near = |a: Part, b: Part| {
        parts
            .windows(2)
            .any(|w| (w[0], w[1]) == (a, b) || (w[0], w[1]) == (b, a))
            || parts
                .windows(3)
                .any(|w| w[1] == Part::Beside && (w[0], w[2]) == (a, b))
    };
    let all_weekday = !parts.is_empty()
        && parts
            .iter()
            .all(|p| matches!(p, Part::Weekday | Part::Beside))
        && parts.contains(&Part::Weekday);
    let has_date = parts.contains(&Part::Date)
        || near(Part::Month, Part::Number)
        || near(Part::Weekday, Part::Number)
        || all_weekday;
    let count = |part: Part| parts.iter().filter(|&&p| p == part).count();
    let spelt_out = SPELT_OUT.iter().find(|agency| has_words(folded, agency));
    let letters = spelt_out.map_or(0, |agency| agency.split(' ').count());
    Dated {
        has_date,
        other_words: count(Part::Other).saturating_sub(letters),
        agencies: count(Part::Agency) + usize::from(spelt_out.is_some()),
    }
}

/// `13/03/2020`, `2020-03-13`, `13.3.20`, `2020-03-13T10:00:00+03:00`.
fn is_numeric_date(word: &str) -> bool {
    let date = word.split('t').next().unwrap_or_default();
    let date = date.trim_end_matches(['م', 'ه']);
    let Some(separator) = date.chars().find(|c| !c.is_ascii_digit()) else {
        return false;
    };
    if !"/-.".contains(separator) || date.len() > 12 {
        return false;
    }
    let fields: Vec<&str> = date.split(separator).collect();
    let [a, b, c] = fields[..] else { return false };
    let number = |s: &str| s.parse::<u32>().unwrap_or(0);
    let year = |s: &str| matches!(s.len(), 2 | 4) && number(s) > 0;
    let short = |s: &str| s.len() <= 2 && (1..=31).contains(&number(s));
    short(b) && ((short(a) && year(c)) || (a.len() == 4 && year(a) && short(c)))
}

fn part(word: &str) -> Part {
    let number = word.trim_end_matches(['م', 'ه']);
    if !number.is_empty() && number.len() <= 4 && number.bytes().all(|b| b.is_ascii_digit()) {
        Part::Number
    } else if word.contains(':') && word.bytes().all(|b| b.is_ascii_digit() || b == b':') {
        Part::Beside
    } else if MONTHS.contains(&word) {
        Part::Month
    } else if WEEKDAYS.contains(&word) {
        Part::Weekday
    } else if BESIDE.contains(&word) {
        Part::Beside
    } else if AGENCIES.contains(&word) {
        Part::Agency
    } else {
        Part::Other
    }
}

/// Whether a folded text has this run of whole words.
pub(super) fn has_words(folded: &str, words: &str) -> bool {
    let outside = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    folded.match_indices(words).any(|(at, _)| {
        outside(folded[..at].chars().next_back())
            && outside(folded[at + words.len()..].chars().next())
    })
}

/// Months, all folded: Syriac, Egyptian, Maghrebi, Hijri and English names. Of the two-word names
/// the first word is enough, the second is in [`BESIDE`].
#[rustfmt::skip]
const MONTHS: &[&str] = &[
    "كانون", "شباط", "اذار", "نيسان", "ايار", "حزيران", "تموز", "اب", "ايلول", "تشرين",
    "يناير", "فبراير", "مارس", "ابريل", "مايو", "يونيو", "يونيه", "يوليو", "يوليه", "اغسطس",
    "سبتمبر", "اكتوبر", "نوفمبر", "ديسمبر",
    "جانفي", "فيفري", "افريل", "ماي", "جوان", "جويليه", "اوت", "غشت", "شتنبر", "نونبر", "دجنبر",
    "محرم", "صفر", "ربيع", "جمادي", "رجب", "شعبان", "رمضان", "شوال", "ذو", "ذي",
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
    "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
];

#[rustfmt::skip]
const WEEKDAYS: &[&str] = &[
    "السبت", "الاحد", "الاثنين", "الثلاثاء", "الاربعاء", "الخميس", "الجمعه",
    "saturday", "sunday", "monday", "tuesday", "wednesday", "thursday", "friday",
    "sat", "sun", "mon", "tue", "wed", "thu", "fri",
];

/// Words that say nothing but when, where on the page, or in which section.
#[rustfmt::skip]
const BESIDE: &[&str] = &[
    "الاول", "الثاني", "الاولي", "الاخر", "الاخره", "الثانيه", "القعده", "الحجه", "المحرم",
    "الحرام", "المبارك", "من", "شهر", "عام", "سنه", "م", "ه", "ميلادي", "هجري", "الموافق", "في",
    "يوم", "الساعه", "صباحا", "مساء", "ظهرا", "ص", "بتوقيت", "غرينتش", "مكه", "المكرمه", "محلي",
    "المحلي", "gmt", "utc", "am", "pm", "at", "on",
    "تاريخ", "بتاريخ", "النشر", "نشر", "نشرت", "نشره", "اضيف", "اضيفت", "اخر", "تحديث", "التحديث",
    "حدث", "تم", "تعديل", "published", "updated", "last", "date", "العدد", "عدد",
    "الشان", "شوون", "اخبار", "الاخبار", "سياسه", "السياسه", "اقتصاد", "الاقتصاد", "رياضه",
    "الرياضه", "ثقافه", "الثقافه", "مجتمع", "محليات", "محليه", "منوعات", "تقارير", "تقرير", "تحقيقات",
    "مقالات", "راي", "حوادث", "عربي", "دولي", "عربيه", "دوليه", "عاجل", "خاص", "بيان", "صحفي",
];

/// News agencies by one word, folded; "وكالات" stands for several.
#[rustfmt::skip]
const AGENCIES: &[&str] = &[
    "سانا", "رويترز", "وكالات", "الوكالات", "الاناضول", "واس", "وام", "قنا", "كونا", "بترا",
    "وفا", "شينخوا", "سبوتنيك", "تاس", "بنا", "واج", "afp", "reuters", "ap", "dpa", "اسوشيتدبرس",
];

/// News agencies by several words or letters, folded.
const SPELT_OUT: &[&str] = &[
    "ا ف ب",
    "اف ب",
    "ا.ف.ب",
    "فرانس برس",
    "د ب ا",
    "د.ب.ا",
    "ا ش ا",
    "ا.ش.ا",
    "اسوشيتد برس",
];

#[cfg(test)]
mod tests {
    use khulasa_tokenizer::normalize::fold;

    use super::*;

    #[test]
    fn dates_in_all_usual_forms() {
        for line in [
            "13/03/2020",
            "2020-03-13",
            "2020-03-13T10:15:00+03:00",
            "١٣/٠٣/٢٠٢٠",
            "13.3.20",
            "١٣ آذار/مارس ٢٠٢٠",
            "13 آذار (مارس) 2020",
            "الجمعة 13 مارس",
            "الجمعة، ١٣ مارس ٢٠٢٠ - 10:30",
            "18 رجب 1441هـ",
            "الجمعة 18 رجب 1441 هـ الموافق 13 مارس 2020 م",
            "15 كانون الأول 2019",
            "مارس 2020",
            "March 13, 2020",
            "آخر تحديث: 13 مارس 2020 الساعة 14:05 بتوقيت غرينتش",
        ] {
            let dated = dated(&fold(line));
            assert!(dated.has_date, "{line}");
            assert_eq!(dated.other_words, 0, "{line}");
        }
    }

    #[test]
    fn not_dates() {
        for line in [
            "3.5",
            "1/2",
            "10:30",
            "قال في مارس",
            "192.168.1.1",
            "رمضان كريم",
            "",
        ] {
            assert!(!dated(&fold(line)).has_date, "{line}");
        }
    }

    #[test]
    fn words_beside_a_date() {
        for (line, other_words) in [
            ("14/05/2019 الشأن اللبناني", 1),
            ("13/03/2020 شهدت مدينة حمص أمطاراً غزيرة", 5),
            ("بيروت، 4 أيار 2021", 1),
        ] {
            assert_eq!(dated(&fold(line)).other_words, other_words, "{line}");
        }
    }

    #[test]
    fn agencies() {
        for (line, agencies) in [
            ("دمشق - سانا", 1),
            ("بيروت (أ ف ب)", 1),
            ("القاهرة/ وكالات", 1),
            ("دمشق القديمة", 0),
        ] {
            assert_eq!(dated(&fold(line)).agencies, agencies, "{line}");
        }
    }
}
