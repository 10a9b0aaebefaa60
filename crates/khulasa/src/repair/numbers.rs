//! Figures that a model gets wrong, in the guise of some that it gets right.

use khulasa_tokenizer::Span;

/// The first number that stands for another one.
const FIRST: usize = 101;

/// A text with a small number in the place of each that has two digits or more, and which stands
/// for which; `None` if there are none, or too many.
pub(super) fn protect(text: &str) -> Option<(String, Vec<(String, String)>)> {
    let figures = figures(text);
    let mut free = (FIRST..1000)
        .map(|number| number.to_string())
        .filter(|number| !text.contains(number.as_str()));
    let mut out = String::with_capacity(text.len());
    let mut placeholders: Vec<(String, String)> = Vec::new();
    let mut at = 0;
    for span in figures.into_iter().filter(|span| span.len() > 1) {
        let number = &text[span.clone()];
        let known = placeholders
            .iter()
            .find(|(_, stands_for)| stands_for == number);
        let placeholder = match known {
            Some((placeholder, _)) => placeholder.clone(),
            None => {
                let placeholder = free.next()?;
                placeholders.push((placeholder.clone(), number.to_owned()));
                placeholder
            }
        };
        out.push_str(&text[at..span.start]);
        out.push_str(&placeholder);
        at = span.end;
    }
    out.push_str(&text[at..]);
    (!placeholders.is_empty()).then_some((out, placeholders))
}

/// A text with what the placeholders stand for; `None` if one of them is not in it.
pub(super) fn put_back(text: &str, placeholders: &[(String, String)]) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut open: Vec<&str> = placeholders.iter().map(|(name, _)| name.as_str()).collect();
    while let Some((start, (name, stands_for))) = placeholders
        .iter()
        .filter_map(|pair| Some((at + find(&text[at..], &pair.0)?, pair)))
        .min_by_key(|(start, (name, _))| (*start, std::cmp::Reverse(name.len())))
    {
        out.push_str(&text[at..start]);
        out.push_str(stands_for);
        at = start + name.len();
        open.retain(|other| other != name);
    }
    out.push_str(&text[at..]);
    open.is_empty().then_some(out)
}

/// Where a name stands that no letter or digit goes on with.
fn find(text: &str, name: &str) -> Option<usize> {
    let alone = |&(at, _): &(usize, &str)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    };
    text.match_indices(name).find(alone).map(|(at, _)| at)
}

/// Runs of digits with single separators between them.
fn figures(text: &str) -> Vec<Span> {
    let mut figures: Vec<Span> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
        let end = at + c.len_utf8();
        match figures.last_mut() {
            Some(last) if last.end == at || is_separator(&text[last.end..at]) => last.end = end,
            _ => figures.push(at..end),
        }
    }
    figures
}

fn is_separator(between: &str) -> bool {
    matches!(between, "." | "," | ":" | "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let text = "كلف 3,512,077 دولار و5 سنوات و3,512,077 و101 و17.5";
        let (protected, placeholders) = protect(text).unwrap();
        assert_eq!(protected, "كلف 102 دولار و5 سنوات و102 و103 و104");
        assert_eq!(put_back(&protected, &placeholders), None);
        let english = "It cost 102 dollars (102), 5 years, 103 and 104%.";
        assert_eq!(
            put_back(english, &placeholders).unwrap(),
            "It cost 3,512,077 dollars (3,512,077), 5 years, 101 and 17.5%."
        );
        assert_eq!(put_back("102, 103 and 1040", &placeholders), None);
        assert_eq!(protect("لا شيء هنا 5"), None);
        assert_eq!(put_back("as it was", &[]).unwrap(), "as it was");
    }

    #[test]
    fn more_numbers_than_placeholders() {
        let many: Vec<String> = (0..2000).map(|i| format!("{i}.75")).collect();
        assert_eq!(protect(&many.join(" ")), None);
    }
}
