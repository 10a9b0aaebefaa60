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

static PLACES: LazyLock<HashMap<String, &str>> = LazyLock::new(|| {
    lines()
        .filter(|(arabic, _)| !arabic.is_empty())
        .map(|(arabic, english)| (key(&fold(arabic)).to_owned(), english))
        .collect()
});

static NAMES: LazyLock<HashSet<&str>> =
    LazyLock::new(|| lines().map(|(_, english)| english).collect());

/// The English of a place by its [`key`].
pub(super) fn english(key: &str) -> Option<&'static str> {
    PLACES.get(key).copied()
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
        assert!(knows("Hindi") && knows("Syria") && !knows("Caesar"));
    }
}
