//! From sentences to a translator's texts, and from its hypotheses back to sentences.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Instant;

use khulasa_tokenizer::chars::is_arabic_letter;
use khulasa_tokenizer::normalize::has_arabic;
use khulasa_tokenizer::{clauses, english, normalize};

use crate::glossary::{Enforced, TermUse};
use crate::names::{Names, Seen};
use crate::repair::{Case, Effort, Version, join, mean_score, repair};
use crate::{
    Article, Error, Event, Flag, Glossary, Hypothesis, Repairs, Result, SentenceId,
    TranslatedParagraph, TranslatedSentence, Translation,
};

use super::{Setup, Watch, emit};

/// A translation under way.
pub(super) struct Work<'a> {
    article: &'a Article,
    setup: &'a Setup<'a>,
    pub(super) translation: Translation,
    /// What was given or is to be given to the translator, each text once.
    pieces: Vec<Piece>,
    index: HashMap<Rc<str>, usize>,
    /// The sentences of this group that are to be repaired before anybody sees them.
    held: Vec<(SentenceId, Case)>,
    /// The terms of the glossary in each sentence, and whether the first translation had them.
    uses: BTreeMap<(usize, SentenceId), Enforced>,
    pub(super) repairs: Repairs,
    pub(super) names: Names,
    pub(super) repair_seconds: f64,
}

/// A text for the translator: a sentence or a part of one.
struct Piece {
    text: Rc<str>,
    hypothesis: Option<Hypothesis>,
    /// The sentences that wait for it.
    waiting: Vec<Rc<Job>>,
}

/// A sentence and the pieces that make it up.
struct Job {
    id: SentenceId,
    pieces: Vec<usize>,
}

impl<'a> Work<'a> {
    pub(super) fn new(article: &'a Article, setup: &'a Setup<'a>) -> Self {
        let paragraphs =
            article
                .paragraphs
                .iter()
                .enumerate()
                .map(|(paragraph, p)| TranslatedParagraph {
                    kind: p.kind,
                    source: article.slice(&p.span).to_owned(),
                    span: p.span.clone(),
                    sentences: p
                        .sentences
                        .iter()
                        .enumerate()
                        .map(|(sentence, span)| TranslatedSentence {
                            id: SentenceId {
                                paragraph,
                                sentence,
                            },
                            source: article.slice(span).to_owned(),
                            span: span.clone(),
                            target: None,
                            score: None,
                            flags: Vec::new(),
                        })
                        .collect(),
                });
        Self {
            article,
            setup,
            translation: Translation {
                paragraphs: paragraphs.collect(),
            },
            pieces: Vec::new(),
            index: HashMap::new(),
            held: Vec::new(),
            uses: BTreeMap::new(),
            repairs: Repairs::default(),
            names: Names::without(setup.glossary.words()),
            repair_seconds: 0.0,
        }
    }

    /// Translates some sentences. Those in which nothing is found are shown as soon as they are
    /// ready, the others after they have been repaired.
    pub(super) fn translate(&mut self, group: &[SentenceId], watch: &Watch<'_>) -> Result<()> {
        self.first(group, watch)?;
        self.repair(watch)
    }

    /// Translates some sentences for the first time.
    fn first(&mut self, group: &[SentenceId], watch: &Watch<'_>) -> Result<()> {
        let mut wanted = Vec::new();
        for &id in group {
            self.plan(id, &mut wanted, watch)?;
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let texts: Vec<Rc<str>> = wanted
            .iter()
            .map(|&i| self.pieces[i].text.clone())
            .collect();
        let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
        let translator = self.setup.translator;
        let mut cancelled = false;
        let hypotheses = translator.translate(
            &texts,
            &mut |event| (watch.borrow_mut())(event),
            &mut |i, hypothesis| {
                if let Some(&piece) = wanted.get(i) {
                    cancelled |= self.settle(piece, hypothesis, watch).is_err();
                }
            },
        )?;
        if cancelled {
            return Err(Error::Cancelled);
        }
        if hypotheses.len() != texts.len() {
            return Err(Error::Translator {
                given: texts.len(),
                returned: hypotheses.len(),
            });
        }
        for (&piece, hypothesis) in wanted.iter().zip(&hypotheses) {
            self.settle(piece, hypothesis, watch)?;
        }
        Ok(())
    }

    /// Cuts a sentence into pieces and adds those to `wanted` that nobody has asked for yet.
    /// A sentence that needs no translator is ready at once.
    fn plan(&mut self, id: SentenceId, wanted: &mut Vec<usize>, watch: &Watch<'_>) -> Result<()> {
        let span = &self.article.paragraphs[id.paragraph].sentences[id.sentence];
        let source = self.article.slice(span);
        let text = normalize::for_model(source);
        if !has_arabic(&text) {
            let flags = if has_foreign(&text) {
                vec![Flag::not_translated()]
            } else {
                Vec::new()
            };
            let version = Version {
                text: english::tidy(&text),
                score: None,
                flags,
            };
            return self.finish(id, version, watch);
        }
        let spans = if self.setup.translator.fits(&text) {
            std::iter::once(0..text.len()).collect()
        } else {
            clauses::split_long(&text, &|part| self.setup.translator.fits(part))
        };
        let mut pieces = Vec::new();
        for span in spans {
            let part = &text[span];
            let piece = match self.index.get(part) {
                Some(&piece) => piece,
                None => {
                    let text: Rc<str> = part.into();
                    self.index.insert(text.clone(), self.pieces.len());
                    wanted.push(self.pieces.len());
                    self.pieces.push(Piece {
                        text,
                        hypothesis: None,
                        waiting: Vec::new(),
                    });
                    self.pieces.len() - 1
                }
            };
            pieces.push(piece);
        }
        let job = Rc::new(Job { id, pieces });
        for &piece in &job.pieces {
            if self.pieces[piece].hypothesis.is_none() {
                self.pieces[piece].waiting.push(job.clone());
            }
        }
        self.assemble(&job, watch)
    }

    /// Takes in the translation of a piece; the first one counts.
    fn settle(&mut self, piece: usize, hypothesis: &Hypothesis, watch: &Watch<'_>) -> Result<()> {
        if self.pieces[piece].hypothesis.is_none() {
            self.pieces[piece].hypothesis = Some(hypothesis.clone());
            for job in std::mem::take(&mut self.pieces[piece].waiting) {
                self.assemble(&job, watch)?;
            }
        }
        Ok(())
    }

    /// Finishes a sentence if all its pieces are there.
    fn assemble(&mut self, job: &Job, watch: &Watch<'_>) -> Result<()> {
        let ready = job
            .pieces
            .iter()
            .map(|&piece| self.pieces[piece].hypothesis.as_ref());
        let Some(parts) = ready.collect::<Option<Vec<&Hypothesis>>>() else {
            return Ok(());
        };
        let (text, score) = (join(&parts), mean_score(&parts));
        let truncated = parts.iter().any(|part| part.truncated);
        self.examine(job.id, text, score, truncated, watch)
    }

    /// Takes in a sentence's first translation, which is final if nothing is wrong with it.
    fn examine(
        &mut self,
        id: SentenceId,
        text: String,
        score: Option<f32>,
        truncated: bool,
        watch: &Watch<'_>,
    ) -> Result<()> {
        let done = self.held.iter().any(|(held, _)| *held == id);
        if done
            || self
                .translation
                .sentence(id)
                .is_none_or(|s| s.target.is_some())
        {
            return Ok(());
        }
        let Setup {
            glossary, repair, ..
        } = *self.setup;
        let mut case = self.case(id, glossary);
        let first = case.missed(&text, glossary);
        for mention in &case.mentions {
            let how = match first.contains(&mention) {
                true => Enforced::Missed,
                false => Enforced::Already,
            };
            self.uses.insert((mention.term, id), how);
        }
        case.begin(Version::new(&case.source, text, score, truncated));
        if repair {
            for mention in &case.mentions {
                case.version.text = glossary.term(mention.term).settle(&case.version.text);
            }
            self.held.push((id, case));
            return Ok(());
        }
        self.finish(id, case.version, watch)
    }

    /// A sentence without its translation.
    fn case(&self, id: SentenceId, glossary: &Glossary) -> Case {
        let source = self.article.sentence(id);
        let text = normalize::for_model(source);
        Case {
            source: source.to_owned(),
            mentions: glossary.mentions(&text),
            text,
            least_score: None,
            version: Version::default(),
            revised: false,
        }
    }

    /// Repairs the sentences that were held back, and shows them.
    fn repair(&mut self, watch: &Watch<'_>) -> Result<()> {
        let started = Instant::now();
        let glossary = self.setup.glossary;
        // As the article has them, whichever was ready first.
        self.held.sort_by_key(|(id, _)| *id);
        let (ids, mut cases): (Vec<SentenceId>, Vec<Case>) =
            std::mem::take(&mut self.held).into_iter().unzip();
        let faulty = |case: &Case| case.faults(&case.version, glossary) > 0;
        let tried = cases.iter().filter(|case| faulty(case)).count();
        let left = self.again(&mut cases, glossary, Effort::All, watch)?;
        self.repairs.tried += tried;
        self.repairs.repaired += tried - left;
        if self.setup.names {
            self.spell(&ids, &mut cases, watch)?;
        }
        self.repair_seconds += started.elapsed().as_secs_f64();
        for (id, case) in ids.into_iter().zip(cases) {
            let missed = case.missed(&case.version.text, glossary);
            for mention in &case.mentions {
                if let Some(how) = self.uses.get_mut(&(mention.term, id)) {
                    *how = match (*how, missed.contains(&mention)) {
                        (_, true) => Enforced::Missed,
                        (Enforced::Already, _) => Enforced::Already,
                        _ => Enforced::Repaired,
                    };
                }
            }
            self.finish(id, case.version, watch)?;
        }
        Ok(())
    }

    /// Translates those again that have faults, and tells in how many some are left.
    fn again(
        &mut self,
        cases: &mut [Case],
        glossary: &Glossary,
        effort: Effort,
        watch: &Watch<'_>,
    ) -> Result<usize> {
        let repairs = &mut self.repairs;
        repair(
            cases,
            self.setup.translator,
            glossary,
            effort,
            &mut |event| {
                if let Event::Step {
                    input_tokens,
                    output_tokens,
                } = event
                {
                    repairs.input_tokens += input_tokens;
                    repairs.output_tokens += output_tokens;
                }
                (watch.borrow_mut())(event)
            },
        )?;
        let faulty = |case: &&Case| case.faults(&case.version, glossary) > 0;
        Ok(cases.iter().filter(faulty).count())
    }

    /// Spells names as in the rest of the article.
    fn spell(&mut self, ids: &[SentenceId], cases: &mut [Case], watch: &Watch<'_>) -> Result<()> {
        let seen =
            |(id, case): (&SentenceId, &Case)| Seen::new(*id, &case.text, &case.version.text);
        let all: Vec<Seen> = ids.iter().zip(&*cases).map(seen).collect();
        self.names.choose(&all);
        self.respell(ids, cases);

        // Those that have no name where the others have one.
        let glossary = self.setup.glossary.with(self.names.expected());
        let mut lacking: Vec<(usize, Case)> = Vec::new();
        for (i, case) in cases.iter().enumerate() {
            let mut mentions = glossary.mentions(&case.text);
            // "وابل" is no "ابل" after a conjunction.
            mentions.retain(|m| {
                let letters = glossary.term(m.term).source.chars().count();
                m.term < self.setup.glossary.len() || m.clitics.is_empty() || letters > 3
            });
            let case = Case {
                mentions,
                least_score: None,
                revised: false,
                ..case.clone()
            };
            if case
                .missed(&case.version.text, &glossary)
                .iter()
                .any(|m| m.term >= self.setup.glossary.len())
            {
                lacking.push((i, case));
            }
        }
        let (places, mut again): (Vec<usize>, Vec<Case>) = lacking.into_iter().unzip();
        let left = self.again(&mut again, &glossary, Effort::Little, watch)?;
        self.repairs.tried += again.len();
        self.repairs.repaired += again.len() - left;
        for (i, case) in places.into_iter().zip(again) {
            for mention in case.missed(&cases[i].version.text, &glossary) {
                let term = glossary.term(mention.term);
                if term.find(&case.version.text).is_some() {
                    self.names.put_in(&term.source, ids[i]);
                }
            }
            cases[i].version = case.version;
        }
        self.respell(ids, cases);
        self.names.show(ids.iter().zip(&*cases).map(seen));
        Ok(())
    }

    /// Puts the chosen spellings of names in.
    fn respell(&mut self, ids: &[SentenceId], cases: &mut [Case]) {
        for (&id, case) in ids.iter().zip(cases) {
            let seen = Seen::new(id, &case.text, &case.version.text);
            if let Some(text) = self.names.spelled(&seen) {
                let truncated = case.version.flags.contains(&Flag::truncated());
                case.version = Version::new(&case.source, text, case.version.score, truncated);
            }
        }
    }

    /// What became of the glossary's terms.
    pub(super) fn terms(&self) -> Vec<TermUse> {
        let mut terms: Vec<(usize, TermUse)> = Vec::new();
        for (&(index, id), &how) in &self.uses {
            match terms.last_mut() {
                Some((last, term)) if *last == index => term.sentences.push((id, how)),
                _ => {
                    let term = self.setup.glossary.term(index);
                    let used = TermUse {
                        source: term.source.clone(),
                        target: term.target.clone(),
                        sentences: vec![(id, how)],
                    };
                    terms.push((index, used));
                }
            }
        }
        terms.into_iter().map(|(_, term)| term).collect()
    }

    /// Writes a sentence's translation down, once, and tells the observer.
    fn finish(&mut self, id: SentenceId, version: Version, watch: &Watch<'_>) -> Result<()> {
        let sentence = &mut self.translation.paragraphs[id.paragraph].sentences[id.sentence];
        if sentence.target.is_some() {
            return Ok(());
        }
        sentence.target = Some(version.text);
        sentence.score = version.score;
        sentence.flags = version.flags;
        // After repairs: to translate again does not make the model surer.
        let least = self.setup.translator.unlikely();
        if least > version.score && version.score.is_some() {
            sentence.flags.push(Flag::unlikely());
        }
        emit(watch, Event::Translated(sentence))
    }
}

/// Whether a text has a letter that is neither Latin nor Arabic.
fn has_foreign(text: &str) -> bool {
    let latin = |c: char| matches!(c, '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}');
    text.chars()
        .any(|c| c.is_alphabetic() && !is_arabic_letter(c) && !latin(c))
}
