//! Folds text so that words can be looked up whatever their spelling.

/// Whether a character carries no text of its own: whitespace, or an invisible control such as a
/// byte-order mark or a bidirectional mark.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_invisible(c)
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' | '\u{061C}' | '\u{00AD}' | '\u{FE00}'..='\u{FE0F}')
}

/// Short vowels and other marks above and below letters, and the tatweel.
fn is_arabic_mark(c: char) -> bool {
    matches!(c, '\u{0610}'..='\u{061A}' | '\u{0640}' | '\u{064B}'..='\u{065F}' | '\u{0670}')
}

/// One spelling for all: no marks, tatweel or invisible controls; plain alif for its hamza forms;
/// final ya for alif maqsura; ha for ta marbuta; ASCII digits; lower case.
pub(super) fn fold(text: &str) -> String {
    text.chars()
        .filter(|&c| !is_invisible(c) && !is_arabic_mark(c))
        .map(fold_char)
        .collect()
}

fn fold_char(c: char) -> char {
    match c {
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ى' => 'ي',
        'ة' => 'ه',
        '\u{0660}'..='\u{0669}' => digit(c, 0x0660),
        '\u{06F0}'..='\u{06F9}' => digit(c, 0x06F0),
        c => c.to_ascii_lowercase(),
    }
}

fn digit(c: char, zero: u32) -> char {
    char::from_digit(u32::from(c) - zero, 10).unwrap_or(c)
}

/// A word without the punctuation and symbols around it.
pub(super) fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_meet() {
        for (a, b) in [
            ("إقرأ أيضاً", "اقرا ايضا"),
            ("مــقــالة", "مقاله"),
            ("١٣/٠٣/۲۰۲۰", "13/03/2020"),
            ("\u{200F}Facebook", "facebook"),
            ("مستشفى", "مستشفي"),
        ] {
            assert_eq!(fold(a), b);
        }
    }

    #[test]
    fn bare_words() {
        for (word, expected) in [("«الراوي»،", "الراوي"), ("(أ", "أ"), ("...", "")]
        {
            assert_eq!(bare(word), expected);
        }
    }
}
