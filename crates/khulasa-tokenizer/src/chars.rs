//! Which characters are what in Arabic text.

/// Whether a character is a letter of the Arabic script, in any of its forms.
pub fn is_arabic_letter(c: char) -> bool {
    matches!(c,
        '\u{620}'..='\u{63f}' | '\u{641}'..='\u{64a}' | '\u{66e}'..='\u{66f}' | '\u{671}'..='\u{6d3}'
        | '\u{6d5}' | '\u{6ee}'..='\u{6ef}' | '\u{6fa}'..='\u{6fc}' | '\u{6ff}' | '\u{750}'..='\u{77f}'
        | '\u{8a0}'..='\u{8c9}' | '\u{fb50}'..='\u{fbb1}' | '\u{fbd3}'..='\u{fd3d}'
        | '\u{fd50}'..='\u{fdfb}' | '\u{fe80}'..='\u{fefc}')
}

/// Whether a character is a vowel sign or another mark that prose leaves out.
pub fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}'
        | '\u{6df}'..='\u{6e4}' | '\u{6e7}'..='\u{6e8}' | '\u{6ea}'..='\u{6ed}' | '\u{8d3}'..='\u{8ff}')
}

/// Whether a character is invisible: directions, joiners, soft hyphens, byte-order marks, controls.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || c.is_control() && !c.is_whitespace()
}

/// The value of a decimal digit: European, Arabic-Indic or Persian.
pub fn digit(c: char) -> Option<u32> {
    match c {
        '0'..='9' => Some(c as u32 - '0' as u32),
        '\u{660}'..='\u{669}' => Some(c as u32 - 0x660),
        '\u{6f0}'..='\u{6f9}' => Some(c as u32 - 0x6f0),
        _ => None,
    }
}
