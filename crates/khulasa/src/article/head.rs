//! Lines that stand before the text of an article: dates, sections, agencies, authors.

use super::dates::dated;
use super::line::{End, Line};

/// Datelines have at most this many words.
const MAX_DATELINE: usize = 14;
/// A byline has at most this many words.
const MAX_BYLINE: usize = 8;

/// Whether a line only says when, and perhaps where or for which section: it has a date and at
/// most `others` more words than stand beside dates, or it has an agency and a place.
pub(super) fn is_dateline(line: &Line<'_>, others: usize) -> bool {
    if !line.is_short() || line.words.len() > MAX_DATELINE || line.end == End::Question {
        return false;
    }
    let dated = dated(&line.folded);
    let parted = line.text.contains(['/', '(', '–', '—', '-', '،']);
    let by_date = dated.has_date && dated.other_words <= others;
    let by_agency = dated.agencies > 0
        && dated.other_words <= 2
        && (parted || dated.other_words == 0)
        && line.end == End::Open;
    by_date || by_agency
}

/// Whether a line is nothing but the name of a section, such as أخبار دولية.
pub(super) fn is_section(line: &Line<'_>) -> bool {
    (1..=4).contains(&line.words.len())
        && line.end == End::Open
        && dated(&line.folded).other_words == 0
}

/// Whether a line is the invocation that statements and sermons begin with, before their title.
pub(super) fn is_invocation(line: &Line<'_>) -> bool {
    line.words.len() <= 6 && line.folded.starts_with("بسم الله")
}

/// Whether a line only names who wrote, edited or translated: `بقلم فلان`, `إعداد: فلان`. After the
/// title, `كتب فلان` will do. So does a footnote that says what its author is: `* كاتبة لبنانية`.
pub(super) fn is_byline(line: &Line<'_>, after_title: bool) -> bool {
    if !line.is_short() || line.words.len() > MAX_BYLINE || line.end != End::Open {
        return false;
    }
    let folded = line.folded.as_str();
    if let Some(note) = folded.strip_prefix('*') {
        return WRITERS.contains(&note.split_whitespace().next().unwrap_or_default());
    }
    let Some((verb, rest)) = split_verb(folded) else {
        return false;
    };
    let named = !rest.trim_matches(|c: char| !c.is_alphanumeric()).is_empty();
    let labelled = rest.trim_start().starts_with([':', '/', '|', '-', '–']);
    let wrote = matches!(verb, "كتب" | "كتبت");
    let next = rest.split_whitespace().next().unwrap_or_default();
    named
        && (labelled
            || matches!(verb, "بقلم" | "by")
            || (wrote && after_title && line.words.len() <= 5 && !PARTICLES.contains(&next)))
}

/// The first word if it may introduce an author, and what follows it.
fn split_verb(folded: &str) -> Option<(&str, &str)> {
    VERBS.iter().find_map(|verb| {
        let rest = folded.strip_prefix(verb)?;
        (!rest.starts_with(char::is_alphanumeric)).then_some((*verb, rest))
    })
}

/// Words that introduce an author, folded. All but بقلم have other uses, so they need a colon.
#[rustfmt::skip]
const VERBS: &[&str] = &[
    "بقلم", "كتب", "كتبت", "كتبه", "كتبها", "اعداد", "اعداد وتحرير", "تحرير", "ترجمه", "حاوره",
    "حاورها", "حوار", "مراسل", "مراسله", "مراسلنا", "الكاتب", "الكاتبه", "المحرر", "تقرير",
    "تحقيق", "by",
];

/// What authors are, folded.
#[rustfmt::skip]
const WRITERS: &[&str] = &[
    "كاتب", "كاتبه", "صحافي", "صحافيه", "صحفي", "صحفيه", "باحث", "باحثه", "اكاديمي", "اكاديميه",
    "استاذ", "استاذه", "محلل", "خبير", "خبيره", "ناشط", "ناشطه", "محام", "طبيب", "طبيبه",
];

/// Words that can't begin a name: what they follow is a sentence.
const PARTICLES: &[&str] = &[
    "علي", "في", "عن", "الي", "ان", "انه", "انها", "من", "هذا", "هذه", "له", "لها", "قبل", "بعد",
    "ايضا", "يقول",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datelines() {
        let is = |text: &str| is_dateline(&Line::new(text, false), 3);
        for line in [
            "14/05/2019 الشأن اللبناني",
            "دمشق - سانا",
            "بيروت (أ ف ب)",
            "القاهرة، 4 أيار 2021",
            "نشر في: ١٣ آذار/مارس ٢٠٢٠",
            "الجمعة 18 رجب 1441 هـ",
            "رويترز",
        ] {
            assert!(is(line), "{line}");
        }
        for line in [
            "13/03/2020 شهدت مدينة حمص أمطاراً غزيرة",
            "في 13 مارس 2020 أعلنت الوزارة إغلاق المدارس في كل المحافظات",
            "رويترز تكشف تفاصيل",
            "الشأن اللبناني",
            "ماذا حدث في 13 مارس 2020؟",
        ] {
            assert!(!is(line), "{line}");
        }
    }

    #[test]
    fn sections() {
        assert!(is_section(&Line::new("أخبار دولية", false)));
        assert!(!is_section(&Line::new("أخبار المدينة", false)));
    }

    #[test]
    fn invocations() {
        assert!(is_invocation(&Line::new("بِسْمِ اللهِ الرحمن الرحيم", false)));
        assert!(!is_invocation(&Line::new("باسم الشعب", false)));
    }

    #[test]
    fn bylines() {
        let is = |text: &str| is_byline(&Line::new(text, false), true);
        for line in [
            "بقلم ليلى حداد",
            "كتب: سامر العلي",
            "كتبت ليلى حداد",
            "إعداد/ سامر العلي",
            "* كاتبة لبنانية",
        ] {
            assert!(is(line), "{line}");
        }
        for line in [
            "كتب على تويتر أنه سيعود",
            "كتب الوزير على صفحته أن المشروع سيبدأ قريباً",
            "تحرير مدينة جديدة",
            "إعداد دستور جديد",
            "* الماء والكهرباء",
            "بقلم:",
            "كتب سامر رسالة إلى أمه.",
        ] {
            assert!(!is(line), "{line}");
        }
        assert!(!is_byline(&Line::new("كتب نادرة في المعرض", false), false));
    }
}
