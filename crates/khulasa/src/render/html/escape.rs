//! Text as it may stand in HTML.

use std::fmt::{self, Display, Formatter, Write};

use crate::render::prose::turns_direction;

/// Shows a text so that nothing in it is taken for HTML, in elements and in quoted attributes.
/// Controls that HTML forbids and those that turn the direction of text are left out.
pub(super) struct Html<'a>(pub &'a str);

impl Display for Html<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c if c.is_whitespace() => f.write_char(c)?,
                c if c.is_control() || turns_direction(c) => {}
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_for_html() {
        for (text, expected) in [
            (
                "<script>alert(1)</script>",
                "&lt;script&gt;alert(1)&lt;/script&gt;",
            ),
            (
                "\" onclick='x' &amp;",
                "&quot; onclick=&#39;x&#39; &amp;amp;",
            ),
            ("a\0\u{1b}\u{202e}b\nc", "ab\nc"),
            ("«قال» 10 ٪", "«قال» 10 ٪"),
        ] {
            assert_eq!(Html(text).to_string(), expected);
        }
    }
}
