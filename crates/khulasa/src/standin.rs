//! Simplest forms of what `khulasa-tokenizer` is going to offer under the same names.

pub(crate) mod normalize {
    pub(crate) fn for_model(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

pub(crate) mod english {
    pub(crate) fn tidy(text: &str) -> String {
        text.trim().to_owned()
    }
}

pub(crate) mod clauses {
    use khulasa_tokenizer::Span;

    pub(crate) fn split_long(text: &str, fits: impl Fn(&str) -> bool) -> Vec<Span> {
        if fits(text) {
            return std::iter::once(0..text.len()).collect();
        }
        let mut spans = Vec::new();
        let mut start = 0;
        for (i, _) in text.match_indices('،') {
            spans.push(start..i + '،'.len_utf8());
            start = i + '،'.len_utf8();
        }
        if start < text.len() {
            spans.push(start..text.len());
        }
        spans
    }

    pub(crate) fn join(parts: &[String]) -> String {
        parts.join(" ")
    }
}
