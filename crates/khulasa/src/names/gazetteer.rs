//! Places and languages whose English is known.

use std::collections::HashMap;
use std::sync::LazyLock;

use khulasa_tokenizer::normalize::fold;

use super::sentence::key;

/// Made from CLDR by `gazetteer.py` beside it.
static PLACES: LazyLock<HashMap<String, &str>> = LazyLock::new(|| {
    let lines = include_str!("gazetteer.tsv").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .map(|(arabic, english)| (key(&fold(arabic)).to_owned(), english))
        .collect()
});

/// The English of a place or language by its [`key`].
pub(super) fn english(key: &str) -> Option<&'static str> {
    PLACES.get(key).copied()
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
            ("الفرنسية", Some("French")),
            ("عمان", None),
            ("القيصر", None),
        ] {
            assert_eq!(english(key(&fold(arabic))), name, "{arabic}");
        }
    }
}
