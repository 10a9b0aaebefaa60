//! The work on many articles at once, so that the model's batches are full.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;

use khulasa::render::Parts;
use khulasa::{Article, Digest, Khulasa};

use super::{Run, digest};
use crate::inputs::Input;
use crate::progress::Progress;
use crate::stop::{self, Stop};

/// Articles at once: enough for full batches while some of them are being checked or repaired.
const TOGETHER: usize = 8;

/// Articles that are begun before the first one of them is delivered: results wait for it, and
/// take memory.
const AHEAD: usize = 8 * TOGETHER;

/// An article with its place among the others.
type Task = (usize, Article);

/// An article and what became of it.
type Outcome = (Article, khulasa::Result<Digest>);

/// Works the articles through, and delivers what becomes of them in their order.
///
/// # Errors
/// What keeps it from going on.
pub(super) fn run(run: &mut Run<'_>, inputs: Vec<Input>) -> Result<(), Stop> {
    let mut inputs = inputs.into_iter().enumerate();
    // What became of articles that others stand before; nothing, if it could not be read.
    let mut ready: BTreeMap<usize, Option<Outcome>> = BTreeMap::new();
    let (mut begun, mut delivered) = (0, 0);
    std::thread::scope(|scope| {
        let mut team: Option<Team> = None;
        loop {
            let room = (delivered + AHEAD).saturating_sub(begun);
            for (number, input) in inputs.by_ref().take(room) {
                begun += 1;
                run.progress.begin(&input.name());
                let Some(article) = run.read(input) else {
                    ready.insert(number, None);
                    continue;
                };
                let team = match &mut team {
                    Some(team) => team,
                    None => {
                        let khulasa = run.khulasa()?;
                        let parts = run.job.parts;
                        team.insert(Team::start(scope, &khulasa, parts, &run.progress))
                    }
                };
                // Its threads are there as long as it is.
                let _ = team.give.send((number, article));
            }
            while let Some(outcome) = ready.remove(&delivered) {
                delivered += 1;
                if let Some((article, digest)) = outcome {
                    run.finish(&article, digest)?;
                }
                run.end()?;
            }
            match &team {
                Some(team) if delivered < begun => {
                    let outcome = team.outcome();
                    ready.extend(outcome.map(|(number, outcome)| (number, Some(outcome))));
                }
                _ if inputs.len() == 0 => return Ok(()),
                _ => {}
            }
        }
    })
}

/// Threads that work on articles.
struct Team {
    give: Sender<Task>,
    outcomes: Receiver<(usize, std::thread::Result<Outcome>)>,
    stopped: Arc<AtomicBool>,
}

impl Team {
    fn start<'s>(
        scope: &'s Scope<'s, '_>,
        khulasa: &Khulasa,
        parts: Parts,
        progress: &Arc<Progress>,
    ) -> Self {
        let (give, tasks) = channel::<Task>();
        let tasks = Arc::new(Mutex::new(tasks));
        let (done, outcomes) = channel();
        let stopped = Arc::new(AtomicBool::new(false));
        for _ in 0..TOGETHER {
            let (khulasa, progress) = (khulasa.clone(), progress.clone());
            let (tasks, done, stopped) = (tasks.clone(), done.clone(), stopped.clone());
            scope.spawn(move || {
                let next = || {
                    let tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
                    tasks.recv().ok()
                };
                while let Some((number, article)) = next() {
                    let outcome = catch_unwind(AssertUnwindSafe(|| {
                        let digest = digest(&khulasa, &article, parts, &mut |event| {
                            progress.observe(&event);
                            match stopped.load(Ordering::Relaxed) {
                                true => ControlFlow::Break(()),
                                false => stop::go_on(),
                            }
                        });
                        (article, digest)
                    }));
                    if done.send((number, outcome)).is_err() {
                        break;
                    }
                }
            });
        }
        Self {
            give,
            outcomes,
            stopped,
        }
    }

    /// The next outcome. A panic goes on here: whoever waits for its article would wait for ever.
    fn outcome(&self) -> Option<(usize, Outcome)> {
        let (number, outcome) = self.outcomes.recv().ok()?;
        let outcome = outcome.unwrap_or_else(|panic| resume_unwind(panic));
        Some((number, outcome))
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}
