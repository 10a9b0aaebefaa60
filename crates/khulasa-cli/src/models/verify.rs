//! `khulasa models verify`.

use std::ops::ControlFlow;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use khulasa::Error;
use khulasa::hub::{Cache, Settings};

use super::OnHub;
use crate::stop::Stop;

/// A line for every file of a model, and status 1 if one is not what the hub promised.
///
/// # Errors
/// That the model is not in the cache, or cannot be read.
pub(super) fn verify(model: &OnHub) -> Result<(String, ExitCode), Stop> {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{wide_msg} {bar:12.green/dim} {bytes}") {
        bar.set_style(style.progress_chars("━╸─"));
    }
    let cache = Cache::new(Settings::from_env().cache);
    let verdicts = cache.verify(&model.id, model.file(), &mut |file, done, bytes| {
        bar.set_message(file.to_owned());
        bar.set_length(bytes);
        bar.set_position(done);
        ControlFlow::Continue(())
    });
    bar.finish_and_clear();
    let mut text = String::new();
    let mut wrong = 0;
    for verdict in verdicts.map_err(Error::from)? {
        text += &match verdict.problem {
            None => format!("good   {}\n", verdict.file),
            Some(problem) => {
                wrong += 1;
                format!("WRONG  {}: {problem}\n", verdict.file)
            }
        };
    }
    if wrong > 0 {
        text += &format!(
            "{}: something is wrong; `khulasa models rm {}` and `khulasa models pull {}` fetch it \
             again\n",
            model.id,
            model.id.repository(),
            model.id
        );
    }
    Ok((text, ExitCode::from(u8::from(wrong > 0))))
}
