//! Fetching a model from the hub, with what there is to know first.

use std::ops::ControlFlow;
use std::path::PathBuf;

use indicatif::{DecimalBytes, ProgressBar, ProgressStyle};
use khulasa::hub::{Event, Hub, Listing, Settings};
use khulasa::{Error, derive_card};

use super::OnHub;
use crate::output::write_stderr;
use crate::stop::{self, Stop};

/// Fetches a model, and returns the folder of its files. Before it begins, licence, size and files
/// are shown.
///
/// # Errors
/// What the hub, the network or the disk say.
pub(super) fn pull(model: &OnHub, settings: Settings, quiet: bool) -> Result<PathBuf, Stop> {
    let cache = settings.cache.display().to_string();
    let hub = Hub::new(settings).map_err(Error::from)?;
    let listing = hub.list(&model.id, model.file()).map_err(Error::from)?;
    let mut bars = Bars {
        notice: Some(notice(model, &listing, &cache)),
        quiet,
        current: None,
    };
    let fetched = hub.fetch(&listing, &mut |event| bars.observe(&event));
    bars.clear();
    fetched.map_err(|error| match Error::from(error) {
        Error::Cancelled => Stop::Interrupted,
        error => error.into(),
    })
}

/// Fetches what says of which kind a model without a card is, so that no weights come that cannot
/// be used.
///
/// # Errors
/// That the model needs a card; as [`pull`].
pub(super) fn check(model: &OnHub, settings: Settings) -> Result<(), Stop> {
    let hub = Hub::new(settings).map_err(Error::from)?;
    let mut listing = hub.list(&model.id, None).map_err(Error::from)?;
    listing.files.retain(|file| file.name == "config.json");
    let fetched = hub.fetch(&listing, &mut |_| stop::go_on());
    derive_card(&fetched.map_err(Error::from)?, Some(&model.id))?;
    Ok(())
}

/// What is to be known before a model is fetched.
fn notice(model: &OnHub, listing: &Listing, cache: &str) -> String {
    let mut lines = vec![match &model.card {
        Some(card) => format!("{}: {}", model.id, card.description),
        None => format!("{}: nobody has written a card about it", model.id),
    }];
    let card = model.card.as_ref();
    let licence = card.map(|card| card.licence.as_str());
    let licence = licence.or(listing.licence.as_deref());
    lines.push(format!("  licence  {}", licence.unwrap_or("not named")));
    if card.is_some_and(|card| card.non_commercial) || listing.non_commercial() {
        lines.push("           This licence forbids commercial use.".to_owned());
    }
    if let Some(notice) = card.and_then(|card| card.notice.as_ref()) {
        lines.push(format!("           {notice}"));
    }
    let files = listing.files.len();
    lines.push(format!(
        "  size     {} in {files} file{}, to {cache}",
        DecimalBytes(listing.bytes()),
        if files == 1 { "" } else { "s" }
    ));
    for file in &listing.files {
        let size = DecimalBytes(file.bytes).to_string();
        lines.push(format!("           {size:>10}  {}", file.name));
    }
    lines.join("\n")
}

/// A bar for every file on standard error; lines if that is no terminal.
struct Bars {
    /// Shown before the first byte is fetched.
    notice: Option<String>,
    quiet: bool,
    current: Option<(String, ProgressBar)>,
}

impl Bars {
    fn observe(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        match event {
            Event::Progress { file, done, bytes } => {
                if let Some(notice) = self.notice.take() {
                    write_stderr(&notice);
                }
                self.bar(file, *bytes).set_position(*done);
            }
            Event::Done { file, bytes } => self.done(file, *bytes),
            Event::Retry {
                file,
                reason,
                pause,
            } => {
                let pause = pause.as_secs_f64();
                self.say(&format!("{file}: {reason}; again in {pause:.1} s"));
            }
            Event::Locked => self.say("waiting for another process, which is fetching this model"),
            _ => {}
        }
        stop::go_on()
    }

    fn bar(&mut self, file: &str, bytes: u64) -> &ProgressBar {
        if self.current.as_ref().is_none_or(|(name, _)| name != file) {
            self.clear();
        }
        let quiet = self.quiet;
        let (_, bar) = self.current.get_or_insert_with(|| {
            let bar = match quiet {
                true => ProgressBar::hidden(),
                false => ProgressBar::new(bytes),
            };
            let template =
                "{wide_msg} {bar:20.green/dim} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("━╸─"));
            }
            bar.set_message(file.to_owned());
            (file.to_owned(), bar)
        });
        bar
    }

    /// Ends with a file, if anything of it was fetched.
    fn done(&mut self, file: &str, bytes: u64) {
        let Some((_, bar)) = self.current.take_if(|(name, _)| name == file) else {
            return;
        };
        match bar.is_hidden() {
            true if self.quiet => {}
            true => write_stderr(&format!("{file}: fetched, {}", DecimalBytes(bytes))),
            false => bar.finish(),
        }
    }

    fn say(&self, message: &str) {
        match &self.current {
            Some((_, bar)) => bar.suspend(|| write_stderr(message)),
            None => write_stderr(message),
        }
    }

    fn clear(&mut self) {
        if let Some((_, bar)) = self.current.take() {
            bar.abandon();
        }
    }
}
