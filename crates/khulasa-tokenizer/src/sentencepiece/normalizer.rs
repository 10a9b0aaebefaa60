//! Text as a SentencePiece model's pieces are written.

use sentencepiece_model::NormalizerSpec;

use super::charsmap::Charsmap;
use super::trie::Trie;

/// What SentencePiece writes for a space.
pub(crate) const SPACE: &str = "\u{2581}";

/// A model's own normalisation.
#[derive(Debug, Clone)]
pub(crate) struct Normalizer {
    pub rules: Option<Charsmap>,
    /// A text gets a space that is not there.
    pub add_dummy_prefix: bool,
    /// Spaces at both ends go, and of several in a row all but one.
    pub remove_extra_whitespaces: bool,
    /// Spaces are written as [`SPACE`].
    pub escape_whitespaces: bool,
    /// The space that is not there is put at the end.
    pub whitespace_as_suffix: bool,
}

impl Normalizer {
    pub(crate) fn new(spec: &NormalizerSpec, whitespace_as_suffix: bool) -> Result<Self, String> {
        let rules = spec.precompiled_charsmap();
        Ok(Self {
            rules: (!rules.is_empty())
                .then(|| Charsmap::new(rules))
                .transpose()?,
            add_dummy_prefix: spec.add_dummy_prefix(),
            remove_extra_whitespaces: spec.remove_extra_whitespaces(),
            escape_whitespaces: spec.escape_whitespaces(),
            whitespace_as_suffix,
        })
    }

    /// The normalised text; what begins with one of `kept` stays as it is.
    pub(crate) fn normalize(&self, text: &str, kept: &Trie) -> String {
        let mut rest = text;
        if self.remove_extra_whitespaces {
            while let Some((" ", length)) = self.step(rest, kept) {
                rest = &rest[length..];
            }
        }
        let mut out = String::with_capacity(text.len() + text.len() / 2);
        if rest.is_empty() {
            return out;
        }
        let space = if self.escape_whitespaces { SPACE } else { " " };
        if self.add_dummy_prefix && !self.whitespace_as_suffix {
            out.push_str(space);
        }
        let mut after_space = self.remove_extra_whitespaces;
        while let Some((mut written, length)) = self.step(rest, kept) {
            if after_space {
                written = written.trim_start_matches(' ');
            }
            if !written.is_empty() {
                after_space = self.remove_extra_whitespaces && written.ends_with(' ');
                if self.escape_whitespaces && written.contains(' ') {
                    out.push_str(&written.replace(' ', SPACE));
                } else {
                    out.push_str(written);
                }
            }
            rest = &rest[length..];
        }
        if self.remove_extra_whitespaces {
            out.truncate(out.trim_end_matches(space).len());
        }
        if self.add_dummy_prefix && self.whitespace_as_suffix {
            out.push_str(space);
        }
        out
    }

    /// What the beginning of a text becomes, and how many bytes it takes.
    fn step<'a>(&'a self, text: &'a str, kept: &Trie) -> Option<(&'a str, usize)> {
        let first = text.chars().next()?;
        if let Some(length) = kept.longest_prefix(text) {
            return Some((&text[..length], length));
        }
        let rule = self.rules.as_ref().and_then(|rules| rules.longest(text));
        Some(match rule {
            Some((length, written)) => (written, length),
            None => (&text[..first.len_utf8()], first.len_utf8()),
        })
    }
}
