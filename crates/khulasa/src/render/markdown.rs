//! Markdown: the same parts as the text for a terminal, flags as footnotes.

use std::io::{self, Write};

use super::MADE;
use super::notes::{Notes, advice};
use super::prose::{citation, clean, is_numbered, numbers, without_bullet};
use crate::{Digest, Flag, Kind, TranslatedParagraph};

/// Writes a whole digest.
pub(super) fn write(digest: &Digest, out: &mut impl Write) -> io::Result<()> {
    let paragraphs = &digest.translation.paragraphs;
    let numbers = numbers(paragraphs.iter().map(|p| p.kind));
    let title = paragraphs.iter().position(|p| p.kind == Kind::Title);
    let mut notes = Notes::default();
    if let Some(text) = &digest.title {
        let marks = title.map(|t| paragraphs[t].sentences.iter());
        let marks = marks.into_iter().flatten();
        let marks: String = marks.map(|s| footnotes(&mut notes, &s.flags)).collect();
        writeln!(out, "# {}{marks}\n", escape(text))?;
        if digest.title_made {
            writeln!(out, "*({MADE})*\n")?;
        }
    }
    if let Some(summary) = &digest.summary {
        writeln!(out, "## Summary\n")?;
        for sentence in &summary.sentences {
            let text = escape(&sentence.text);
            let marks = footnotes(&mut notes, &sentence.flags);
            let cited = escape(&citation(&sentence.sources, &numbers));
            let space = if cited.is_empty() { "" } else { " " };
            writeln!(out, "- {text}{marks}{space}{cited}")?;
        }
        writeln!(out)?;
    }
    if !paragraphs.is_empty() {
        writeln!(out, "## Translation\n")?;
    }
    let mut in_list = false;
    for (index, paragraph) in paragraphs.iter().enumerate() {
        if title == Some(index) || !paragraph.kind.is_translated() {
            continue;
        }
        let text = sentences(paragraph, &mut notes);
        if text.is_empty() {
            continue;
        }
        if in_list && paragraph.kind != Kind::ListItem {
            writeln!(out)?;
        }
        in_list = paragraph.kind == Kind::ListItem;
        let number = numbers.get(index).copied().flatten().unwrap_or_default();
        match paragraph.kind {
            Kind::Heading => writeln!(out, "### {text}\n")?,
            Kind::Body => writeln!(out, "\\[{number}\\] {text}\n")?,
            Kind::ListItem => writeln!(out, "- \\[{number}\\] {text}")?,
            _ => writeln!(out, "*{text}*\n")?,
        }
    }
    if in_list {
        writeln!(out)?;
    }
    for (i, note) in notes.texts().iter().enumerate() {
        writeln!(out, "[^{}]: {}", i + 1, escape(note))?;
    }
    if !notes.texts().is_empty() {
        writeln!(out)?;
    }
    writeln!(
        out,
        "---\n\n*{}: translated by {} ({}). {}*\n",
        escape(&digest.id),
        escape(&digest.model.name),
        digest.model.quality.label(),
        advice(digest.model.quality)
    )
}

fn sentences(paragraph: &TranslatedParagraph, notes: &mut Notes) -> String {
    let mut text = String::new();
    for (i, sentence) in paragraph.sentences.iter().enumerate() {
        let target = clean(sentence.target.as_deref().unwrap_or_default());
        let target = match paragraph.kind {
            Kind::ListItem if i == 0 && !is_numbered(&target) => without_bullet(&target),
            _ => &target,
        };
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&escape(target));
        text.push_str(&footnotes(notes, &sentence.flags));
    }
    text
}

fn footnotes(notes: &mut Notes, flags: &[Flag]) -> String {
    let numbers = notes.numbers(flags);
    numbers.iter().map(|n| format!("[^{n}]")).collect()
}

/// A text on one line in which nothing is taken for Markdown or HTML.
///
/// Texts never stand at the start of a line, so that only inline markup has to be escaped.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '|' | '$' | '#' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_for_markup() {
        for (text, expected) in [
            ("<script>", "&lt;script>"),
            ("*a* [b](c) `d`", "\\*a\\* \\[b\\](c) \\`d\\`"),
            ("R&D\n# x", "R&amp;D \\# x"),
        ] {
            assert_eq!(escape(text), expected);
        }
    }
}
