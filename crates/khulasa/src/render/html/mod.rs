//! A web page that needs nothing else: Arabic beside English, sentence by sentence.

mod escape;

use std::io::{self, Write};

use self::escape::Html;
use super::MADE;
use super::notes::{Notes, advice};
use super::prose::{clean, is_numbered, numbers, without_bullet};
use crate::{Digest, Flag, Kind, SentenceId, Span, Summary, TranslatedParagraph};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Writes digests as one self-contained web page: styles and script inline, nothing fetched from
/// anywhere, every text escaped. More than one digest get a table of contents.
///
/// # Errors
/// Whatever the writer reports.
pub fn html(digests: &[Digest], mut out: impl Write) -> io::Result<()> {
    let title = match digests {
        [digest] => headline(digest),
        _ => contents_title(digests.len()),
    };
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        Html(&title)
    )?;
    if digests.len() != 1 {
        contents(digests, &mut out)?;
    }
    writeln!(out, "<main>")?;
    for (i, digest) in digests.iter().enumerate() {
        Article::new(digest, i + 1, digests.len() == 1).write(&mut out)?;
    }
    write!(
        out,
        "</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

fn contents_title(digests: usize) -> String {
    match digests {
        1 => "1 article".to_owned(),
        n => format!("{n} articles"),
    }
}

fn contents(digests: &[Digest], out: &mut impl Write) -> io::Result<()> {
    let title = contents_title(digests.len());
    writeln!(out, "<nav class=\"contents\">\n<h1>{title}</h1>\n<ol>")?;
    for (i, digest) in digests.iter().enumerate() {
        let title = headline(digest);
        write!(out, "<li><a href=\"#d{}\">{}</a>", i + 1, Html(&title))?;
        let first = digest.summary.as_ref().and_then(|s| s.sentences.first());
        if let Some(sentence) = first {
            write!(out, "<p dir=\"auto\">{}</p>", Html(&sentence.text))?;
        }
        writeln!(out, "</li>")?;
    }
    writeln!(out, "</ol>\n</nav>")
}

/// The English headline, or what the article goes by where it has none.
fn headline(digest: &Digest) -> String {
    let title = clean(digest.title.as_deref().unwrap_or_default());
    if title.is_empty() {
        clean(&digest.id)
    } else {
        title
    }
}

/// One digest on its way to the page.
struct Article<'a> {
    digest: &'a Digest,
    /// Its place on the page, from 1: the first part of all its anchors.
    place: usize,
    /// The level of its headline.
    level: usize,
    numbers: Vec<Option<usize>>,
    title: Option<usize>,
    notes: Notes,
}

impl<'a> Article<'a> {
    fn new(digest: &'a Digest, place: usize, alone: bool) -> Self {
        let paragraphs = &digest.translation.paragraphs;
        Self {
            digest,
            place,
            level: if alone { 1 } else { 2 },
            numbers: numbers(paragraphs.iter().map(|p| p.kind)),
            title: paragraphs.iter().position(|p| p.kind == Kind::Title),
            notes: Notes::default(),
        }
    }

    fn write(mut self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "<article class=\"digest\" id=\"d{}\">", self.place)?;
        self.header(out)?;
        if let Some(summary) = &self.digest.summary {
            self.summary(summary, out)?;
        }
        let paragraphs = &self.digest.translation.paragraphs;
        if !paragraphs.is_empty() {
            writeln!(out, "<section class=\"translation\">")?;
            let level = self.level + 1;
            writeln!(out, "<h{level} class=\"label\">Translation</h{level}>")?;
            for (index, paragraph) in paragraphs.iter().enumerate() {
                if self.title != Some(index) {
                    self.paragraph(index, paragraph, out)?;
                }
            }
            writeln!(out, "</section>")?;
        }
        self.notes(out)?;
        self.footer(out)?;
        writeln!(out, "</article>")
    }

    fn header(&mut self, out: &mut impl Write) -> io::Result<()> {
        let (digest, level) = (self.digest, self.level);
        let label = digest.model.quality.label();
        writeln!(
            out,
            "<header>\n<p class=\"badge\">Machine translation · {label}</p>"
        )?;
        match self.title.map(|t| (t, &digest.translation.paragraphs[t])) {
            Some((index, title)) => {
                write!(out, "<h{level}>")?;
                self.english(index, title, out)?;
                write!(
                    out,
                    "</h{level}>\n<p class=\"headline\" lang=\"ar\" dir=\"rtl\">"
                )?;
                self.arabic(index, title, out)?;
                writeln!(out, "</p>")?;
            }
            None => {
                writeln!(out, "<h{level}>{}</h{level}>", Html(&headline(digest)))?;
                if digest.title_made {
                    writeln!(out, "<p class=\"badge\">{MADE}</p>")?;
                }
            }
        }
        writeln!(out, "</header>")
    }

    fn summary(&mut self, summary: &Summary, out: &mut impl Write) -> io::Result<()> {
        let level = self.level + 1;
        writeln!(
            out,
            "<section class=\"summary\">\n<h{level} class=\"label\">Summary</h{level}>\n<ul>"
        )?;
        for sentence in &summary.sentences {
            let sources = sentence.sources.iter().copied();
            let sources: Vec<SentenceId> = sources.filter(|&id| self.is_shown(id)).collect();
            write!(out, "<li>")?;
            match sources.first() {
                None => write!(out, "<span dir=\"auto\">{}</span>", Html(&sentence.text))?,
                Some(&best) => {
                    let keys: Vec<String> = sources.iter().map(|&id| self.key(id)).collect();
                    write!(
                        out,
                        "<a class=\"claim\" href=\"#s{}\" data-sources=\"{}\" dir=\"auto\">{}</a>",
                        self.key(best),
                        keys.join(" "),
                        Html(&sentence.text)
                    )?;
                }
            }
            self.marks(&sentence.flags, out)?;
            self.cites(&sources, out)?;
            writeln!(out, "</li>")?;
        }
        writeln!(out, "</ul>\n</section>")
    }

    /// Links to the paragraphs that some sentences stand in.
    fn cites(&self, sources: &[SentenceId], out: &mut impl Write) -> io::Result<()> {
        let number = |id: &SentenceId| self.numbers.get(id.paragraph).copied().flatten();
        let mut sources = sources.to_vec();
        sources.sort_by_key(|id| id.paragraph);
        for paragraph in sources.chunk_by(|a, b| a.paragraph == b.paragraph) {
            let Some(number) = number(&paragraph[0]) else {
                continue;
            };
            let keys: Vec<String> = paragraph.iter().map(|&id| self.key(id)).collect();
            write!(
                out,
                " <a class=\"cite\" href=\"#s{}\" data-sources=\"{}\" \
                 aria-label=\"Source: paragraph {number}\">{number}</a>",
                keys[0],
                keys.join(" ")
            )?;
        }
        Ok(())
    }

    /// Whether a sentence is on the page.
    fn is_shown(&self, id: SentenceId) -> bool {
        let paragraph = self.digest.translation.paragraphs.get(id.paragraph);
        paragraph.is_some_and(|p| p.kind.is_translated() && id.sentence < p.sentences.len())
    }

    fn key(&self, id: SentenceId) -> String {
        format!("{}-{}-{}", self.place, id.paragraph, id.sentence)
    }

    fn paragraph(
        &mut self,
        index: usize,
        paragraph: &TranslatedParagraph,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let class = match paragraph.kind {
            Kind::Title | Kind::Heading => "heading",
            Kind::Dateline | Kind::Byline => "about",
            Kind::Body => "body",
            Kind::ListItem => "item",
            Kind::Boilerplate => "site",
        };
        writeln!(out, "<div class=\"pair {class}\">")?;
        if !paragraph.kind.is_translated() {
            return writeln!(
                out,
                "<p class=\"en\">Site text, not translated</p>\n\
                 <p class=\"ar\" lang=\"ar\" dir=\"rtl\">{}</p>\n</div>",
                Html(&paragraph.source)
            );
        }
        if let Some(number) = self.numbers.get(index).copied().flatten() {
            writeln!(
                out,
                "<span class=\"number\" aria-hidden=\"true\">{number}</span>"
            )?;
        }
        let level = self.level + 2;
        match paragraph.kind {
            Kind::Heading => {
                write!(out, "<h{level} class=\"en\">")?;
                self.english(index, paragraph, out)?;
                writeln!(out, "</h{level}>")?;
            }
            _ => {
                write!(out, "<p class=\"en\">")?;
                self.english(index, paragraph, out)?;
                writeln!(out, "</p>")?;
            }
        }
        write!(out, "<p class=\"ar\" lang=\"ar\" dir=\"rtl\">")?;
        self.arabic(index, paragraph, out)?;
        writeln!(out, "</p>\n</div>")
    }

    fn english(
        &mut self,
        index: usize,
        paragraph: &TranslatedParagraph,
        out: &mut impl Write,
    ) -> io::Result<()> {
        for (i, sentence) in paragraph.sentences.iter().enumerate() {
            let key = self.key((index, i).into());
            let target = sentence.target.as_deref().unwrap_or_default();
            let cleaned = clean(target);
            // Spans are those of the target as it came.
            let flags = if cleaned == target {
                &sentence.flags[..]
            } else {
                &[]
            };
            let (bullet, text) = match paragraph.kind {
                Kind::ListItem if i == 0 && !is_numbered(&cleaned) => {
                    ("• ", without_bullet(&cleaned))
                }
                _ => ("", &*cleaned),
            };
            let flagged = if sentence.flags.is_empty() {
                ""
            } else {
                " flagged"
            };
            let space = if i == 0 { "" } else { " " };
            write!(
                out,
                "{space}{bullet}<span class=\"s{flagged}\" id=\"s{key}\" data-s=\"{key}\" \
                 tabindex=\"-1\" dir=\"auto\">"
            )?;
            let start = cleaned.len() - text.len();
            let spans = flags.iter().filter_map(|flag| flag.target.as_ref());
            let spans = spans.map(|s| s.start.saturating_sub(start)..s.end.saturating_sub(start));
            underlined(text, spans.collect(), out)?;
            write!(out, "</span>")?;
            self.marks(&sentence.flags, out)?;
        }
        Ok(())
    }

    fn arabic(
        &self,
        index: usize,
        paragraph: &TranslatedParagraph,
        out: &mut impl Write,
    ) -> io::Result<()> {
        for (i, sentence) in paragraph.sentences.iter().enumerate() {
            let key = self.key((index, i).into());
            let space = if i == 0 { "" } else { " " };
            write!(
                out,
                "{space}<span class=\"s\" data-s=\"{key}\" tabindex=\"-1\">"
            )?;
            let spans = sentence.flags.iter().filter_map(|flag| flag.source.clone());
            underlined(&sentence.source, spans.collect(), out)?;
            write!(out, "</span>")?;
        }
        Ok(())
    }

    fn marks(&mut self, flags: &[Flag], out: &mut impl Write) -> io::Result<()> {
        for number in self.notes.numbers(flags) {
            let text = self.notes.texts()[number - 1].as_str();
            write!(
                out,
                "<sup><a class=\"mark\" href=\"#n{}-{number}\" title=\"{}\" \
                 aria-label=\"Note {number}\">!{number}</a></sup>",
                self.place,
                Html(text)
            )?;
        }
        Ok(())
    }

    fn notes(&self, out: &mut impl Write) -> io::Result<()> {
        if self.notes.texts().is_empty() {
            return Ok(());
        }
        let level = self.level + 1;
        writeln!(
            out,
            "<section class=\"notes\">\n\
             <h{level} class=\"label\">To check with the Arabic</h{level}>\n<ol>"
        )?;
        for (i, note) in self.notes.texts().iter().enumerate() {
            writeln!(
                out,
                "<li id=\"n{}-{}\">{}</li>",
                self.place,
                i + 1,
                Html(note)
            )?;
        }
        writeln!(out, "</ol>\n</section>")
    }

    fn footer(&self, out: &mut impl Write) -> io::Result<()> {
        let model = &self.digest.model;
        write!(
            out,
            "<footer>\n<p><strong>{}</strong> translated by <strong>{}</strong>, {}",
            Html(&clean(&self.digest.id)),
            Html(&clean(&model.name)),
            model.quality.label()
        )?;
        if let Some(licence) = &model.licence {
            write!(out, " (model licence: {})", Html(&clean(licence)))?;
        }
        writeln!(
            out,
            ". {} Made with khulasa.</p>\n</footer>",
            advice(model.quality)
        )
    }
}

/// Writes a text with what flags are about underlined. Spans that don't fit the text are left out.
fn underlined(text: &str, mut spans: Vec<Span>, out: &mut impl Write) -> io::Result<()> {
    spans.retain(|span| span.start < span.end && text.get(span.clone()).is_some());
    spans.sort_unstable_by_key(|span| span.start);
    let mut at = 0;
    for span in spans {
        let start = span.start.max(at);
        if start < span.end {
            let (before, what) = (&text[at..start], &text[start..span.end]);
            write!(out, "{}<u>{}</u>", Html(before), Html(what))?;
            at = span.end;
        }
    }
    write!(out, "{}", Html(&text[at..]))
}
