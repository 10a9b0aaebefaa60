//! English text as it comes out of a model, made clean.

/// Closes up spaces that do not belong: doubled ones, those before `, . ; : ! ? ) ] %` and after
/// `( [ $`, and those inside straight quotes. Letters and digits stay as they are.
pub fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open = false;
    let mut chars = text
        .split_whitespace()
        .flat_map(|word| [" ", word])
        .skip(1)
        .collect::<String>();
    chars.push(' ');
    let chars: Vec<char> = chars.chars().collect();
    for (i, &c) in chars.iter().enumerate().take(chars.len() - 1) {
        let next = chars[i + 1];
        let last = out.chars().next_back();
        if c == ' ' {
            // ". 5" and ", 000" are left: what was meant is not known.
            let before_mark = matches!(next, ',' | ';' | ':' | '!' | '?' | ')' | ']' | '%' | '…')
                || next == '.' && !chars.get(i + 2).is_some_and(|c| c.is_alphanumeric());
            let after_opening = matches!(last, Some('(' | '[' | '$' | '“'));
            let inside_quote = open && (last == Some('"') || next == '"');
            if before_mark || after_opening || inside_quote {
                continue;
            }
        }
        if c == '"' {
            open = !open;
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces() {
        let cases = [
            ("  He  said so . ", "He said so."),
            ("\" Not now , \" he said .", "\"Not now,\" he said."),
            ("Costs $ 5 ( about 4 % ) ?", "Costs $5 (about 4%)?"),
            (
                "She said \"yes\" and \"no\".",
                "She said \"yes\" and \"no\".",
            ),
            ("At .5 or 3 .5", "At .5 or 3 .5"),
            ("1, 2 and 3", "1, 2 and 3"),
            ("", ""),
            (" ", ""),
            ("a\nb", "a b"),
        ];
        for (from, to) in cases {
            assert_eq!(tidy(from), to);
        }
    }

    #[test]
    fn letters_and_digits_stay() {
        let text = "\" A 1 , 000 . 5 ( x ) \" y \" z";
        let bare = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(bare(&tidy(text)), bare(text));
    }
}
