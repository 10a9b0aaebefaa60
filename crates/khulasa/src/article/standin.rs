//! Simplest forms of what `khulasa-tokenizer` is going to offer under the same names.

/// An encoding by its WHATWG name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static str);

impl Encoding {
    /// Its name.
    pub fn name(self) -> &'static str {
        self.0
    }
}

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Arabic.
    Arabic,
    /// Something else.
    Unknown,
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Language::Arabic => "Arabic",
            Language::Unknown => "another language",
        })
    }
}

pub(crate) mod encoding {
    use super::Encoding;

    pub(crate) struct Decoded {
        pub text: String,
        pub encoding: Encoding,
        pub replacements: usize,
    }

    pub(crate) fn decode(
        bytes: &[u8],
        _forced: Option<Encoding>,
        _is_html: bool,
    ) -> crate::Result<Decoded> {
        let text = String::from_utf8_lossy(bytes);
        Ok(Decoded {
            replacements: text.matches('\u{FFFD}').count(),
            text: text.trim_start_matches('\u{FEFF}').to_owned(),
            encoding: Encoding("UTF-8"),
        })
    }
}

pub(crate) mod language {
    use khulasa_tokenizer::chars::is_arabic_letter;

    use super::Language;

    pub(crate) fn detect(text: &str) -> Language {
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        let arabic = text.chars().filter(|&c| is_arabic_letter(c)).count();
        if arabic * 2 >= letters {
            Language::Arabic
        } else {
            Language::Unknown
        }
    }
}
