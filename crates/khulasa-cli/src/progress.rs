//! What a reader at a terminal sees while she waits.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{
    HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle,
};
use khulasa::Event;

use crate::output::{write_stderr, write_stdout};

/// The bar's steps for one article.
const STEPS: u64 = 1000;

/// A bar on standard error, if that is a terminal.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    articles: usize,
    current: Mutex<Current>,
}

/// What is being worked on.
#[derive(Debug, Default)]
struct Current {
    /// Articles that are done with, well or badly.
    finished: usize,
    /// Articles under way; what follows is theirs.
    articles: usize,
    sentences: usize,
    translated: usize,
    output_tokens: usize,
    started: Option<Instant>,
}

impl Progress {
    /// A bar for so many articles; hidden if it is not wanted or standard error is no terminal.
    pub fn new(articles: usize, wanted: bool) -> Self {
        let target = if wanted {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(articles as u64 * STEPS), target);
        let template = "{spinner:.dim} {wide_msg} {bar:12.green/dim} {prefix}{left}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸─").with_key("left", left));
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self {
            bar,
            articles,
            current: Mutex::default(),
        }
    }

    /// Shows what takes a moment before the work on the article begins.
    pub fn show(&self, what: String) {
        self.bar.set_prefix(what);
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins with an article, while others may be under way.
    pub fn begin(&self, name: &str) {
        let mut current = self.current();
        current.articles += 1;
        let name = Path::new(name).file_name().unwrap_or(name.as_ref());
        let name = name.to_string_lossy().replace(char::is_control, "");
        self.bar
            .set_message(match (self.articles, current.articles) {
                (1, _) => name,
                (articles, 1) => format!("{}/{articles} {name}", current.finished + 1),
                (articles, _) => format!("{}/{articles} articles", current.finished),
            });
        if current.articles == 1 {
            self.bar.set_prefix("");
        }
    }

    /// Takes note of an event.
    pub fn observe(&self, event: &Event<'_>) {
        let mut current = self.current();
        match event {
            Event::Planned { sentences } => current.sentences += *sentences,
            Event::Step { output_tokens, .. } => {
                current.output_tokens += output_tokens;
                current.started.get_or_insert_with(Instant::now);
            }
            Event::Translated(_) => current.translated += 1,
            _ => return,
        }
        let rate = current.started.map_or(0.0, |started| {
            current.output_tokens as f64 / started.elapsed().as_secs_f64().max(0.001)
        });
        self.bar.set_prefix(format!(
            "{}/{} sentences, {} tokens/s",
            current.translated,
            current.sentences,
            HumanCount(rate as u64)
        ));
        if current.articles == 1 {
            let part = STEPS * current.translated as u64 / current.sentences.max(1) as u64;
            let before = current.finished as u64 * STEPS;
            self.bar.set_position(before + part.min(STEPS));
        }
    }

    /// Ends with an article.
    pub fn end(&self) {
        let mut current = self.current();
        current.finished += 1;
        current.articles -= 1;
        self.bar.set_position(current.finished as u64 * STEPS);
        if current.articles > 1 {
            let message = format!("{}/{} articles", current.finished, self.articles);
            self.bar.set_message(message);
        } else if current.articles == 0 {
            *current = Current {
                finished: current.finished,
                ..Current::default()
            };
        }
    }

    /// Writes a message to standard error, above the bar.
    pub fn say(&self, message: &str) {
        self.bar.suspend(|| write_stderr(message));
    }

    /// Does something that shows its own progress, and the bar is away meanwhile.
    pub fn aside<T>(&self, work: impl FnOnce() -> T) -> T {
        self.bar.suspend(work)
    }

    /// Standard output, above the bar; what is written to it comes after `first`.
    pub fn screen(&self, first: &str) -> Screen {
        Screen {
            bar: self.bar.clone(),
            lines: first.into(),
        }
    }
}

/// The time that is left, once anything is done.
fn left(state: &ProgressState, out: &mut dyn fmt::Write) {
    if state.pos() > 0 {
        // Nothing is shown where it cannot be written.
        let _ = write!(out, ", {:#} left", HumanDuration(state.eta()));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Standard output where a bar may stand below it: what is written appears when it is flushed,
/// which is to be at the end of a line.
#[derive(Debug)]
pub struct Screen {
    bar: ProgressBar,
    lines: Vec<u8>,
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lines.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = self.bar.suspend(|| write_stdout(&self.lines));
        self.lines.clear();
        written
    }
}
