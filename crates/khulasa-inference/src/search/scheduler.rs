//! The prompts of all calls, which run in one batch.
//!
//! Prompts wait in a queue, and as many as fit run at once; one that is done makes room for the
//! next in the middle of everybody else's work (continuous batching; Yu et al. 2022, "Orca").
//! One thread drives the model, and whoever calls hears from it what becomes of her prompts.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use candle_core::Device;
use rayon::prelude::*;

use super::select::Selector;
use super::{Event, Hypothesis, Lengths, Options, Prompt, Running, Scores, Search, with_values};
use crate::cache::Cache;
use crate::model::{Model, Room};
use crate::{Error, Result};

/// Prompt tokens that are enough for one step: more would only take more memory.
const PREFILL: usize = 512;

/// Positions of a row at least, where other calls may join.
const AMPLE: usize = 256;

/// Positions of all rows at most, beyond what one call needs.
const AMPLEST: usize = 1 << 15;

/// How long a thread looks for work during a step before it sleeps: longer than what one thread does
/// alone takes, and short where others want its core.
const PATIENCE: Duration = Duration::from_micros(200);

/// Runs the prompts of all calls.
pub(crate) struct Scheduler {
    model: Arc<dyn Model>,
    joint: bool,
    /// Where calls go; the thread ends when it is gone.
    calls: Option<Sender<Call>>,
    thread: Option<JoinHandle<()>>,
}

/// Prompts that came together.
struct Call {
    prompts: Vec<Prompt>,
    options: Options,
    /// The sequences of one prompt.
    width: usize,
    /// The most sequences that may run while one of them does.
    most: usize,
    /// What it needs by itself.
    room: Room,
    caller: Sender<Message>,
}

/// What a caller hears.
enum Message {
    /// As [`Event::Step`].
    Step(usize, usize),
    /// As [`Event::Done`].
    Done(usize, Vec<Hypothesis>),
    /// Nothing will come of what is not done yet.
    Failed(Error),
}

impl Scheduler {
    /// A scheduler whose model computes on the threads of `pool`. Logits that are not in main
    /// memory are on `device`. `joint` says whether the prompts of several calls run at once: where
    /// a model's numbers depend on what else is in the batch, what came out would depend on who
    /// calls when.
    ///
    /// # Errors
    /// [`Error::Option`] if there can be no more threads.
    pub fn new(
        model: Arc<dyn Model>,
        pool: rayon::ThreadPool,
        device: Option<&Device>,
        joint: bool,
    ) -> Result<Self> {
        let (calls, incoming) = channel();
        let driver = Driver {
            selector: Selector::new(device, model.shape().output_vocab)?,
            model: model.clone(),
            pool,
            joint,
            incoming,
            calls: Vec::new(),
            waiting: VecDeque::new(),
            starting: Vec::new(),
            running: Vec::new(),
            cache: None,
        };
        let thread = std::thread::Builder::new().name("khulasa-search".to_owned());
        let thread = thread
            .spawn(move || driver.run())
            .map_err(|e| Error::Option(format!("threads: {e}")))?;
        Ok(Self {
            model,
            joint,
            calls: Some(calls),
            thread: Some(thread),
        })
    }

    /// See [`crate::Generator::generate`].
    pub fn generate(
        &self,
        prompts: &[Prompt],
        options: &Options,
        observer: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<Vec<Hypothesis>>> {
        let (caller, messages) = channel();
        let call = Call::new(&*self.model, prompts, options, self.joint, caller)?;
        let mut results = vec![Vec::new(); prompts.len()];
        if prompts.is_empty() {
            return Ok(results);
        }
        let ended = || Error::Option("the model's thread has ended: load it again".to_owned());
        let calls = self.calls.as_ref().ok_or_else(ended)?;
        calls.send(call).map_err(|_| ended())?;
        let mut left = prompts.len();
        while left > 0 {
            let flow = match messages.recv().map_err(|_| ended())? {
                Message::Step(input_tokens, output_tokens) => observer(Event::Step {
                    input_tokens,
                    output_tokens,
                }),
                Message::Done(index, hypotheses) => {
                    left -= 1;
                    results[index] = hypotheses;
                    observer(Event::Done {
                        index,
                        hypotheses: &results[index],
                    })
                }
                Message::Failed(error) => return Err(error),
            };
            if flow.is_break() {
                return Err(Error::Cancelled);
            }
        }
        Ok(results)
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.calls = None;
        if let Some(thread) = self.thread.take() {
            // If it panicked, its callers have heard of it.
            let _ = thread.join();
        }
    }
}

impl Call {
    /// A call, if prompts and options have a meaning for the model.
    fn new(
        model: &dyn Model,
        prompts: &[Prompt],
        options: &Options,
        joint: bool,
        caller: Sender<Message>,
    ) -> Result<Self> {
        let width = match &options.search {
            Search::Beam(beam) if beam.size == 0 => {
                return Err(Error::Option(
                    "a beam has at least one hypothesis".to_owned(),
                ));
            }
            Search::Beam(beam) => beam.size,
            Search::Greedy | Search::Sample { .. } => 1,
        };
        let shape = model.shape();
        options.rules.check(shape.output_vocab)?;
        let limit = shape.longest_prompt;
        for (index, prompt) in prompts.iter().enumerate() {
            let tokens = prompt.tokens.len();
            if tokens == 0 || tokens > limit {
                return Err(Error::Prompt {
                    index,
                    tokens,
                    limit,
                });
            }
            if let Some(&token) = prompt.tokens.iter().find(|&&t| t as usize >= shape.vocab) {
                let vocab = shape.vocab;
                return Err(Error::Option(format!(
                    "prompt {index} has token {token} of a vocabulary of {vocab}"
                )));
            }
        }
        let most = match model.one_at_a_time() {
            true => width,
            false => options.batch.max(width),
        };
        let longest = |f: &dyn Fn(&Prompt) -> usize| prompts.iter().map(f).max().unwrap_or(0);
        let rows = most.min(width.saturating_mul(prompts.len()));
        let positions = |p: &Prompt| {
            let tokens = p.tokens.len();
            shape.positions(tokens, shape.new_tokens(tokens, p.max_new_tokens))
        };
        let room = Room {
            rows,
            positions: longest(&positions),
            prompts: rows / width,
            prompt_tokens: longest(&|p| p.tokens.len()),
        };
        let room = if joint { ample(room, most) } else { room };
        Ok(Self {
            prompts: prompts.to_vec(),
            options: options.clone(),
            width,
            most,
            room,
            caller,
        })
    }
}

/// Room for calls that may come while one is under way: in main memory it costs nothing until it is
/// used. Long texts get what they need and no more.
fn ample(room: Room, most: usize) -> Room {
    let longer = |length: usize| {
        let longer = length.max(AMPLE).checked_next_power_of_two();
        longer.filter(|longer| longer.saturating_mul(most) <= AMPLEST)
    };
    let (positions, prompt_tokens) = (longer(room.positions), longer(room.prompt_tokens));
    let both = positions.is_some() && prompt_tokens.is_some();
    Room {
        rows: if both { most } else { room.rows },
        positions: positions.unwrap_or(room.positions),
        prompts: if both { most } else { room.prompts },
        prompt_tokens: prompt_tokens.unwrap_or(room.prompt_tokens),
    }
}

/// A call that has not got everything yet.
struct Open {
    call: Arc<Call>,
    /// Prompts that are not done.
    left: usize,
}

/// A prompt of a call.
#[derive(Clone)]
struct Job {
    call: Arc<Call>,
    index: usize,
}

impl Job {
    fn prompt(&self) -> &Prompt {
        &self.call.prompts[self.index]
    }

    fn is_of(&self, call: &Arc<Call>) -> bool {
        Arc::ptr_eq(&self.call, call)
    }
}

/// What the thread has that drives the model.
struct Driver {
    model: Arc<dyn Model>,
    pool: rayon::ThreadPool,
    selector: Selector,
    joint: bool,
    incoming: Receiver<Call>,
    /// In the order in which they came.
    calls: Vec<Open>,
    /// Their prompts, in order.
    waiting: VecDeque<Job>,
    /// Those that the model reads in this step.
    starting: Vec<Job>,
    running: Vec<(Job, Running)>,
    /// As long as there is work.
    cache: Option<(Room, Cache)>,
}

impl Driver {
    /// Works until nobody can call any longer.
    fn run(mut self) {
        while self.take_calls() {
            if let Err(error) = self.step() {
                self.fail(error);
            }
        }
    }

    /// Takes calls in, and waits for one if there is nothing to do.
    fn take_calls(&mut self) -> bool {
        let mut new = Vec::new();
        if self.calls.is_empty() {
            self.cache = None;
            match self.incoming.recv() {
                Ok(call) => new.push(call),
                Err(_) => return false,
            }
        }
        new.extend(self.incoming.try_iter());
        for call in new {
            let call = Arc::new(call);
            let left = call.prompts.len();
            self.waiting.extend((0..left).map(|index| Job {
                call: call.clone(),
                index,
            }));
            self.calls.push(Open { call, left });
        }
        true
    }

    /// Starts what fits, takes one step with all that runs, and tells the callers.
    fn step(&mut self) -> Result<()> {
        self.start()?;
        if self.running.is_empty() {
            return Ok(());
        }
        let Some((_, cache)) = &mut self.cache else {
            return Ok(());
        };
        let (model, selector, running) = (&*self.model, &self.selector, &mut self.running);
        let outcomes = awake(&self.pool, || forward(model, cache, selector, running))?;
        let mut gone = Vec::new();
        for Open { call, .. } in &self.calls {
            let own = |job: &&Job| job.is_of(call);
            let input = self.starting.iter().filter(own);
            let input = input.map(|job| job.prompt().tokens.len()).sum();
            let output = running.iter().zip(&outcomes);
            let output = output.filter(|((job, _), _)| own(&job));
            let output = output.map(|(_, outcome)| outcome.sequences).sum();
            if call.caller.send(Message::Step(input, output)).is_err() {
                gone.push(call.clone());
            }
        }
        self.starting.clear();
        for ((job, it), outcome) in std::mem::take(running).into_iter().zip(outcomes) {
            let Some(hypotheses) = outcome.hypotheses else {
                running.push((job, it));
                continue;
            };
            it.end(cache);
            // Nothing is lost if nobody listens: the next step finds out.
            let _ = job.call.caller.send(Message::Done(job.index, hypotheses));
            if let Some(open) = self.calls.iter_mut().find(|open| job.is_of(&open.call)) {
                open.left -= 1;
            }
        }
        self.calls.retain(|open| open.left > 0);
        gone.iter().for_each(|call| self.forget(call));
        Ok(())
    }

    /// The room for the calls that may run together now.
    fn wanted(&self) -> Option<Room> {
        let together = if self.joint { self.calls.len() } else { 1 };
        let rooms = self.calls.iter().take(together).map(|open| open.call.room);
        rooms.reduce(|a, b| a.max(&b))
    }

    /// Starts prompts, in order, while there is room.
    fn start(&mut self) -> Result<()> {
        let Some(wanted) = self.wanted() else {
            return Ok(());
        };
        let room = self.cache.as_ref().map(|(room, _)| *room);
        if !room.is_some_and(|room| wanted.fits(&room)) {
            // What runs keeps its cache until it is done; then there is a larger one for all.
            if !self.running.is_empty() {
                return Ok(());
            }
            self.cache = None;
            let room = room.map_or(wanted, |room| room.max(&wanted));
            self.cache = Some((room, self.model.cache(room)?));
        }
        let Some((room, cache)) = &mut self.cache else {
            return Ok(());
        };
        let (mut rows, mut input_tokens) = (room.rows - cache.free(), 0);
        let mut sources = cache.free_sources();
        while let Some(job) = self.waiting.front() {
            let call = &job.call;
            let alone = self.running.iter().map(|(job, _)| job);
            let mut others = alone.chain(&self.starting);
            let joins = self.joint || others.next().is_none_or(|other| other.is_of(call));
            let fits = rows + call.width <= room.rows.min(call.most) && sources != Some(0);
            if !joins || !fits || input_tokens >= PREFILL {
                break;
            }
            rows += call.width;
            sources = sources.map(|free| free - 1);
            input_tokens += job.prompt().tokens.len();
            self.starting.extend(self.waiting.pop_front());
        }
        let prompts = self.starting.iter().map(Job::prompt);
        let tokens: Vec<_> = prompts.map(|prompt| prompt.tokens.as_slice()).collect();
        let model = &*self.model;
        let starts = awake(&self.pool, || model.start(cache, &tokens))?;
        for (job, start) in self.starting.iter().zip(starts) {
            let prompt = job.prompt();
            let wanted = prompt.max_new_tokens;
            let lengths = Lengths {
                min: prompt.min_new_tokens,
                limit: model.shape().new_tokens(prompt.tokens.len(), wanted),
            };
            let running = Running::new(start, lengths, &job.call.options, cache);
            self.running.push((job.clone(), running));
        }
        Ok(())
    }

    /// Gives up a call's prompts.
    fn forget(&mut self, call: &Arc<Call>) {
        self.calls.retain(|open| !Arc::ptr_eq(&open.call, call));
        self.waiting.retain(|job| !job.is_of(call));
        for (job, it) in std::mem::take(&mut self.running) {
            match &mut self.cache {
                Some((_, cache)) if job.is_of(call) => it.end(cache),
                _ => self.running.push((job, it)),
            }
        }
    }

    /// Gives up the calls in whose step something failed; others go on.
    fn fail(&mut self, error: Error) {
        // What it holds now, nobody knows.
        self.cache = None;
        let running = std::mem::take(&mut self.running);
        let jobs = running.into_iter().map(|(job, _)| job);
        let jobs: Vec<_> = jobs.chain(std::mem::take(&mut self.starting)).collect();
        // Where there was no room to start anything, the first call wanted too much.
        let first = self.calls.first().map(|open| open.call.clone());
        let mut failed: Vec<_> = jobs.into_iter().map(|job| job.call).collect();
        failed.extend(first.filter(|_| failed.is_empty()));
        let message = error.to_string();
        let mut error = Some(error);
        for call in failed {
            if self.calls.iter().any(|open| Arc::ptr_eq(&open.call, &call)) {
                let other = || candle_core::Error::Msg(message.clone()).into();
                let error = error.take().unwrap_or_else(other);
                let _ = call.caller.send(Message::Failed(error));
                self.forget(&call);
            }
        }
    }
}

/// What a step made of a running prompt.
struct Outcome {
    /// How many of its sequences ran.
    sequences: usize,
    /// What came out, if it is done.
    hypotheses: Option<Vec<Hypothesis>>,
}

/// One forward pass and what follows from its logits, for each running prompt.
fn forward(
    model: &dyn Model,
    cache: &Cache,
    selector: &Selector,
    running: &mut [(Job, Running)],
) -> Result<Vec<Outcome>> {
    let mut batch = Vec::new();
    let mut rows = Vec::new();
    for (_, it) in running.iter_mut() {
        let inputs = it.inputs();
        rows.push(batch.len()..batch.len() + inputs.len());
        batch.extend(inputs);
    }
    let output = model.forward(cache, &mut batch)?;
    let vocab = model.shape().output_vocab;
    let selected = selector.select(&output, || {
        let running = running.iter();
        let wanted = running.map(|(job, it)| it.wanted(vocab, &job.call.options));
        wanted
            .collect::<Option<Vec<_>>>()
            .map(|wanted| wanted.concat())
    })?;
    let advance = |scores: Vec<Scores<'_>>| {
        running
            .par_iter_mut()
            .zip(rows)
            .map(|((job, it), rows)| {
                Ok(Outcome {
                    sequences: rows.len(),
                    hypotheses: it.advance(&scores[rows], &job.call.options)?,
                })
            })
            .collect()
    };
    match selected {
        Some(selected) => advance(selected.into_iter().map(Scores::Selected).collect()),
        None => with_values(&output.logits()?, |values| {
            advance(values.chunks_exact(vocab).map(Scores::All).collect())
        })?,
    }
}

/// Runs `f` on a thread of the pool while the others wait for its parts without going to sleep at
/// once: a step has many short parts, and waking a thread takes longer than most of them.
fn awake<R: Send>(pool: &rayon::ThreadPool, f: impl FnOnce() -> R + Send) -> R {
    struct Done<'a>(&'a AtomicBool);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }
    let (done, work, result) = (
        AtomicBool::new(false),
        Mutex::new(Some(f)),
        Mutex::new(None),
    );
    pool.broadcast(|thread| {
        if thread.index() == 0 {
            let _done = Done(&done);
            let f = work.lock().ok().and_then(|mut work| work.take());
            let found = f.map(|f| f());
            if let Ok(mut result) = result.lock() {
                *result = found;
            }
        } else {
            let mut busy = Instant::now();
            while !done.load(Ordering::Acquire) && busy.elapsed() < PATIENCE {
                if rayon::yield_now() == Some(rayon::Yield::Executed) {
                    busy = Instant::now();
                } else {
                    std::hint::spin_loop();
                }
            }
        }
    });
    let result = result.into_inner().unwrap_or_else(PoisonError::into_inner);
    result.unwrap_or_else(|| unreachable!("the first thread ran it"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use candle_core::{DType, Tensor};

    use super::*;
    use crate::Rules;
    use crate::cache::{Place, Sequence};
    use crate::model::{Output, Shape, Start};

    const VOCAB: u32 = 50;
    /// A forward pass that reads it fails.
    const POISON: u32 = 49;

    /// Counts: after each token the next one is the likeliest.
    struct Counter {
        shape: Shape,
        /// Rows of all caches.
        rows: AtomicUsize,
    }

    impl Model for Counter {
        fn shape(&self) -> &Shape {
            &self.shape
        }

        fn cache(&self, room: Room) -> Result<Cache> {
            self.rows.fetch_add(room.rows, Ordering::Relaxed);
            let place = Place {
                layers: 0,
                width: 1,
                dtype: DType::F32,
                device: Device::Cpu,
            };
            Ok(Cache::new(&place, room.rows, room.positions, Vec::new())?)
        }

        fn start(&self, _: &mut Cache, prompts: &[&[u32]]) -> Result<Vec<Start>> {
            let start = |tokens: &&[u32]| Start {
                source: None,
                tokens: tokens.to_vec(),
            };
            Ok(prompts.iter().map(start).collect())
        }

        fn forward(
            &self,
            cache: &Cache,
            batch: &mut [(&mut Sequence, &[u32])],
        ) -> Result<Output<'_>> {
            let mut logits = Vec::new();
            for (sequence, tokens) in batch.iter_mut() {
                sequence.extend(cache, tokens.len())?;
                let last = tokens[tokens.len() - 1];
                if last == POISON {
                    return Err(candle_core::Error::Msg("poisoned".to_owned()).into());
                }
                logits.extend((0..VOCAB).map(|t| if t == (last + 1) % 40 { 5.0 } else { 0.0 }));
            }
            let shape = (batch.len(), VOCAB as usize);
            Ok(Output::Logits(Tensor::from_vec(
                logits,
                shape,
                &Device::Cpu,
            )?))
        }
    }

    fn scheduler(joint: bool) -> (Arc<Counter>, Scheduler) {
        let shape = Shape {
            vocab: VOCAB as usize,
            output_vocab: VOCAB as usize,
            encoder: false,
            longest_prompt: 100,
            longest_sequence: 1 << 30,
        };
        let rows = AtomicUsize::new(0);
        let model = Arc::new(Counter { shape, rows });
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        let scheduler = Scheduler::new(model.clone(), pool.unwrap(), None, joint);
        (model, scheduler.unwrap())
    }

    fn prompts(first: &[u32], length: usize) -> Vec<Prompt> {
        let prompt = |&token: &u32| Prompt {
            tokens: vec![token],
            max_new_tokens: length,
            min_new_tokens: 0,
        };
        first.iter().map(prompt).collect()
    }

    fn options() -> Options {
        Options {
            search: Search::Greedy,
            stop: Vec::new(),
            rules: Rules::default(),
            batch: 8,
        }
    }

    const ENDLESS: usize = 1 << 16;

    fn go_on(_: Event<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn first(results: Result<Vec<Vec<Hypothesis>>>) -> Vec<u32> {
        results.unwrap()[0][0].tokens.clone()
    }

    /// What the second of two calls gives while a first one, which has no end, goes on; the first
    /// one is cancelled when the second is done.
    fn beside<R: Send>(
        scheduler: &Scheduler,
        second: impl FnOnce() -> R + Send,
    ) -> (Result<Vec<Vec<Hypothesis>>>, R) {
        std::thread::scope(|scope| {
            let (mut second, mut thread) = (Some(second), None);
            // The others leave their rows to whoever comes.
            let prompts = [prompts(&[0], ENDLESS), prompts(&[0; 7], 1)].concat();
            let endless = scheduler.generate(&prompts, &options(), &mut |_| {
                if let Some(second) = second.take() {
                    thread = Some(scope.spawn(second));
                }
                match thread.as_ref().is_some_and(|thread| thread.is_finished()) {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            });
            (endless, thread.unwrap().join().unwrap())
        })
    }

    #[test]
    fn a_call_joins_the_one_under_way_and_each_hears_of_its_own() {
        let (_, scheduler) = scheduler(true);
        let mut counted = (0, 0, 0);
        let (endless, found) = beside(&scheduler, || {
            let wide = Options {
                search: Search::Beam(crate::Beam::default()),
                ..options()
            };
            let beam = first(scheduler.generate(&prompts(&[7], 3), &wide, &mut go_on));
            let greedy = scheduler.generate(&prompts(&[5, 9, 30], 4), &options(), &mut |event| {
                match event {
                    Event::Step {
                        input_tokens,
                        output_tokens,
                    } => {
                        counted.0 += input_tokens;
                        counted.1 += output_tokens;
                    }
                    Event::Done { .. } => counted.2 += 1,
                }
                ControlFlow::Continue(())
            });
            (beam, greedy.unwrap())
        });
        assert!(matches!(endless, Err(Error::Cancelled)));
        assert_eq!(found.0, [8, 9, 10]);
        let greedy: Vec<_> = found.1.iter().map(|h| h[0].tokens.clone()).collect();
        assert_eq!(
            greedy,
            [[6, 7, 8, 9], [10, 11, 12, 13], [31, 32, 33, 34]].map(Vec::from)
        );
        assert_eq!(counted, (3, 12, 3));
        // Its rows are free again.
        let many: Vec<u32> = (1..20).collect();
        let after = scheduler.generate(&prompts(&many, 2), &options(), &mut go_on);
        assert_eq!(first(after), [2, 3]);
    }

    #[test]
    fn apart_calls_run_one_after_the_other() {
        let (_, scheduler) = scheduler(false);
        let order = Mutex::new(Vec::new());
        let call = |token, length| {
            first(
                scheduler.generate(&prompts(&[token], length), &options(), &mut |event| {
                    if let Event::Done { .. } = event {
                        order.lock().unwrap().push(token);
                    }
                    ControlFlow::Continue(())
                }),
            )
        };
        std::thread::scope(|scope| {
            let mut second = None;
            let long = scheduler.generate(&prompts(&[1], 300), &options(), &mut |event| {
                if second.is_none() {
                    second = Some(scope.spawn(|| call(2, 1)));
                }
                if let Event::Done { .. } = event {
                    order.lock().unwrap().push(1);
                }
                ControlFlow::Continue(())
            });
            assert_eq!(first(long).len(), 300);
            assert_eq!(second.unwrap().join().unwrap(), [3]);
        });
        assert_eq!(*order.lock().unwrap(), [1, 2]);
    }

    #[test]
    fn an_error_costs_the_calls_that_ran_and_no_other() {
        let (_, scheduler) = scheduler(true);
        let (endless, poisoned) = beside(&scheduler, || {
            scheduler.generate(&prompts(&[POISON], 3), &options(), &mut go_on)
        });
        for result in [endless, poisoned] {
            let error = result.map(drop).unwrap_err().to_string();
            assert!(error.contains("poisoned"), "{error}");
        }
        let after = scheduler.generate(&prompts(&[3], 2), &options(), &mut go_on);
        assert_eq!(first(after), [4, 5]);
    }

    #[test]
    fn apart_there_is_as_much_room_as_a_call_needs() {
        let (model, scheduler) = scheduler(false);
        let made = || model.rows.swap(0, Ordering::Relaxed);
        scheduler
            .generate(&prompts(&[1, 2], 2), &options(), &mut go_on)
            .unwrap();
        assert_eq!(made(), 2);
        scheduler
            .generate(&prompts(&[1; 11], 2), &options(), &mut go_on)
            .unwrap();
        assert_eq!(made(), 8);
        assert!(
            scheduler
                .generate(&[], &options(), &mut go_on)
                .unwrap()
                .is_empty()
        );
        assert_eq!(made(), 0);
        let error = scheduler.generate(&prompts(&[1, VOCAB], 2), &options(), &mut go_on);
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("prompt 1 has token 50")
        );
    }
}
