//! Markers of list items.

/// What kind of marker a line begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    /// `•`, `-` and the like.
    Bullet,
    /// `1.`, `(٢)`, `أ-`: may also number a heading.
    Number,
}

/// The marker at the start of a line, if there is one and text follows it.
pub(super) fn marker(line: &str) -> Option<Marker> {
    let mut chars = line.trim_start().chars();
    let first = chars.next()?;
    let second = chars.next()?;
    if "•●○▪■◦►▶✓✔❖➢·‣".contains(first) {
        return Some(Marker::Bullet);
    }
    if "-–—*+".contains(first) && second.is_whitespace() {
        return Some(Marker::Bullet);
    }
    numbered(line.trim_start()).then_some(Marker::Number)
}

/// `1.`, `1-`, `1)`, `(1)`, and the same with a letter of the abjad; not `1.5`, `5-3` or a date.
fn numbered(line: &str) -> bool {
    let open = line.starts_with('(');
    let line = line.strip_prefix('(').unwrap_or(line);
    let digits: usize = line
        .chars()
        .take(3)
        .take_while(|c| c.is_numeric())
        .map(char::len_utf8)
        .sum();
    let letter = line
        .chars()
        .next()
        .filter(|c| "أابجدهـو".contains(*c))
        .map_or(0, char::len_utf8);
    let rest = &line[digits.max(letter)..];
    if digits + letter == 0 {
        return false;
    }
    let mut chars = rest.trim_start_matches('ـ').chars();
    let (sign, next) = (chars.next(), chars.next());
    let closes = match sign {
        Some(')') => true,
        Some('-' | '–') => !open,
        // «د.» and «أ.» are titles of people.
        Some('.') => !open && digits > 0,
        _ => false,
    };
    let spaced = next.is_some_and(char::is_whitespace);
    let text = next.is_some_and(char::is_alphabetic) && digits > 0;
    closes && (spaced || text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers() {
        for (line, expected) in [
            ("• توفير المياه", Some(Marker::Bullet)),
            ("- توفير المياه", Some(Marker::Bullet)),
            ("1. المياه", Some(Marker::Number)),
            ("٢- المدارس", Some(Marker::Number)),
            ("3-المدارس", Some(Marker::Number)),
            ("(4) الطرق", Some(Marker::Number)),
            ("أ) الطرق", Some(Marker::Number)),
            ("ب- الطرق", Some(Marker::Number)),
            ("1.5 مليون", None),
            ("5-3 لصالح الفريق", None),
            ("13/03/2020", None),
            ("-5 درجات", None),
            ("أ.ف.ب", None),
            ("د. أحمد", None),
            ("2020. ثم", None),
            ("وقال", None),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(marker(line), expected, "{line}");
        }
    }
}
