//! Places and languages whose English is known.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use khulasa_tokenizer::normalize::fold;

use super::sentence::key;

/// Lines of Arabic and English, without the Arabic for languages; made from CLDR by `gazetteer.py`
/// beside it.
fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = include_str!("gazetteer.tsv").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
}

/// The Arabic, folded, and the English of places by their [`key`].
static PLACES: LazyLock<HashMap<String, (String, &str)>> = LazyLock::new(|| {
    lines()
        .filter(|(arabic, _)| !arabic.is_empty())
        .map(|(arabic, english)| {
            let folded = fold(arabic);
            (key(&folded).to_owned(), (folded, english))
        })
        .collect()
});

static NAMES: LazyLock<HashSet<&str>> =
    LazyLock::new(|| lines().map(|(_, english)| english).collect());

/// The English of a place by its [`key`].
pub(super) fn english(key: &str) -> Option<&'static str> {
    PLACES.get(key).map(|(_, english)| *english)
}

/// Places whose names are words of another meaning as well, folded.
const WORDS: [&str; 3] = ["مالي", "مسقط", "بنين"];

/// The English of a place by a folded word that can mean nothing else: with the article if the name
/// has one, whatever is written before it, and of more than three letters.
pub(super) fn exactly(word: &str) -> Option<&'static str> {
    let (arabic, english) = PLACES.get(key(word))?;
    let is_certain = arabic.chars().count() > 3 && !WORDS.contains(&arabic.as_str());
    let clitics = word.strip_suffix(arabic.as_str()).or_else(|| {
        // "للقاهرة"
        let bare = arabic.strip_prefix("ال")?;
        word.strip_suffix(bare)?.strip_suffix("لل")
    })?;
    // "باكرا" is early, not in Accra.
    let is_long = arabic.chars().count() > 4;
    let are_clitics = matches!(clitics, "" | "و" | "ف")
        || is_long && matches!(clitics, "ب" | "ل" | "ك" | "وب" | "ول");
    (is_certain && are_clitics).then_some(*english)
}

/// Whether an English word is a place or a language.
pub(super) fn knows(english: &str) -> bool {
    NAMES.contains(english)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_places() {
        for (arabic, name) in [
            ("دمشق", Some("Damascus")),
            ("القاهرة", Some("Cairo")),
            ("سوريا", Some("Syria")),
            ("الهندية", None),
            ("عمان", None),
            ("القيصر", None),
        ] {
            assert_eq!(english(key(&fold(arabic))), name, "{arabic}");
        }
        for (word, name) in [
            ("القاهره", Some("Cairo")),
            ("وبالقاهره", Some("Cairo")),
            ("للقاهره", Some("Cairo")),
            ("قاهره", None),
            ("سوريا", Some("Syria")),
            ("السوريا", None),
            ("باكرا", None),
            ("المالي", None),
            ("مالي", None),
        ] {
            assert_eq!(exactly(word), name, "{word}");
        }
        assert!(knows("Hindi") && knows("Syria") && !knows("Caesar"));
    }
}
