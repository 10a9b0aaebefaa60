//! Arabic words, their stems, and which of them carry no meaning of their own.

use unicode_segmentation::UnicodeSegmentation;

use crate::Span;
use crate::normalize::fold;

/// The words of a text with their spans; marks and punctuation between them are no words.
pub fn words(text: &str) -> impl Iterator<Item = (Span, &str)> {
    text.unicode_word_indices()
        .map(|(at, word)| (at..at + word.len(), word))
}

const ARTICLES: &[&str] = &["ال", "بال", "كال", "فال", "لل"];
const SUFFIXES: &[&str] = &["ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي"];

/// The stem of a word by light10 (Larkey, Ballesteros & Connell 2007, "Light stemming for Arabic
/// information retrieval"): a conjunction and an article before it and endings after it are taken
/// off as long as enough of the word is left.
pub fn stem(word: &str) -> String {
    let folded = fold(word);
    let mut stem = folded.as_str();
    let length = |s: &str| s.chars().count();
    if let Some(rest) = stem.strip_prefix('و').filter(|r| length(r) >= 3) {
        stem = rest;
    }
    let article = ARTICLES.iter().find_map(|a| stem.strip_prefix(a));
    if let Some(rest) = article.filter(|r| length(r) >= 2) {
        stem = rest;
    }
    for suffix in SUFFIXES {
        if let Some(rest) = stem.strip_suffix(suffix).filter(|r| length(r) >= 2) {
            stem = rest;
        }
    }
    stem.to_owned()
}

/// Words that say nothing of what a text is about, folded.
const STOP_WORDS: &[&str] = &[
    "في",
    "من",
    "علي",
    "الي",
    "عن",
    "مع",
    "حتي",
    "منذ",
    "خلال",
    "بين",
    "عند",
    "عندما",
    "لدي",
    "لدى",
    "نحو",
    "حول",
    "ضد",
    "بعد",
    "قبل",
    "تحت",
    "فوق",
    "امام",
    "وراء",
    "دون",
    "بدون",
    "عبر",
    "ضمن",
    "حسب",
    "وفق",
    "ان",
    "انه",
    "انها",
    "انهم",
    "اننا",
    "اني",
    "بان",
    "لان",
    "كان",
    "كانت",
    "كانوا",
    "يكون",
    "تكون",
    "ليس",
    "ليست",
    "اصبح",
    "اصبحت",
    "صار",
    "ظل",
    "بات",
    "مازال",
    "لازال",
    "قد",
    "لقد",
    "سوف",
    "لم",
    "لن",
    "لا",
    "ما",
    "لما",
    "هذا",
    "هذه",
    "ذلك",
    "تلك",
    "هولاء",
    "اولئك",
    "هنا",
    "هناك",
    "الذي",
    "التي",
    "الذين",
    "اللذين",
    "اللتين",
    "اللواتي",
    "اللاتي",
    "هو",
    "هي",
    "هم",
    "هن",
    "هما",
    "نحن",
    "انا",
    "انت",
    "انتم",
    "او",
    "ام",
    "ثم",
    "بل",
    "لكن",
    "لكنه",
    "لكنها",
    "اذا",
    "اذ",
    "اذن",
    "لو",
    "لولا",
    "الا",
    "غير",
    "سوي",
    "كل",
    "كلا",
    "بعض",
    "اي",
    "ايضا",
    "كما",
    "حيث",
    "حين",
    "فيما",
    "بينما",
    "مما",
    "عما",
    "كيف",
    "متي",
    "اين",
    "لماذا",
    "هل",
    "كي",
    "لكي",
    "مثل",
    "كذلك",
    "فقط",
    "جدا",
    "اكثر",
    "اقل",
    "احد",
    "احدي",
    "كلما",
    "انما",
    "فان",
    "وان",
    "فيه",
    "فيها",
    "منه",
    "منها",
    "عليه",
    "عليها",
    "به",
    "بها",
    "له",
    "لها",
    "لهم",
    "اليه",
    "اليها",
    "عنه",
    "عنها",
    "معه",
    "معها",
    "بهم",
    "لنا",
    "لي",
    "يا",
    "اما",
    "وهو",
    "وهي",
    "علما",
    "رغم",
    "بسبب",
    "بشان",
    "بشكل",
    "عدم",
    "عدد",
    "قام",
    "قامت",
    "تم",
    "يتم",
    "ذات",
    "ذو",
    "نفسه",
    "نفسها",
    "تلا",
    "اكبر",
];

/// Whether a word carries no meaning of its own, also with و, ف, ب, ك or ل before it.
pub fn is_stop_word(word: &str) -> bool {
    let folded = fold(word);
    let known = |w: &str| STOP_WORDS.contains(&w);
    known(&folded)
        || folded.chars().count() < 2
        || ["و", "ف", "ب", "ك", "ل"].iter().any(|clitic| {
            folded
                .strip_prefix(clitic)
                .is_some_and(|rest| rest.chars().count() > 1 && known(rest))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems() {
        let cases = [
            ("والمعلمون", "معلم"),
            ("المعلمات", "معلم"),
            ("بالمدرسة", "مدرس"),
            ("للمدرسة", "مدرس"),
            ("كتابها", "كتاب"),
            ("وزير", "زير"),
            ("ووزير", "وزير"),
            ("السورية", "سور"),
            ("ولد", "ولد"),
            ("ان", "ان"),
        ];
        for (word, expected) in cases {
            assert_eq!(stem(word), expected, "{word}");
        }
    }

    #[test]
    fn stop_words() {
        for word in ["في", "وفي", "إلى", "الذي", "وكانت", "فإنه", "لأن", "و"]
        {
            assert!(is_stop_word(word), "{word}");
        }
        for word in ["الوزير", "قال", "سوريا", "حرب", "2014", "ولد"] {
            assert!(!is_stop_word(word), "{word}");
        }
    }

    #[test]
    fn words_have_spans() {
        let text = "قال: «نعم»، 3.5% يا د.";
        let found: Vec<_> = words(text)
            .map(|(span, word)| (&text[span] == word, word))
            .collect();
        assert_eq!(
            found.iter().map(|w| w.1).collect::<Vec<_>>(),
            ["قال", "نعم", "3.5", "يا", "د"]
        );
        assert!(found.iter().all(|w| w.0));
    }
}
