//! Arabic text on its way into a translator, and English on its way out.

/// Whether a text has a letter of the Arabic script.
pub(crate) fn has_arabic(text: &str) -> bool {
    text.chars().any(is_arabic_letter)
}

/// Whether a character is a letter of the Arabic script, presentation forms included.
pub(crate) fn is_arabic_letter(c: char) -> bool {
    c.is_alphabetic()
        && matches!(c, '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{870}'..='\u{8ff}'
            | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}')
}

/// Whether a text has a letter that is neither Latin nor Arabic.
pub(crate) fn has_foreign(text: &str) -> bool {
    text.chars().any(|c| {
        c.is_alphabetic()
            && !is_arabic_letter(c)
            && !matches!(c, '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
    })
}
