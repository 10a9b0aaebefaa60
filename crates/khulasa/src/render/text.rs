//! For a terminal: headline, summary, translation, each as soon as it is known.

use std::io::{self, Write};

use textwrap::{Options, WordSeparator, WrapAlgorithm};

use super::notes::Notes;
use super::prose::{citation, clean, is_numbered, numbers, without_bullet};
use super::{MADE, RenderOptions};
use crate::{Article, Digest, Event, Flag, Kind, ModelInfo, SentenceId, Summary};

/// Lines are never made narrower than this.
const NARROWEST: usize = 24;
/// The columns that paragraph numbers stand in.
const GUTTER: &str = "     ";

/// What a text is to hold besides the headline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// The summary.
    pub summary: bool,
    /// The translation.
    pub translation: bool,
}

/// Writes an article's digest as text while it is being made.
///
/// It is given events as they happen and writes headline, summary and paragraphs in this order,
/// each as soon as it and everything before it is complete.
///
/// ```
/// # use khulasa::{Article, Khulasa, Result, render::{Parts, RenderOptions, TextStream}};
/// # fn show(khulasa: &Khulasa, article: &Article) -> Result<std::io::Result<()>> {
/// use std::ops::ControlFlow;
///
/// let parts = Parts { summary: true, translation: true };
/// let options = RenderOptions::default();
/// let mut stream = TextStream::new(std::io::stdout(), article, parts, &options);
/// let mut written = Ok(());
/// let digest = khulasa.digest_with(article, &mut |event| {
///     written = stream.push(&event);
///     if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
/// })?;
/// # Ok(
/// written.and_then(|()| stream.finish(&digest.model).map(drop))
/// # )
/// # }
/// ```
#[derive(Debug)]
pub struct TextStream<W> {
    pub(super) page: Page<W>,
    id: String,
    parts: Parts,
    paragraphs: Vec<Pending>,
    title: Option<usize>,
    /// The headline that was made, once it is known whether there is one.
    made: Option<Option<String>>,
    summary: Option<Summary>,
    stage: Stage,
}

/// A paragraph and those of its sentences that have come.
#[derive(Debug)]
struct Pending {
    kind: Kind,
    missing: usize,
    sentences: Vec<Option<(String, Vec<Flag>)>>,
}

/// What is to be written next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Headline,
    Summary,
    Paragraph(usize),
}

impl<W: Write> TextStream<W> {
    /// Begins the text of an article's digest.
    pub fn new(out: W, article: &Article, parts: Parts, options: &RenderOptions) -> Self {
        let shape = article
            .paragraphs
            .iter()
            .map(|p| (p.kind, p.sentences.len()));
        Self::with_shape(out, article.id.clone(), shape, parts, options)
    }

    pub(super) fn with_shape(
        out: W,
        id: String,
        shape: impl Iterator<Item = (Kind, usize)>,
        parts: Parts,
        options: &RenderOptions,
    ) -> Self {
        let pending = |(kind, sentences): (Kind, usize)| Pending {
            kind,
            missing: sentences,
            sentences: vec![None; sentences],
        };
        let paragraphs: Vec<Pending> = shape.map(pending).collect();
        let numbers = match parts.translation {
            true => numbers(paragraphs.iter().map(|p| p.kind)),
            false => Vec::new(),
        };
        Self {
            page: Page {
                out,
                options: *options,
                numbers,
                notes: Notes::default(),
                empty: true,
                in_list: false,
            },
            id,
            parts,
            title: paragraphs.iter().position(|p| p.kind == Kind::Title),
            paragraphs,
            made: None,
            summary: None,
            stage: Stage::Headline,
        }
    }

    /// Takes note of an event and writes what it completes. Each sentence counts once.
    ///
    /// # Errors
    /// Whatever the writer reports.
    pub fn push(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Translated(s) => {
                self.translated(s.id, s.target.as_deref().unwrap_or_default(), &s.flags)
            }
            Event::Headline(made) => self.headlined(*made),
            Event::Summarized(summary) => self.summarized(summary),
            _ => Ok(()),
        }
    }

    fn translated(&mut self, id: SentenceId, text: &str, flags: &[Flag]) -> io::Result<()> {
        let Some(paragraph) = self.paragraphs.get_mut(id.paragraph) else {
            return Ok(());
        };
        if let Some(slot @ None) = paragraph.sentences.get_mut(id.sentence) {
            *slot = Some((clean(text), flags.to_vec()));
            paragraph.missing -= 1;
        }
        self.advance()
    }

    fn headlined(&mut self, made: Option<&str>) -> io::Result<()> {
        self.made = Some(made.map(clean));
        self.advance()
    }

    fn summarized(&mut self, summary: &Summary) -> io::Result<()> {
        self.summary = Some(summary.clone());
        self.advance()
    }

    /// Writes the notes on flagged sentences and the name of the model, and gives the writer back.
    ///
    /// # Errors
    /// Whatever the writer reports.
    pub fn finish(mut self, model: &ModelInfo) -> io::Result<W> {
        let site_lines = match self.parts.translation {
            true => self
                .paragraphs
                .iter()
                .filter(|p| !p.kind.is_translated())
                .count(),
            false => 0,
        };
        self.page.end(&self.id, model, site_lines)?;
        Ok(self.page.out)
    }

    /// Writes everything that can be written by now.
    fn advance(&mut self) -> io::Result<()> {
        let before = self.stage;
        while let Some(next) = self.step()? {
            self.stage = next;
        }
        if self.stage == before {
            return Ok(());
        }
        self.page.out.flush()
    }

    /// Writes the next part if it is complete, and says what comes after it.
    fn step(&mut self) -> io::Result<Option<Stage>> {
        match self.stage {
            Stage::Headline => {
                let title = self.title.map(|title| &mut self.paragraphs[title]);
                match title {
                    Some(title) if title.missing > 0 => return Ok(None),
                    Some(title) => self.page.headline(title)?,
                    None => match self.made.take() {
                        None => return Ok(None),
                        Some(None) => {}
                        Some(Some(made)) => self.page.made_headline(&made)?,
                    },
                }
                Ok(Some(Stage::Summary))
            }
            Stage::Summary => {
                if self.parts.summary {
                    let Some(summary) = self.summary.take() else {
                        return Ok(None);
                    };
                    self.page.summary(&summary)?;
                }
                if self.parts.translation && self.parts.summary {
                    self.page.section("Translation")?;
                }
                let first = match self.parts.translation {
                    true => 0,
                    false => self.paragraphs.len(),
                };
                Ok(Some(Stage::Paragraph(first)))
            }
            Stage::Paragraph(index) => {
                let Some(paragraph) = self.paragraphs.get_mut(index) else {
                    return Ok(None);
                };
                if paragraph.kind.is_translated() && self.title != Some(index) {
                    if paragraph.missing > 0 {
                        return Ok(None);
                    }
                    self.page.paragraph(index, paragraph)?;
                }
                Ok(Some(Stage::Paragraph(index + 1)))
            }
        }
    }
}

/// The text as it grows.
#[derive(Debug)]
pub(super) struct Page<W> {
    pub(super) out: W,
    options: RenderOptions,
    /// The numbers of the paragraphs.
    numbers: Vec<Option<usize>>,
    notes: Notes,
    /// Whether nothing has been written yet.
    empty: bool,
    /// Whether the last block was a list item.
    in_list: bool,
}

const BOLD: &str = "1";
const DIM: &str = "2";
const YELLOW: &str = "33";

impl<W: Write> Page<W> {
    fn headline(&mut self, title: &mut Pending) -> io::Result<()> {
        let text = self.sentences(title);
        self.block("", "", &self.style(BOLD, &text))
    }

    fn made_headline(&mut self, text: &str) -> io::Result<()> {
        let made = self.style(DIM, &format!("({MADE})"));
        let text = format!("{} {made}", self.style(BOLD, text));
        self.block("", "", &text)
    }

    fn section(&mut self, name: &str) -> io::Result<()> {
        self.block("", "", &self.style(BOLD, name))
    }

    fn summary(&mut self, summary: &Summary) -> io::Result<()> {
        self.section("Summary")?;
        for (i, sentence) in summary.sentences.iter().enumerate() {
            let mut text = clean(&sentence.text);
            text.push_str(&self.marks(&sentence.flags));
            let cited = citation(&sentence.sources, &self.numbers);
            if !cited.is_empty() {
                text.push(' ');
                text.push_str(&self.style(DIM, &cited));
            }
            if i == 0 {
                self.gap()?;
            }
            self.lines("  •  ", GUTTER, &text)?;
        }
        Ok(())
    }

    fn paragraph(&mut self, index: usize, paragraph: &mut Pending) -> io::Result<()> {
        let text = self.sentences(paragraph);
        if text.is_empty() {
            return Ok(());
        }
        let in_list = std::mem::replace(&mut self.in_list, paragraph.kind == Kind::ListItem);
        if !(in_list && self.in_list) {
            self.gap()?;
        }
        match paragraph.kind {
            Kind::Heading => self.lines("", "", &self.style(BOLD, &text)),
            Kind::Body | Kind::ListItem => {
                let number = self.numbers.get(index).copied().flatten();
                let number = format!("{:>3}", number.unwrap_or_default());
                let number = self.style(DIM, &number);
                let (bullet, text) = match paragraph.kind {
                    Kind::ListItem if !is_numbered(&text) => ("• ", without_bullet(&text)),
                    _ => ("", &*text),
                };
                let hang = format!("{GUTTER}{}", " ".repeat(bullet.chars().count()));
                self.lines(&format!("{number}  {bullet}"), &hang, text)
            }
            _ => self.lines("", "", &self.style(DIM, &text)),
        }
    }

    /// The sentences of a paragraph with their marks. They are let go: nobody needs them again.
    fn sentences(&mut self, paragraph: &mut Pending) -> String {
        let sentences = std::mem::take(&mut paragraph.sentences);
        let mut text = String::new();
        for (sentence, flags) in sentences.into_iter().flatten() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&sentence);
            text.push_str(&self.marks(&flags));
        }
        text
    }

    /// The marks of some flags, such as ` [!2]`.
    fn marks(&mut self, flags: &[Flag]) -> String {
        let numbers = self.notes.numbers(flags);
        let mark = |n: &usize| format!(" {}", self.style(YELLOW, &format!("[!{n}]")));
        numbers.iter().map(mark).collect()
    }

    /// The notes, and who wrote all this.
    fn end(&mut self, id: &str, model: &ModelInfo, site_lines: usize) -> io::Result<()> {
        let notes = self.notes.texts().to_vec();
        for (i, note) in notes.iter().enumerate() {
            if i == 0 {
                self.gap()?;
            }
            let mark = self.style(YELLOW, &format!("[!{}]", i + 1));
            self.lines(&format!("{mark} "), GUTTER, &self.style(DIM, note))?;
        }
        let mut text = format!(
            "{}: translated by {} ({}).",
            clean(id),
            clean(&model.name),
            model.quality.label()
        );
        match site_lines {
            0 => {}
            1 => text.push_str(" 1 line of site text left out."),
            n => text.push_str(&format!(" {n} lines of site text left out.")),
        }
        self.block("", "", &self.style(DIM, &text))?;
        self.out.flush()
    }

    /// A block of text, an empty line before it.
    fn block(&mut self, first: &str, rest: &str, text: &str) -> io::Result<()> {
        self.gap()?;
        self.lines(first, rest, text)
    }

    fn gap(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.empty) {
            return Ok(());
        }
        self.out.write_all(b"\n")
    }

    /// Wraps a text; the first line begins with `first`, the others with `rest`.
    fn lines(&mut self, first: &str, rest: &str, text: &str) -> io::Result<()> {
        let Some(width) = self.options.width else {
            return writeln!(self.out, "{first}{text}");
        };
        let options = Options::new(width.max(NARROWEST))
            .initial_indent(first)
            .subsequent_indent(rest)
            .word_separator(WordSeparator::AsciiSpace)
            .wrap_algorithm(WrapAlgorithm::FirstFit);
        for line in textwrap::wrap(text, options) {
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }

    fn style(&self, code: &str, text: &str) -> String {
        if self.options.styles {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Writes a whole digest.
pub(super) fn write(digest: &Digest, options: &RenderOptions, out: impl Write) -> io::Result<()> {
    let paragraphs = &digest.translation.paragraphs;
    let parts = Parts {
        summary: digest.summary.is_some(),
        translation: !paragraphs.is_empty(),
    };
    let given = digest.title.as_ref().filter(|_| !digest.title_made);
    let title = (paragraphs.is_empty() && given.is_some()).then_some((Kind::Title, 1));
    let shape = paragraphs.iter().map(|p| (p.kind, p.sentences.len()));
    let shape = title.into_iter().chain(shape);
    let mut stream = TextStream::with_shape(out, digest.id.clone(), shape, parts, options);
    if let (Some(_), Some(text)) = (title, given) {
        stream.translated((0, 0).into(), text, &[])?;
    }
    stream.headlined(digest.title.as_deref().filter(|_| digest.title_made))?;
    if let Some(summary) = &digest.summary {
        stream.summarized(summary)?;
    }
    for (paragraph, p) in paragraphs.iter().enumerate() {
        for (sentence, s) in p.sentences.iter().enumerate() {
            let text = s.target.as_deref().unwrap_or_default();
            stream.translated((paragraph, sentence).into(), text, &s.flags)?;
        }
    }
    stream.advance()?;
    stream.finish(&digest.model).map(drop)
}
