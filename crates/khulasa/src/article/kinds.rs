//! Which part each block of an article plays.
//!
//! First what a block shows by itself: boilerplate, dates, authors, list items. Then what only its
//! place shows: the title is the first line that may be one, and a heading is a short line before
//! longer text. Whatever gives no good reason to be something else is body text.

use khulasa_tokenizer::Span;

use super::Kind;
use super::boilerplate::{is_boilerplate, is_related_lead};
use super::head::{is_byline, is_dateline, is_invocation, is_section};
use super::line::{End, Line};
use super::list::{Marker, marker};

/// A title has at most this many words.
const MAX_TITLE: usize = 30;
/// A heading has at most this many words.
const MAX_HEADING: usize = 12;
/// A heading said by the page itself may be longer, but not a whole text.
const MAX_HINTED: usize = 50;
/// From this many words on a block is running text even without a full stop.
const MIN_RUNNING: usize = 12;
/// A line of at most this many words can be the title of another article.
const MAX_RELATED: usize = 15;
/// A title is followed by text within this many blocks.
const TITLE_REACH: usize = 8;

/// A piece of text that stands by itself, and what the page says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// Where it stands.
    pub span: Span,
    /// What the page's markup says it is.
    pub hint: Option<Kind>,
    /// Whether all of it is the text of links.
    pub linked: bool,
}

impl Block {
    /// A block of which nothing more is known.
    pub fn new(span: Span) -> Self {
        Self {
            span,
            hint: None,
            linked: false,
        }
    }
}

/// What is kept of a block once its line has been looked at.
struct Seen {
    /// Its kind, where that is settled.
    kind: Option<Kind>,
    words: usize,
    end: End,
    marker: Option<Marker>,
    /// Whether it leads to other articles.
    related: bool,
    /// Whether it stands between quotes, or its end says that it was left off: no title.
    trails: bool,
}

impl Seen {
    fn new(line: &Line<'_>, block: &Block, sites: &[String]) -> Self {
        let words = match line.is_short() {
            true => line.words.len(),
            false => line.text.split_whitespace().count(),
        };
        let hint = block
            .hint
            .filter(|hint| !matches!(hint, Kind::Title | Kind::Heading) || words <= MAX_HINTED);
        let fixed = matches!(hint, Some(Kind::Title | Kind::Dateline | Kind::Byline));
        let kind = if !fixed && is_boilerplate(line, sites) {
            Some(Kind::Boilerplate)
        } else {
            hint
        };
        Self {
            kind,
            words,
            end: line.end,
            marker: marker(line.text),
            related: is_related_lead(line),
            trails: line.text.ends_with("..") || line.text.ends_with('…'),
        }
    }

    fn is_boilerplate(&self) -> bool {
        self.kind == Some(Kind::Boilerplate)
    }

    /// Whether it is running text rather than a line of its own.
    fn is_running(&self) -> bool {
        self.kind.is_none_or(|kind| kind.is_prose())
            && (self.words >= MIN_RUNNING || (self.end == End::Stop && self.words > 3))
    }

    /// Whether it could be the title of an article, by itself.
    fn may_be_title(&self) -> bool {
        self.kind.is_none()
            && self.marker != Some(Marker::Bullet)
            && (1..=MAX_TITLE).contains(&self.words)
            && (matches!(self.end, End::Open | End::Question) || self.trails)
    }

    /// Whether it could be a heading, by itself.
    fn may_be_heading(&self) -> bool {
        self.kind.is_none()
            && self.marker != Some(Marker::Bullet)
            && (1..=MAX_HEADING).contains(&self.words)
            && matches!(self.end, End::Open | End::Question)
    }

    /// Whether it could be a link to another article, by itself.
    fn may_be_related(&self) -> bool {
        self.is_boilerplate() || (self.words <= MAX_RELATED && self.end != End::Stop)
    }
}

/// The kind of each block, on a page of the sites of these names.
pub(super) fn kinds(text: &str, blocks: &[Block], sites: &[String]) -> Vec<Kind> {
    let line = |block: &Block| Line::new(&text[block.span.clone()], block.linked);
    let mut seen: Vec<Seen> = blocks
        .iter()
        .map(|block| Seen::new(&line(block), block, sites))
        .collect();
    let head = settle_head(&mut seen, |at| line(&blocks[at]));
    for at in head..seen.len() {
        if seen[at].kind.is_none() && seen[at].words <= MAX_TITLE {
            seen[at].kind = settle_alone(&line(&blocks[at]));
        }
    }
    settle_lists(&mut seen);
    settle_related(&mut seen);
    settle_headings(&mut seen, head);
    seen.iter()
        .map(|seen| seen.kind.unwrap_or(Kind::Body))
        .collect()
}

/// Settles title, datelines, bylines and stand-first, and returns where the text begins.
fn settle_head<'a>(seen: &mut [Seen], line: impl Fn(usize) -> Line<'a>) -> usize {
    let mut title = seen.iter().any(|seen| seen.kind == Some(Kind::Title));
    for at in 0..seen.len() {
        if seen[at].kind.is_some_and(|kind| !kind.is_prose()) {
            if seen[at].kind == Some(Kind::Heading) {
                return at;
            }
            continue;
        }
        let looked = line(at);
        let title_follows = || (at + 1..seen.len()).take(3).any(|at| is_title(seen, at));
        seen[at].kind = if !title && is_invocation(&looked) {
            Some(Kind::Body)
        } else if is_byline(&looked, title) {
            Some(Kind::Byline)
        } else if is_dateline(&looked, 3) || (!title && is_section(&looked) && title_follows()) {
            Some(Kind::Dateline)
        } else if !title && is_title(seen, at) {
            title = true;
            Some(Kind::Title)
        } else {
            // A line between title and text that is too long for a heading sums the text up.
            if title && seen[at].may_be_heading() && seen[at].words > 3 && seen[at].end == End::Open
            {
                seen[at].kind = Some(Kind::Body);
            }
            return at;
        }
    }
    seen.len()
}

fn is_title(seen: &[Seen], at: usize) -> bool {
    let mut after = seen[at + 1..]
        .iter()
        .filter(|s| !s.is_boilerplate())
        .take(TITLE_REACH);
    seen[at].may_be_title() && after.any(Seen::is_running)
}

/// What a line in the midst of the text can only be by itself.
fn settle_alone(line: &Line<'_>) -> Option<Kind> {
    if is_byline(line, false) {
        Some(Kind::Byline)
    } else if line.end == End::Open && is_dateline(line, 1) {
        Some(Kind::Dateline)
    } else {
        None
    }
}

/// A block with a bullet is an item; one with a number is if it has a neighbour, or is too long
/// for a heading.
fn settle_lists(seen: &mut [Seen]) {
    let text: Vec<usize> = (0..seen.len())
        .filter(|&at| !seen[at].is_boilerplate())
        .collect();
    for (place, &at) in text.iter().enumerate() {
        let numbered = |place: Option<usize>| {
            place
                .and_then(|place| text.get(place))
                .is_some_and(|&at| seen[at].marker == Some(Marker::Number))
        };
        let item = match seen[at].marker {
            None => false,
            Some(Marker::Bullet) => true,
            Some(Marker::Number) => {
                seen[at].words > MAX_HEADING
                    || numbered(place.checked_sub(1))
                    || numbered(Some(place + 1))
            }
        };
        if item && seen[at].kind.is_none() {
            seen[at].kind = Some(Kind::ListItem);
        }
    }
}

/// After a "read also" line, the short lines that end the page lead to other articles.
fn settle_related(seen: &mut [Seen]) {
    let tail = seen
        .iter()
        .rposition(|seen| !seen.may_be_related())
        .map_or(0, |at| at + 1);
    let Some(lead) = seen[tail..].iter().position(|seen| seen.related) else {
        return;
    };
    for seen in &mut seen[tail + lead..] {
        if seen.kind.is_none_or(|kind| kind.is_prose()) {
            seen.kind = Some(Kind::Boilerplate);
        }
    }
}

/// A short line before longer text or a list is a heading, and so are two of them; more are not.
fn settle_headings(seen: &mut [Seen], head: usize) {
    let text: Vec<usize> = (head..seen.len())
        .filter(|&at| !seen[at].is_boilerplate())
        .collect();
    let runs: Vec<&[usize]> = text
        .chunk_by(|&a, &b| seen[a].may_be_heading() == seen[b].may_be_heading())
        .collect();
    for pair in runs.windows(2) {
        let (run, next) = (pair[0], &seen[pair[1][0]]);
        let words = run.iter().map(|&at| seen[at].words).max().unwrap_or(0);
        let leads = matches!(next.kind, Some(Kind::ListItem | Kind::Heading))
            || (next.is_running() && next.words > words);
        if run.len() <= 2 && leads && seen[run[0]].may_be_heading() {
            for &at in run {
                seen[at].kind = Some(Kind::Heading);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::blocks;
    use super::*;

    fn kinds_of(text: &str) -> Vec<Kind> {
        kinds(text, &blocks(text), &[])
    }

    const LONG: &str = "قالت البلدية أمس إن فرقها انتهت من إصلاح شبكة المياه في الأحياء القديمة كلها، \
                        وإن الضخ سيعود إلى طبيعته خلال يومين.";

    #[test]
    fn a_newspaper_article() {
        use Kind::{Body, Byline, Dateline, Heading, Title};
        let text = format!(
            "أخبار محلية\n\nعودة المياه إلى الأحياء القديمة\n\nكتبت ليلى حداد\n\n١٣ آذار/مارس ٢٠٢٠\n\n\
             البلدية تعلن انتهاء أعمال الإصلاح بعد أسبوع من الانقطاع\n\n{LONG}\n\nمن يدفع؟\n\n{LONG}\n\n\
             كلفة مرتفعة\n\n{LONG}"
        );
        let expected = [
            Dateline, Title, Byline, Dateline, Body, Body, Heading, Body, Heading, Body,
        ];
        assert_eq!(kinds_of(&text), expected);
    }

    #[test]
    fn text_without_a_title_has_none() {
        assert_eq!(kinds_of(LONG), [Kind::Body]);
        assert_eq!(kinds_of("سطر واحد"), [Kind::Body]);
        assert_eq!(
            kinds_of(&format!("{LONG}\n\n{LONG}")),
            [Kind::Body, Kind::Body]
        );
    }

    #[test]
    fn a_statement() {
        use Kind::{Body, Dateline, Title};
        let text =
            format!("بسم الله الرحمن الرحيم\n\nبيان إلى أهالي المدينة\n\n18 رجب 1441هـ\n\n{LONG}");
        assert_eq!(kinds_of(&text), [Body, Title, Dateline, Body]);
    }

    #[test]
    fn lists_and_their_headings() {
        use Kind::{Body, Heading, ListItem, Title};
        let text = format!(
            "تقرير عن المدارس\n\n{LONG}\n\nوتشمل التوصيات:\n\n1- ترميم المدارس\n\n2- تدريب المعلمين\n\n\
             ثانياً - الخلاصة\n\n• الماء\n\n1. مقدمة\n\n{LONG}"
        );
        let expected = [
            Title, Body, Body, ListItem, ListItem, Heading, ListItem, Heading, Body,
        ];
        assert_eq!(kinds_of(&text), expected);
    }

    #[test]
    fn a_poem_has_no_headings() {
        let text = format!("قصيدة\n\n{LONG}\n\nيا ليل طل\n\nيا شوق زد\n\nيا قلب صبراً\n\n{LONG}");
        assert_eq!(kinds_of(&text)[2..5], [Kind::Body; 3]);
    }

    #[test]
    fn what_follows_read_also_at_the_end_is_boilerplate() {
        let text = format!(
            "عنوان الخبر\n\n{LONG}\n\nاقرأ أيضاً:\n\nافتتاح مدرسة جديدة\n\nموجة برد تضرب البلاد"
        );
        assert_eq!(kinds_of(&text)[2..], [Kind::Boilerplate; 3]);
        let text = format!("{text}\n\n{LONG}");
        assert_eq!(kinds_of(&text)[5], Kind::Body);
        assert_ne!(kinds_of(&text)[3], Kind::Boilerplate);
    }

    #[test]
    fn hints_are_followed_unless_the_line_is_boilerplate() {
        let text = "عنوان\n\nمقدمة\n\nاقرأ أيضاً\n\nفيسبوك تويتر";
        let mut blocks = blocks(text);
        for (block, hint) in
            blocks
                .iter_mut()
                .zip([Kind::Title, Kind::Heading, Kind::Heading, Kind::ListItem])
        {
            block.hint = Some(hint);
        }
        let expected = [
            Kind::Title,
            Kind::Heading,
            Kind::Boilerplate,
            Kind::Boilerplate,
        ];
        assert_eq!(kinds(text, &blocks, &[]), expected);
    }
}
