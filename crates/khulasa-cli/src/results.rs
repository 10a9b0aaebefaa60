//! Digests on their way out, in the form that was asked for.

use std::io::{self, IsTerminal};

use khulasa::render::{Parts, RenderOptions, TextStream, html, render};
use khulasa::{Article, Digest};

use crate::args::{Format, OutputArgs};
use crate::inputs::Inputs;
use crate::output::Output;
use crate::progress::{Progress, Screen};
use crate::stop::Stop;

/// Lines are wrapped at the terminal's edge, but never longer than this: longer ones are hard to
/// read.
const WIDEST: u16 = 100;

/// The results of a job.
#[derive(Debug)]
pub struct Results {
    output: Output,
    format: Format,
    layout: RenderOptions,
    delivered: usize,
    /// The digests that are to stand on one web page.
    page: Vec<Digest>,
}

impl Results {
    /// Prepares for them.
    ///
    /// # Errors
    /// As [`Output::open`].
    pub fn new(args: &OutputArgs, articles: &Inputs) -> Result<Self, Stop> {
        let output = Output::open(args, articles)?;
        let layout = match output {
            Output::Stdout if io::stdout().is_terminal() => screen_layout(),
            _ => RenderOptions::default(),
        };
        Ok(Self {
            output,
            format: args.format,
            layout,
            delivered: 0,
            page: Vec::new(),
        })
    }

    /// A stream for the text of an article's digest, if it is to be seen while it is being made.
    pub fn stream(
        &self,
        article: &Article,
        parts: Parts,
        progress: &Progress,
    ) -> Option<TextStream<Screen>> {
        if !self.is_streamed() {
            return None;
        }
        let screen = progress.screen(self.separator());
        Some(TextStream::new(screen, article, parts, &self.layout))
    }

    /// Whether the text of an article is to be seen while it is being made.
    pub fn is_streamed(&self) -> bool {
        self.format == Format::Text && matches!(self.output, Output::Stdout)
    }

    /// What stands between a digest and the one before it.
    fn separator(&self) -> &'static str {
        match self.format {
            Format::Text | Format::Md if self.delivered > 0 && self.output.is_one_place() => {
                "\n---\n\n"
            }
            _ => "",
        }
    }

    /// Delivers a digest, or counts it if it was streamed.
    ///
    /// # Errors
    /// [`Stop::Unread`] and [`Stop::Unwritable`].
    pub fn deliver(&mut self, digest: Digest) -> Result<(), Stop> {
        // The same article gives the same bytes: how long it took is for --verbose to tell.
        let digest = Digest {
            timings: None,
            ..digest
        };
        if self.format == Format::Html && self.output.is_one_place() {
            self.page.push(digest);
        } else if !self.is_streamed() {
            let mut result = self.separator().as_bytes().to_vec();
            let rendered = render(&digest, self.format.into(), &self.layout, &mut result);
            rendered.map_err(|error| Stop::writing(&digest.id, &error))?;
            self.output.write(&digest.id, &result)?;
        }
        self.delivered += 1;
        Ok(())
    }

    /// Completes what is to appear as a whole.
    ///
    /// # Errors
    /// As [`deliver`](Self::deliver).
    pub fn finish(mut self) -> Result<(), Stop> {
        if let Some(first) = self.page.first() {
            let mut result = Vec::new();
            html(&self.page, &mut result).map_err(|error| Stop::writing(&first.id, &error))?;
            self.output.write(&first.id, &result)?;
        }
        self.output.finish()
    }
}

/// How text is laid out on a terminal.
fn screen_layout() -> RenderOptions {
    let columns = terminal_size::terminal_size().map_or(80, |(width, _)| width.0);
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    RenderOptions {
        width: Some(columns.min(WIDEST).into()),
        styles: !no_color && !dumb,
    }
}
